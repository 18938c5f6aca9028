"""Summary of a data set: class balance, lengths, sample rates, levels and problems."""

import contextlib
import hashlib
from collections import Counter, defaultdict
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from engine.audio.files import probe, read
from engine.datasets.table import Dataset, Excerpt
from engine.errors import AudioError

_LOOKED_AT_SECONDS = 10.0
_GRAIN_SECONDS = 0.01  # tables are written with few decimals


@dataclass
class Summary:
    """Figures of a data set.

    Attributes:
        counts: excerpts of each class.
        seconds: of each class.
        groups: how many different ones each class has.
        rates_hz: how many files have each sample rate.
        channels: how many files have each number of channels.
        level_db: RMS level in dBFS of each file's beginning, by path.
        clipped: files that touch full scale at least ten times there.
        broken: files that cannot be read, with the reason.
        beyond: excerpts that begin or end after the end of their file, each in words.
        copies: files with the very content of an earlier one, each with that one.
        contradictions: contents that are labelled as several classes, each in words.
    """

    counts: dict[str, int]
    groups: dict[str, int]
    seconds: dict[str, float] = field(default_factory=dict)
    rates_hz: Counter[int] = field(default_factory=Counter)
    channels: Counter[int] = field(default_factory=Counter)
    level_db: dict[str, float] = field(default_factory=dict)
    clipped: list[str] = field(default_factory=list)
    broken: dict[str, str] = field(default_factory=dict)
    beyond: list[str] = field(default_factory=list)
    copies: dict[str, str] = field(default_factory=dict)
    contradictions: list[str] = field(default_factory=list)

    @property
    def imbalance(self) -> float:
        """Excerpts of the largest class for one of the smallest."""
        return max(self.counts.values()) / min(self.counts.values())


@dataclass(frozen=True)
class _Looked:
    seconds: float = 0.0
    rate_hz: int = 0
    channels: int = 0
    level_db: float = 0.0
    clipped: bool = False
    problem: str = ""


def summarise(dataset: Dataset) -> Generator[float, None, Summary]:
    """Look at every file's head and first seconds; yields the share done."""
    groups = {label: set[str]() for label in dataset.labels}
    for excerpt, group in zip(dataset.excerpts, dataset.groups, strict=True):
        groups[excerpt.label].add(group)
    found = Summary(dataset.counts(), {label: len(names) for label, names in groups.items()})
    if dataset.features:
        return found
    paths = sorted({excerpt.path for excerpt in dataset.excerpts})
    lengths: dict[str, float] = {}
    pool = ThreadPoolExecutor(4)
    try:
        looked = pool.map(lambda path: _look(dataset, path), paths)
        for number, (path, facts) in enumerate(zip(paths, looked, strict=True), start=1):
            _count(found, path, facts)
            lengths[path] = facts.seconds
            yield number / len(paths)
    finally:  # whoever stops listening does not wait for all the other files
        pool.shutdown(cancel_futures=True)
    for _ in _note_copies(found, dataset, paths):
        yield 1.0
    for excerpt in dataset.excerpts:
        length = lengths[excerpt.path]
        end = length if excerpt.end is None else min(excerpt.end, length)
        _note_beyond(found, excerpt, length)
        total = found.seconds.get(excerpt.label, 0.0)
        found.seconds[excerpt.label] = total + max(0.0, end - excerpt.start)
    return found


def _look(dataset: Dataset, path: str) -> _Looked:
    try:
        info = probe(dataset.root / path)
        audio = read(dataset.root / path, duration_seconds=_LOOKED_AT_SECONDS)
    except AudioError as error:
        return _Looked(problem=str(error))
    samples = audio.samples
    level = 10 * float(np.log10(max(1e-12, float(np.mean(np.square(samples))))))
    clipped = int((np.abs(samples) >= 0.999).sum()) >= 10
    return _Looked(info.duration_seconds, info.rate_hz, info.channels, level, clipped)


def _note_beyond(found: Summary, excerpt: Excerpt, length: float) -> None:
    if not length or excerpt.path in found.broken:
        return
    last = excerpt.start if excerpt.end is None else excerpt.end
    if last > length + _GRAIN_SECONDS or excerpt.start >= length:
        end = "its end" if excerpt.end is None else f"{excerpt.end:g}"
        found.beyond.append(f"{excerpt.path} ({excerpt.start:g} to {end} s of {length:.6g} s)")


def _note_copies(found: Summary, dataset: Dataset, paths: Sequence[str]) -> Iterator[None]:
    """Files of one content, by size and digest; what is labelled as two classes among them."""
    sizes: dict[int, list[str]] = defaultdict(list)
    for path in paths:
        with contextlib.suppress(OSError):
            sizes[(dataset.root / path).stat().st_size].append(path)
    same: dict[str, list[str]] = defaultdict(list)
    for path in [path for alike in sizes.values() if len(alike) > 1 for path in alike]:
        with contextlib.suppress(OSError), (dataset.root / path).open("rb") as file:
            same[hashlib.file_digest(file, "sha256").hexdigest()].append(path)
        yield
    first = {path: alike[0] for alike in same.values() for path in alike}
    found.copies.update({path: one for path, one in first.items() if path != one})
    labels: dict[tuple[str, float, float | None], set[str]] = defaultdict(set)
    for e in dataset.excerpts:
        labels[first.get(e.path, e.path), e.start, e.end].add(e.label)
    found.contradictions += [
        f"{place[0]} ({', '.join(sorted(names))})"
        for place, names in labels.items()
        if len(names) > 1
    ]


def _count(found: Summary, path: str, facts: _Looked) -> None:
    if facts.problem:
        found.broken[path] = facts.problem
        return
    found.rates_hz[facts.rate_hz] += 1
    found.channels[facts.channels] += 1
    found.level_db[path] = facts.level_db
    if facts.clipped:
        found.clipped.append(path)
