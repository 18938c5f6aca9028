"""What the Models page asks of the engine, as work for jobs."""

import contextlib
from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.classifier.card import Card
    from engine.classifier.catalog import Entry
    from engine.classifier.classifier import Classifier
    from engine.recognition.timeline import Timeline


@dataclass(frozen=True)
class ListedClassifier:
    """One classifier as the page shows it.

    Attributes:
        entry: its file and card.
        card: the same card as the user adjusted it.
        size_bytes: of the file.
    """

    entry: "Entry"
    card: "Card"
    size_bytes: int

    @property
    def name(self) -> str:
        return self.entry.name


@dataclass(frozen=True)
class CatalogListing:
    """What lies in the catalog: classifiers by name, and files that are none, with the reason."""

    listed: dict[str, ListedClassifier] = field(default_factory=dict)
    broken: dict[Path, str] = field(default_factory=dict)


def read_catalog() -> Generator[None, None, CatalogListing]:
    """All classifiers by their cards."""
    from engine.classifier.catalog import Catalog

    yield
    catalog = Catalog()
    entries, broken = catalog.entries(), catalog.broken()
    listed = {}
    for entry in entries:
        with contextlib.suppress(OSError):  # deleted just now
            size = entry.size_bytes
            listed[entry.name] = ListedClassifier(entry, catalog.adjusted(entry.card), size)
    return CatalogListing(listed, broken)


def digest(path: Path) -> Generator[None, None, str]:
    """SHA-256 of a file."""
    from engine.classifier.file import sha256

    yield
    return sha256(path)


@dataclass(frozen=True)
class Imported:
    """Names of what was taken into the catalog, and sentences about what was not."""

    names: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def bring_in(paths: Sequence[Path]) -> Generator[None, None, Imported]:
    """Copy classifier files into the catalog; one that cannot be used does not stop the others."""
    from engine.classifier.catalog import Catalog
    from engine.errors import ModelError

    found = Imported()
    for path in paths:
        yield
        try:
            found.names.append(Catalog().add(path).name)
        except ModelError as error:
            found.problems.append(str(error))
    return found


def copy_out(path: Path, target: Path) -> Generator[None, None, Path]:
    """Copy a classifier file somewhere."""
    from engine.classifier.file import read_all, read_header, write_file

    yield
    read_header(path)
    write_file(target, read_all(path))
    return target


def to_onnx(name: str, target: Path) -> Generator[None, None, float]:
    """Write a classifier as ONNX; gives the largest difference from ours."""
    yield
    from engine.classifier.catalog import Catalog
    from engine.classifier.onnx import export_onnx

    classifier = Catalog().load(name)
    yield
    return export_onnx(classifier, target)


def retitle(path: Path, title: str) -> Generator[None, None, str]:
    """Give a classifier another title; gives its name."""
    from engine.classifier.catalog import Catalog

    yield
    return Catalog().retitle(path, title).name


def remove(path: Path) -> Generator[None, None, Path]:
    """Take a classifier out of the catalog; gives where it waits."""
    from engine.classifier.catalog import Catalog

    yield
    return Catalog().remove(path)


def restore(removed: Path) -> Generator[None, None, Path]:
    """Bring back what was removed."""
    from engine.classifier.catalog import Catalog

    yield
    return Catalog().restore(removed)


@dataclass(frozen=True)
class Adjustment:
    """Thresholds by label and seconds of smoothing, as set on the page; none: as on the card."""

    thresholds: Mapping[str, float] = field(default_factory=dict)
    smoothing_seconds: float | None = None


def adjust(
    name: str, choice: Adjustment, opened: "Classifier | None"
) -> "Generator[None, None, tuple[ListedClassifier, Classifier | None]]":
    """Keep other thresholds; gives the classifier as listed, and as open, if it was."""
    from engine.classifier.catalog import Catalog

    yield
    catalog = Catalog()
    if choice == Adjustment():
        catalog.reset(name)
    else:
        catalog.adjust(name, choice.thresholds, choice.smoothing_seconds)
    entry = catalog.find(name)
    listed = ListedClassifier(entry, catalog.adjusted(entry.card), entry.size_bytes)
    return listed, opened and catalog.refreshed(opened, entry)


@dataclass(frozen=True)
class Trial:
    """What would have been reported of a stretch of sound.

    Attributes:
        seconds: that the classifier heard.
        reported: seconds for which each label is reported, the longest first; others never are.
    """

    seconds: float
    reported: tuple[tuple[str, float], ...]


def try_out(rows: "Timeline", card: "Card", choice: Adjustment) -> Generator[None, None, Trial]:
    """Report rows that were heard by other thresholds and smoothing."""
    from engine.recognition.decisions import decide

    yield
    rules = card.adjusted(choice.thresholds, choice.smoothing_seconds).rules()
    counts = Counter(label for decision in decide(rows, rules) for label in decision.heard)
    hop = rows.hop_seconds
    return Trial(len(rows) * hop, tuple((label, n * hop) for label, n in counts.most_common()))
