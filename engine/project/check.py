"""Problems in the sounds of a project, and how to fix them."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.audio.files import probe, read
from engine.datasets.table import Excerpt
from engine.errors import AudioError
from engine.project.cutting import sketch
from engine.project.store import State
from engine.project.twins import Sketch, TwinFinder, group_of

QUIET_DB = -50.0
MOST_IMBALANCE = 3.0
LEAST_GROUPS = 2
_LOOKED_AT_SECONDS = 10.0
_GONE = ("missing", "unreadable", "duplicate")  # not compared with the others
_GRAIN_SECONDS = 0.01  # tables are written with few decimals
_CLIPPED_FROM = 10  # samples at full scale
_Stamp = tuple[int, int] | None


@dataclass(frozen=True)
class Facts:
    """Properties of one excerpt.

    Attributes:
        seconds: its length.
        level_db: RMS level of its first ten seconds in dBFS.
        clipped: whether it touches full scale at least ten times there.
        unreadable: why it cannot be read; empty: it can.
        beyond: whether it ends after the end of its file.
    """

    seconds: float = 0.0
    level_db: float = -120.0
    clipped: bool = False
    unreadable: str = ""
    beyond: bool = False


@dataclass(frozen=True)
class Problem:
    """A problem that would harm the training.

    Attributes:
        kind: missing, unreadable, beyond, quiet, clipped, duplicate, leak, groups or balance.
        words: a sentence that says what is wrong.
        mend: what to do, in two or three words.
        rows: the excerpts it is about; taking them out mends it. Empty where a class lacks sounds.
        label: the class that needs more sounds; empty where it is about rows.
        groups: sets of groups that should be one each; where there are any, joining them mends it.
    """

    kind: str
    words: str
    mend: str
    rows: tuple[Excerpt, ...] = ()
    label: str = ""
    groups: tuple[tuple[str, ...], ...] = ()


class Inspector:
    """Inspects excerpts, each only once for as long as its file does not change.

    Args:
        root: folder that relative paths start from.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._facts: dict[tuple[str, float, float | None], tuple[_Stamp, Facts]] = {}
        self._digests: dict[str, tuple[_Stamp, str]] = {}
        self._sketches: dict[tuple[str, float, float | None], Sketch] = {}
        self._twins = TwinFinder()

    def facts_of(self, row: Excerpt) -> Facts | None:
        """What is known of a row; None: not looked at yet."""
        known = self._facts.get((row.path, row.start, row.end))
        return None if known is None else known[1]

    def inspect(self, state: State) -> Generator[float, None, list[Problem]]:
        """Look at what is new; yields the share done, returns the problems, the worst first."""
        stamps: dict[str, _Stamp] = {}
        sizes: dict[int, list[str]] = defaultdict(list)
        for number, row in enumerate(state.rows, start=1):
            if row.path not in stamps:
                stamp = stamps[row.path] = _stamp(self._root / row.path)
                if stamp is not None:
                    sizes[stamp[0]].append(row.path)
            self._look(row, stamps[row.path])
            yield number / len(state.rows)
        equal = [path for paths in sizes.values() if len(paths) > 1 for path in paths]
        for path in equal:  # only files of one size can be the same
            self._digest(path, stamps[path])
            yield 1.0
        contents = {path: self._digests[path][1] for path in equal}
        found = list(self._of_rows(state.rows, stamps, contents))
        told = {id(row) for problem in found if problem.kind in _GONE for row in problem.rows}
        yield 1.0
        leaks = self._leaks([row for row in state.rows if id(row) not in told])
        return [*found, *leaks, *_of_classes(state)]

    def _look(self, row: Excerpt, stamp: _Stamp) -> None:
        key = (row.path, row.start, row.end)
        if stamp is None or self._facts.get(key, (None,))[0] == stamp:
            return
        path = self._root / row.path
        try:
            length = probe(path).duration_seconds
            end = length if row.end is None else min(row.end, length)
            seconds = max(0.0, end - row.start)
            shown = min(seconds, _LOOKED_AT_SECONDS)
            audio = read(path, start_seconds=row.start, duration_seconds=shown)
        except AudioError as error:
            self._facts[key] = (stamp, Facts(unreadable=str(error)))
            self._sketches.pop(key, None)
            return
        samples = audio.samples
        self._sketches[key] = sketch(samples, audio.rate_hz)
        power = float(np.mean(np.square(samples))) if samples.size else 0.0
        level = 10 * float(np.log10(max(1e-12, power)))
        clipped = int((np.abs(samples) >= 0.999).sum()) >= _CLIPPED_FROM
        beyond = row.end is not None and row.end > length + _GRAIN_SECONDS
        self._facts[key] = (stamp, Facts(seconds, level, clipped, beyond=beyond))

    def _digest(self, path: str, stamp: _Stamp) -> None:
        if self._digests.get(path, (None,))[0] == stamp:
            return
        try:
            with (self._root / path).open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError:
            digest = path  # it is told as unreadable anyway
        self._digests[path] = (stamp, digest)

    def _leaks(self, rows: Sequence[Excerpt]) -> Iterator[Problem]:
        keyed = ((row, self._sketches.get((row.path, row.start, row.end))) for row in rows)
        sketches = {id(row): found for row, found in keyed if found is not None}
        twins = self._twins.find(rows, sketches)
        if twins.rows:
            words = (
                f"{len(twins.rows)} sounds are nearly identical but in different groups: "
                "test and training data would overlap."
            )
            mend = "Put into one group" if len(twins.groups) == 1 else "Group the similar sounds"
            yield Problem("leak", words, mend, twins.rows, groups=twins.groups)

    def _of_rows(
        self, rows: Sequence[Excerpt], stamps: dict[str, _Stamp], contents: dict[str, str]
    ) -> Iterator[Problem]:
        found: dict[str, list[Excerpt]] = defaultdict(list)
        seen: dict[tuple[str, float, float | None], Excerpt] = {}
        other = 0
        for row in rows:
            facts = self.facts_of(row)
            kind = "missing" if stamps[row.path] is None else _kind(facts)
            first = seen.setdefault((contents.get(row.path, row.path), row.start, row.end), row)
            if first is not row and not kind:
                kind = "duplicate"
                other += first.label != row.label
            if kind:
                found[kind].append(row)
        for kind, (words, mend) in _ROWS.items():
            if found[kind]:
                count = len(found[kind])
                text = words.format(
                    *(("1 sound", "is") if count == 1 else (f"{count} sounds", "are"))
                )
                if kind == "duplicate" and other:
                    text += f" {other} of them in another class."
                yield Problem(kind, text, mend, tuple(found[kind]))


_ROWS = {
    "missing": (
        "{0} {1} missing: there is no file at the path in the table.",
        "Search in a folder...",
    ),
    "unreadable": ("{0} cannot be read.", "Remove"),
    "beyond": ("{0} {1} longer in the table than in the file.", "Cut at the end"),
    "duplicate": ("{0} {1} in the project more than once.", "Keep one of each"),
    "quiet": ("{0} {1} too quiet to train on.", "Remove"),
    "clipped": ("{0} {1} clipped: recorded too loud.", "Remove"),
}


def _kind(facts: Facts | None) -> str:
    if facts is None:
        return ""
    if facts.unreadable:
        return "unreadable"
    if facts.beyond:
        return "beyond"
    if facts.level_db < QUIET_DB:
        return "quiet"
    return "clipped" if facts.clipped else ""


def _of_classes(state: State) -> Iterator[Problem]:
    counts = Counter(row.label for row in state.rows)
    groups: dict[str, set[str]] = defaultdict(set)
    for row in state.rows:
        groups[row.label].add(group_of(row))
    if len(state.classes) == 1:
        yield Problem(
            "groups", "There is only one class. Training needs at least two.", "New class"
        )
    for label in state.classes:
        if not counts[label]:
            yield Problem("groups", f"'{label}' is empty.", "Record sounds", label=label)
        elif len(groups[label]) < LEAST_GROUPS:
            words = f"All of '{label}' comes from one recording, so none is left for testing."
            yield Problem("groups", words, "Record another", label=label)
    yield from _once_recorded(state, groups)
    if counts:
        least = min(counts, key=lambda label: counts[label])
        most = max(counts, key=lambda label: counts[label])
        ratio = counts[most] / counts[least]
        if ratio > MOST_IMBALANCE:
            words = f"'{most}' has {ratio:.0f} times as many sounds as '{least}'."
            yield Problem("balance", words, "Record more", label=least)


def _once_recorded(state: State, groups: dict[str, set[str]]) -> Iterator[Problem]:
    """Classes cut out of one recording: judged by its own stretches, not by another day's."""
    files: dict[str, set[str]] = defaultdict(set)
    for row in state.rows:
        files[row.label].add(row.path)
    once = [name for name, own in files.items() if len(own) == 1 and len(groups[name]) > 1]
    if once:
        more = f" and {len(once) - 1} more" if len(once) > 1 else ""
        words = f"'{once[0]}'{more}: only one recording. The test results will be too optimistic."
        yield Problem("groups", words, "Record another", label=once[0])


def _stamp(path: Path) -> _Stamp:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns
