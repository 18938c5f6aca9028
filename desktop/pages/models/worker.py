"""What the Models page asks of the engine, as work for jobs."""

import contextlib
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from engine.classifier.card import Card
    from engine.classifier.catalog import Entry
    from engine.classifier.classifier import Classifier

_T = TypeVar("_T")
Work = Callable[[], Generator[None, None, _T]]


@dataclass(frozen=True)
class Listed:
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
class Found:
    """What lies in the catalog: classifiers by name, and files that are none, with the reason."""

    listed: dict[str, Listed] = field(default_factory=dict)
    broken: dict[Path, str] = field(default_factory=dict)


def read_catalog() -> Generator[None, None, Found]:
    """All classifiers by their cards."""
    from engine.classifier.catalog import Catalog

    yield
    catalog = Catalog()
    entries, broken = catalog.entries(), catalog.broken()
    listed = {}
    for entry in entries:
        with contextlib.suppress(OSError):  # deleted just now
            size = entry.size_bytes
            listed[entry.name] = Listed(entry, catalog.adjusted(entry.card), size)
    return Found(listed, broken)


def digest(path: Path) -> Work[str]:
    """SHA-256 of a file."""

    def work() -> Generator[None, None, str]:
        from engine.classifier.file import sha256

        yield
        return sha256(path)

    return work


@dataclass(frozen=True)
class Imported:
    """Names of what was taken into the catalog, and sentences about what was not."""

    names: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def bring_in(paths: Sequence[Path]) -> Work[Imported]:
    """Copy classifier files into the catalog; one that cannot be used does not stop the others."""

    def work() -> Generator[None, None, Imported]:
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

    return work


def copy_out(path: Path, target: Path) -> Work[Path]:
    """Copy a classifier file somewhere."""

    def work() -> Generator[None, None, Path]:
        from engine.classifier.file import read_file, write_file

        yield
        write_file(target, read_file(path)[1])
        return target

    return work


def to_onnx(name: str, target: Path) -> Work[float]:
    """Write a classifier as ONNX; gives the largest difference from ours."""

    def work() -> Generator[None, None, float]:
        yield
        from engine.classifier.catalog import Catalog
        from engine.classifier.onnx import export_onnx

        classifier = Catalog().load(name)
        yield
        return export_onnx(classifier, target)

    return work


def remove(path: Path) -> Work[Path]:
    """Take a classifier out of the catalog; gives where it waits."""

    def work() -> Generator[None, None, Path]:
        from engine.classifier.catalog import Catalog

        yield
        return Catalog().remove(path)

    return work


def restore(removed: Path) -> Work[Path]:
    """Bring back what was removed."""

    def work() -> Generator[None, None, Path]:
        from engine.classifier.catalog import Catalog

        yield
        return Catalog().restore(removed)

    return work


@dataclass(frozen=True)
class Choice:
    """Thresholds by label and seconds of smoothing, as set on the page; none: as on the card."""

    thresholds: Mapping[str, float] = field(default_factory=dict)
    smoothing_seconds: float | None = None


def adjust(
    name: str, choice: Choice, opened: "Classifier | None"
) -> Work["tuple[Listed, Classifier | None]"]:
    """Keep other thresholds; gives the classifier as listed, and as open, if it was."""

    def work() -> "Generator[None, None, tuple[Listed, Classifier | None]]":
        from engine.classifier.catalog import Catalog

        yield
        catalog = Catalog()
        if choice == Choice():
            catalog.reset(name)
        else:
            catalog.adjust(name, choice.thresholds, choice.smoothing_seconds)
        entry = catalog.find(name)
        listed = Listed(entry, catalog.adjusted(entry.card), entry.size_bytes)
        return listed, opened and catalog.refreshed(opened, entry)

    return work
