"""An archive heard into a database: only what is new or has changed, on from where it stopped."""

import json
import time
from collections.abc import Generator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from engine.archive.database import (
    Database,
    Ear,
    Stamp,
    attempt_of,
    key_of,
    stamp_of,
    unchanged,
)
from engine.archive.processes import (
    Event,
    Listening,
    classify_here,
    classify_in_processes,
)
from engine.classifier.catalog import Catalog
from engine.recognition.events import BatchResult, BatchStep
from engine.workers import Pause

if TYPE_CHECKING:
    from engine.archive.cluster.connection import Cluster


def ears_of(how: Listening, catalog: Catalog | None = None) -> list[Ear]:
    """The classifiers as they listen, without loading them.

    Raises:
        ModelError: there is no such classifier, or it judges no sound.
    """
    catalog = catalog or Catalog()
    found = []
    for name in how.classifiers:
        entry = catalog.find(name)
        card = catalog.card_of(entry)
        card.refuse_sound()
        settings = {
            "hop_seconds": how.hop_seconds,
            "channels": how.channels,
            "rules": asdict(card.rules()),
            "corrections": catalog.revision_of(entry),
        }
        text = json.dumps(settings, sort_keys=True, ensure_ascii=False)
        found.append(Ear(card.name, entry.sha256(), text, tuple(card.labels)))
    return found


_FEW = 1000  # files that are asked for by name; of more, all that is known is read


@dataclass(frozen=True)
class Plan:
    """What there is to do.

    Attributes:
        how: with what and how files are heard.
        ears: the same, as the database notes it.
        todo: files to hear, in order, with their stamps.
        failed: files that failed before and have not changed since, which are left alone.
        done: how many files have results already.
    """

    how: Listening
    ears: Sequence[Ear]
    todo: Mapping[Path, Stamp | None]
    failed: Sequence[Path]
    done: int


def plan(
    database: Database,
    paths: Sequence[Path],
    how: Listening,
    *,
    contents: bool = False,
    retry: bool = False,
    ears: Sequence[Ear] | None = None,
) -> Generator[None, None, Plan]:
    """Look which files are new or have changed since the database heard them; yields between files.

    A file counts as changed when its size or the time of its last change is another. One that was
    given up with its process (``lost``) is always tried again; one that failed only if it changed.

    Args:
        database: what is known.
        paths: the files.
        how: with what and how they are to be heard.
        contents: compare what is in the files instead of the times, which reads each of them;
            where it was not looked at before, times are all there is.
        retry: try again what failed.
        ears: the classifiers, where :func:`ears_of` gave them before.

    Raises:
        EarmarkError: a classifier is missing, or the database cannot be written.
    """
    ears = ears_of(how) if ears is None else ears
    ids, known = database.ids(ears), database.known(paths if len(paths) <= _FEW else None)
    wanted, attempt = set(ids.values()), attempt_of(ids)
    todo: dict[Path, Stamp | None] = {}
    failed = []
    for path in paths:
        yield
        before, now = known.get(key_of(path)), stamp_of(path, contents=contents)
        if (
            before is None
            or before.stamp is None
            or now is None
            or not unchanged(before.stamp, now)
        ):
            todo[path] = now
        elif wanted <= before.ears:
            if now != before.stamp and contents:
                database.touch(path, now)
        elif before.status == "failed" and before.attempt == attempt and not retry:
            failed.append(path)
        else:
            todo[path] = now
    return Plan(how, ears, todo, failed, len(paths) - len(todo) - len(failed))


def carry_out(
    database: Database,
    work: Plan,
    *,
    jobs: int = 0,
    ahead: int | None = None,
    pause: Pause | None = None,
    cluster: "Cluster | None" = None,
) -> Generator[Event | None, None, None]:
    """Hear what is to be heard and keep each result as it comes.

    Args:
        database: where results are kept.
        work: see :func:`plan`.
        jobs: how many processes; 0: this one, which cannot rest.
        ahead: as :func:`engine.archive.processes.classify_in_processes`.
        pause: likewise.
        cluster: hears them instead of processes of this machine.

    Yields:
        As :func:`engine.archive.processes.classify_in_processes`, each result after it was kept.

    Raises:
        EarmarkError: nothing more can be done; what was done is kept.
    """
    ids = database.ids(work.ears)
    paths = list(work.todo)
    sha256 = {ear.name: ear.sha256 for ear in work.ears}
    events: Generator[Event | None, None, None]
    if cluster is not None:
        events = cluster.classify(paths, work.how, ahead=ahead, sha256=sha256, pause=pause)
    elif jobs:
        events = classify_in_processes(
            paths, work.how, jobs=jobs, ahead=ahead, sha256=sha256, pause=pause
        )
    else:
        events = classify_here(paths, work.how, sha256=sha256)
    try:
        for event in events:
            if isinstance(event, BatchResult):
                database.record(event, work.todo[event.path], ids, work.how.channels)
            yield event
    finally:
        events.close()


@dataclass
class Tally:
    """How far a batch is, how fast, and how long it will take.

    Args:
        sizes: bytes of each file, in order: what is left is told by them, as lengths are not known
            before a file is opened.
    """

    sizes: Sequence[int]
    finished: int = 0
    failed: int = 0
    _total: int = 0
    _bytes: float = 0.0
    _seconds: float = 0.0
    _shares: dict[int, tuple[float, float]] = field(default_factory=dict)
    _begun: float = field(default_factory=time.monotonic)
    _rests_since: float | None = None

    def __post_init__(self) -> None:
        self._total = sum(self.sizes)

    def add(self, event: Event) -> None:
        """Take what a batch yields."""
        size = self.sizes[event.number - 1]
        if isinstance(event, BatchStep):
            self._shares[event.number] = (event.share * size, event.seconds)
            return
        self._shares.pop(event.number, None)
        self.finished += 1
        self._bytes += size
        if event.result is None:
            self.failed += 1
        else:
            self._seconds += event.result.info.duration_seconds

    def rest(self, on: bool) -> None:
        """Stop the clock while the batch rests, or let it go again."""
        now = time.monotonic()
        if on and self._rests_since is None:
            self._rests_since = now
        elif not on and self._rests_since is not None:
            self._begun += now - self._rests_since
            self._rests_since = None

    @property
    def _elapsed(self) -> float:
        now = time.monotonic() if self._rests_since is None else self._rests_since
        return max(1e-6, now - self._begun)

    @property
    def share(self) -> float:
        """Done of the whole, 0 to 1."""
        done = self._bytes + sum(size for size, _ in self._shares.values())
        return done / self._total if self._total else self.finished / max(1, len(self.sizes))

    @property
    def times_real_time(self) -> float:
        """Seconds of sound heard in a second."""
        heard = self._seconds + sum(seconds for _, seconds in self._shares.values())
        return heard / self._elapsed

    @property
    def seconds_left(self) -> float | None:
        """How long the rest will take; None: not known yet."""
        share = self.share
        if share <= 0:
            return None
        return self._elapsed * (1 - share) / share

    def __str__(self) -> str:
        left = self.seconds_left
        words = f"{self.finished} of {len(self.sizes)} files, {self.times_real_time:.1f}x real time"
        return words if left is None else f"{words}, {_clock(left)} left"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
