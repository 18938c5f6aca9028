"""Which classifiers there are: those Earmark brings along and the user's own."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from engine.artefact import SUFFIX, read_header, renamed, sha256, write_file
from engine.card import Card
from engine.errors import ModelError
from resources import resource

if TYPE_CHECKING:
    from engine.classifier import Classifier

BUNDLED = ("genre", "mood", "instruments-in-music")


@dataclass(frozen=True)
class Entry:
    """One classifier file, known by its card.

    Attributes:
        name: what it is called by.
        path: the file.
        card: what it says of itself.
        bundled: whether Earmark brought it along.
    """

    name: str
    path: Path
    card: Card
    bundled: bool

    @property
    def size_bytes(self) -> int:
        """Size of the file."""
        return self.path.stat().st_size

    def sha256(self) -> str:
        """SHA-256 of the file, in hexadecimal."""
        return sha256(self.path)


class Catalog:
    """Lists classifiers by their cards, which needs no torch, and loads them.

    Args:
        folder: where the user's own are, None: the usual place for this system.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or platformdirs.user_data_path("Earmark", appauthor=False) / "models"

    def entries(self) -> list[Entry]:
        """All classifiers that can be read, the bundled first."""
        return self._read()[0]

    def broken(self) -> dict[Path, str]:
        """Files among the user's own that cannot be read, and why."""
        return self._read()[1]

    def find(self, name: str) -> Entry:
        """A classifier by its name, or by the path of its file.

        Raises:
            ModelError: there is none.
        """
        entries, broken = self._read()
        for entry in entries:
            if entry.name == name:
                return entry
        path = Path(name)
        if path.suffix == SUFFIX or path.exists():
            if not path.exists():
                raise ModelError(f"There is no classifier file {name}.")
            return Entry(read_header(path).card.name, path, read_header(path).card, False)
        reason = {file.stem: why for file, why in broken.items()}.get(name)
        if reason:
            raise ModelError(reason)
        known = ", ".join(entry.name for entry in entries)
        raise ModelError(f"There is no classifier '{name}'. Known are: {known}.")

    def add(self, path: Path) -> Entry:
        """Copy a classifier file among the user's own; a name that is taken gets a number.

        Raises:
            ModelError: it is none, or cannot be copied.
        """
        card = read_header(path).card
        taken = {entry.name: entry for entry in self.entries()}
        same = taken.get(card.name)
        if same is not None and same.sha256() == sha256(path):
            return same
        name, number = card.name, 2
        while name in taken:
            name, number = f"{card.name}-{number}", number + 1
        target = self.folder / f"{name}{SUFFIX}"
        write_file(target, renamed(path, name))
        return Entry(name, target, read_header(target).card, False)

    def load(self, name: str) -> "Classifier":
        """Open a classifier by name or path.

        Raises:
            ModelError: there is none, or its file cannot be used.
        """
        from engine.classifier import Classifier  # here: it brings torch along

        return Classifier.load(self.find(name).path)

    def load_all(self, names: Sequence[str] = BUNDLED) -> "dict[str, Classifier]":
        """Open several, by their own names, in the order asked for.

        Raises:
            ModelError: as :meth:`load`.
        """
        loaded = [self.load(name) for name in names]
        return {classifier.card.name: classifier for classifier in loaded}

    def _read(self) -> tuple[list[Entry], dict[Path, str]]:
        entries: dict[str, Entry] = {}
        broken: dict[Path, str] = {}
        for name in BUNDLED:
            path = resource("models", f"{name}{SUFFIX}")
            entries[name] = Entry(name, path, read_header(path).card, True)
        for path in sorted(self.folder.glob(f"*{SUFFIX}")):
            try:
                card = read_header(path).card
            except ModelError as error:
                broken[path] = str(error)
                continue
            if card.name in entries:
                broken[path] = f"{path.name}: a classifier called '{card.name}' is there already."
                continue
            entries[card.name] = Entry(card.name, path, card, False)
        return list(entries.values()), broken
