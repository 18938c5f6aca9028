"""Keeping only the sound in which something is heard, within a share of the disk."""

import contextlib
import os
import shutil
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from engine.archive.database import key_of
from engine.audio.recording import Recorder
from engine.audio.ring import Ring
from engine.errors import AudioError
from engine.watch.clock import local
from engine.watch.journal import Journal

WhenFull = Literal["stop", "delete", "move"]
_MOST_SECONDS = 600.0  # of one file; what goes on is kept in the next
_MOST_AGO = 30.0
_LOOK_SECONDS = 5.0  # of recording, between two looks at how much there is


@dataclass(frozen=True)
class Keep:
    """What is kept, and where.

    Attributes:
        folder: for the files; one a day is made in it.
        labels: that are kept; none: whatever is heard.
        heard: keep what is heard at all; without, only what a rule asks for.
        before_seconds: kept of what was before it.
        after_seconds: kept of what comes after it.
        most_bytes: that the folder's recordings may take; None: as much as there is.
        when_full: keep no more, or delete the oldest, or move them away.
        move_to: where the oldest are moved.
    """

    folder: Path
    labels: frozenset[str] = frozenset()
    heard: bool = True
    before_seconds: float = 3.0
    after_seconds: float = 5.0
    most_bytes: int | None = None
    when_full: WhenFull = "stop"
    move_to: Path | None = None


@dataclass
class _Clip:
    """The file that is written now."""

    recorder: Recorder
    began: float
    labels: dict[str, None]
    looked: float = 0.0


@dataclass
class Keeper:
    """Writes the sound round what is heard out of a ring.

    Args:
        keep: what, and where.
        journal: for notes of what was kept.
        ring: with the sound.
        rate_hz: of it.

    Attributes:
        problem: why nothing can be kept now, in words; empty: it can.
        lost_seconds: of sound missing in the files.
        files: written so far.
    """

    keep: Keep
    journal: Journal
    ring: Ring
    rate_hz: int
    problem: str = ""
    lost_seconds: float = 0.0
    files: int = 0
    _clip: _Clip | None = None
    _position: int = 0
    _until: int = 0
    _again: int = 0  # not before this sample it is looked again whether there is room
    _wanted: dict[str, float] = field(default_factory=dict)
    _recent: deque[tuple[Path, float, float]] = field(default_factory=lambda: deque(maxlen=50))

    @property
    def path(self) -> Path | None:
        """The file that is written now."""
        return None if self._clip is None else self._clip.recorder.path

    def file_of(self, begin: float, end: float) -> Path | None:
        """The last file with sound of a time, in seconds since 1970, of the newest fifty."""
        there = [*self._recent]
        if self._clip is not None:
            there.append((self._clip.recorder.path, self._clip.began, float("inf")))
        found = [path for path, first, last in there if first < end and begin < last]
        return found[-1] if found else None

    def want(self, label: str, ago: float) -> None:
        """Keep what is heard now, for this label, which began so many seconds ago."""
        self._wanted[label] = max(ago, self._wanted.get(label, 0.0))

    def step(self, labels: Mapping[str, float], now: float) -> None:
        """Begin, continue or end a file, after new sound has come.

        Args:
            labels: heard now, each with how many seconds ago it may have begun.
            now: seconds since 1970, at the newest sample.
        """
        if self.keep.heard:
            for label, ago in labels.items():
                if not self.keep.labels or label in self.keep.labels:
                    self.want(label, ago)
        end = self.ring.end
        if self._wanted:
            self._until = end + round(self.keep.after_seconds * self.rate_hz)
            if self._clip is None:
                self._begin(end, now)
            else:
                self._clip.labels |= dict.fromkeys(self._wanted)
        self._wanted = {}
        if self._clip is not None:
            self._write(end)

    def _begin(self, end: int, now: float) -> None:
        """A new file, from a while before."""
        ago = min(_MOST_AGO, max(self._wanted.values()))
        before = round((self.keep.before_seconds + ago) * self.rate_hz)
        first = max(end - before, self.ring.start, self._position)
        began = now - (end - first) / self.rate_hz
        if end < self._again:
            return
        if not self._room(0):
            self._again = end + round(_LOOK_SECONDS * self.rate_hz)
            return
        moment, label = local(began), next(iter(self._wanted))
        folder = self.keep.folder / f"{moment:%Y-%m-%d}"
        stem = f"{moment:%Y%m%d_%H%M%S} {_safe(label)}"
        try:
            recorder = _new_file(folder, stem, self.rate_hz)
        except AudioError as error:
            self.problem = str(error)
            return
        self.problem = ""
        self._clip, self._position = _Clip(recorder, began, dict.fromkeys(self._wanted)), first

    def _write(self, end: int) -> None:
        assert self._clip is not None
        clip = self._clip
        first, samples = self.ring.since(self._position)
        self.lost_seconds += (first - self._position) / self.rate_hz
        samples = samples[:, : max(0, min(end, self._until) - first)]
        try:
            clip.recorder.write(samples)
        except AudioError as error:
            self.problem = str(error)
            self.end()
            return
        self._position = first + samples.shape[1]
        seconds = clip.recorder.seconds
        if seconds - clip.looked > _LOOK_SECONDS:
            clip.looked = seconds
            if not self._room(_size(clip.recorder.path)):
                self.end()
                return
        if self._position >= self._until or seconds >= _MOST_SECONDS:
            self.end()

    def end(self) -> None:
        """Finish the file that is written, if there is one."""
        clip, self._clip = self._clip, None
        if clip is None:
            return
        path, seconds = clip.recorder.path, clip.recorder.seconds
        try:
            clip.recorder.close()
        except AudioError as error:
            self.problem = str(error)
        self.files += 1
        self._recent.append((path, clip.began, clip.began + seconds))
        self.journal.kept(path, clip.began, seconds, _size(path), ", ".join(clip.labels))

    def _room(self, coming: int) -> bool:
        """Whether there is room for a file, after making some if that was asked for."""
        if self.keep.most_bytes is None:
            return True
        there = self.journal.recordings(self.keep.folder)
        total = coming + sum(size for _, size in there)
        if total >= self.keep.most_bytes:  # a person may have made room
            there = [(path, size) for path, size in there if path.exists()]
            total = coming + sum(size for _, size in there)
        while total >= self.keep.most_bytes and there and self.keep.when_full != "stop":
            path, size = there.pop(0)
            if not self._remove(path):
                return False
            total -= size
        if total >= self.keep.most_bytes:
            self.problem = (
                f"The recordings in {self.keep.folder} take the {self.keep.most_bytes / 1e9:g} GB "
                "they may take. Nothing more is kept until there is room."
            )
            return False
        return True

    def _remove(self, path: Path) -> bool:
        """Delete or move the oldest; only what is noted as kept by Earmark is ever touched."""
        move = self.keep.when_full == "move" and self.keep.move_to is not None
        try:
            if move and path.exists():
                assert self.keep.move_to is not None
                place = _free(self.keep.move_to / path.relative_to(key_of(self.keep.folder)))
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.move(path, place)
            else:
                path.unlink(missing_ok=True)
            with contextlib.suppress(OSError):  # a day of which nothing is left
                path.parent.rmdir()
        except (OSError, shutil.Error) as error:
            words = getattr(error, "strerror", None) or str(error)
            self.problem = f"{path.name}, the oldest recording, cannot be removed: {words}."
            return False
        self.journal.gone(path, "moved" if move else "deleted")
        return True


def _safe(label: str) -> str:
    kept = "".join(c if c.isalnum() or c in " -_()" else "_" for c in label)
    return kept.strip(" .")[:60] or "_"


def _new_file(folder: Path, stem: str, rate_hz: int) -> Recorder:
    """A recorder to a file of a name that is free.

    Raises:
        AudioError: none can be made.
    """
    for number in range(1, 1000):
        path = folder / (f"{stem}.flac" if number == 1 else f"{stem} {number}.flac")
        if not path.exists():
            return Recorder(path, rate_hz=rate_hz)
    raise AudioError(f"{stem}.flac already exists in {folder}.")


def _free(path: Path) -> Path:
    """A path that is free, as near to this one as can be."""
    found, number = path, 1
    while found.exists():
        number += 1
        found = path.with_name(f"{path.stem} {number}{path.suffix}")
    return found


def _size(path: Path) -> int:
    try:
        return os.stat(path).st_size
    except OSError:
        return 0
