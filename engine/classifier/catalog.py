"""The installed classifiers: the bundled ones and the user's own."""

import copy
import hashlib
import json
import logging
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import platformdirs
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from engine.bounded import read_json
from engine.classifier.card import Card
from engine.classifier.file import (
    SUFFIX,
    read_all,
    read_header,
    sha256,
    with_card,
    write_file,
)
from engine.classifier.personal.card import PersonalCard
from engine.classifier.personal.earlier import Earlier, earlier
from engine.classifier.personal.store import PersonalStore
from engine.errors import ModelError
from resources import resource

if TYPE_CHECKING:
    from engine.classifier.classifier import Classifier

BUNDLED = ("instrument", "genre", "composer", "mood", "instruments-in-music")
# Those that listen unless one chooses others. Not `composer`: on recordings it is not right yet.
DEFAULT = ("instrument", "genre")
_REMOVED = ".removed"  # where deleted ones wait for a while
_KEPT_SECONDS = 30 * 24 * 3600
_ADJUSTMENTS = "adjustments.json"
_MOST_TITLE = 100  # characters
_log = logging.getLogger(__name__)


class Adjustment(BaseModel):
    """Thresholds and smoothing that the user changed; the probabilities stay the same.

    Attributes:
        thresholds: by label; labels that are not in it keep theirs.
        smoothing_seconds: None: as on the card.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    thresholds: dict[str, Annotated[float, Field(ge=0, le=1)]] = Field(default_factory=dict)
    smoothing_seconds: float | None = Field(default=None, ge=0)


_KEPT = TypeAdapter(dict[str, Adjustment])


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

    Attributes:
        corrections: what the user corrected of each.

    Examples:
        >>> from engine import Catalog
        >>> catalog = Catalog()
        >>> [entry.name for entry in catalog.entries() if entry.bundled]
        ['instrument', 'genre', 'composer', 'mood', 'instruments-in-music']
        >>> catalog.find("genre").card.task
        'genre'
        >>> genre = catalog.load("genre")
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or platformdirs.user_data_path("Earmark", appauthor=False) / "models"
        self.corrections = PersonalStore(self.folder)

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
        raise ModelError(f"There is no classifier '{name}'. Available: {known}.")

    def add(self, path: Path, title: str = "") -> Entry:
        """Copy a classifier file among the user's own; a name or title that is taken gets a number.

        What is there already, perhaps under another name, is not copied again.

        Args:
            path: the file.
            title: another than the card's; empty: that one.

        Raises:
            ModelError: it is none, or cannot be copied.
        """
        card = read_header(path).card
        entries = self.entries()
        same = next((entry for entry in entries if _alike(entry, card, path)), None)
        if same is not None:
            differs = title and title != same.card.title and not same.bundled
            return self.retitle(same.path, title) if differs else same
        taken, titles = {e.name for e in entries}, {e.card.title for e in entries}
        name, called = (
            _free(card.name, taken, "{}-{}"),
            _free(title or card.title, titles, "{} ({})"),
        )
        target = self.folder / f"{name}{SUFFIX}"
        write_file(target, with_card(path, card.model_copy(update={"name": name, "title": called})))
        self.reset(name)  # of one that had this name before
        return Entry(name, target, read_header(target).card, False)

    def retitle(self, path: Path, title: str) -> Entry:
        """Give one of the user's own another title; its name and tensors stay.

        Raises:
            ModelError: it is not the user's own, the title is empty, or it cannot be written.
        """
        if path.parent != self.folder:
            raise ModelError(f"{path.stem} comes with Earmark and keeps its title.")
        title = " ".join(title.split())
        if not title or len(title) > _MOST_TITLE:
            raise ModelError(f"A title has 1 to {_MOST_TITLE} characters.")
        card = read_header(path).card.model_copy(update={"title": title})
        before, data = sha256(path), with_card(path, card)
        with self.corrections.following(before, hashlib.sha256(data).hexdigest()):
            write_file(path, data)
        return Entry(card.name, path, card, False)

    def remove(self, path: Path) -> Path:
        """Take one of the user's own out of the catalog, readable or not.

        Returns:
            Where the file waits for :meth:`restore`: a month, at least.

        Raises:
            ModelError: it is not the user's own, or cannot be moved.
        """
        if path.parent != self.folder:
            raise ModelError(
                f"{path.stem} comes with Earmark. Only classifiers that you added can be deleted."
            )
        place = self.folder / _REMOVED / f"{time.time_ns()}"
        try:
            _forget_old(place.parent)
            place.mkdir(parents=True)
            return path.replace(place / path.name)
        except OSError as error:
            raise ModelError(f"{path.name} could not be deleted: {error.strerror}.") from error

    def restore(self, removed: Path) -> Path:
        """Put back what :meth:`remove` took out; gives its place.

        Raises:
            ModelError: its place is taken, or it cannot be moved.
        """
        target = self.folder / removed.name
        if target.exists():
            raise ModelError(f"There is another {removed.name} now. Delete that one first.")
        try:
            removed.replace(target)
            removed.parent.rmdir()
        except OSError as error:
            raise ModelError(f"{removed.name} could not be restored: {error.strerror}.") from error
        return target

    def adjustments(self) -> dict[str, Adjustment]:
        """What the user decides otherwise, by classifier; a damaged file counts as none."""
        try:
            return _KEPT.validate_python(read_json(self.folder / _ADJUSTMENTS, ModelError))
        except (ModelError, ValidationError):
            return {}

    def adjust(
        self, name: str, thresholds: Mapping[str, float], smoothing_seconds: float | None = None
    ) -> None:
        """Keep other thresholds and another smoothing than the card's; :meth:`load` uses them.

        Raises:
            ModelError: they are wrong or cannot be kept.
        """
        try:
            mine = Adjustment(thresholds=dict(thresholds), smoothing_seconds=smoothing_seconds)
        except ValidationError as error:
            words = "A threshold must be between 0 and 1, and a smoothing time 0 seconds or more."
            raise ModelError(words) from error
        self._keep(self.adjustments() | {name: mine})

    def reset(self, name: str) -> None:
        """Return to the thresholds of the card.

        Raises:
            ModelError: that cannot be kept.
        """
        kept = self.adjustments()
        if kept.pop(name, None) is not None:
            self._keep(kept)

    def adjusted(self, card: Card) -> Card:
        """The card as the user adjusted it; the same card if nothing is adjusted."""
        mine = self.adjustments().get(card.name)
        return card.adjusted(mine.thresholds, mine.smoothing_seconds) if mine else card

    def refreshed(self, classifier: "Classifier", entry: Entry) -> "Classifier":
        """An open classifier as it is corrected and adjusted now.

        It shares its tensors with the one given, and is that one if nothing has changed.
        """
        if not self._mine(entry):
            return classifier
        classifier, card = self._corrected(classifier, entry)
        card = self.adjusted(card)
        if classifier.card == card:
            return classifier
        other = copy.copy(classifier)
        other.card = card
        return other

    def load(self, name: str) -> "Classifier":
        """Open a classifier by name, as the user corrected and adjusted it, or by path, as it is.

        Raises:
            ModelError: there is none, or its file cannot be used.
        """
        from engine.classifier.classifier import Classifier  # here: it brings torch along

        entry = self.find(name)
        return self.refreshed(Classifier.load(entry.path), entry)

    def load_all(self, names: Sequence[str] = DEFAULT) -> "dict[str, Classifier]":
        """Open several, by their own names, in the order asked for.

        Raises:
            ModelError: as :meth:`load`.
        """
        loaded = [self.load(name) for name in names]
        return {classifier.card.name: classifier for classifier in loaded}

    def _mine(self, entry: Entry) -> bool:
        return entry.bundled or entry.path.parent == self.folder

    def _corrected(self, classifier: "Classifier", entry: Entry) -> "tuple[Classifier, Card]":
        """With the corrections there are now, and the card that goes with them.

        Corrections that cannot be read cost no classifier: it listens without them.
        """
        from engine.classifier.personal.applied import corrected, corrected_card, uncorrected

        try:
            personal = self._personal(classifier.sha256)
            card = entry.card if personal is None else corrected_card(entry.card, personal)
            if classifier.revision != (personal.revision if personal else ""):
                classifier = uncorrected(classifier, entry.card)
                kept = self.corrections.read(classifier.sha256 or "") if personal else None
                if kept is not None:
                    classifier = corrected(classifier, kept)
                    card = corrected_card(entry.card, kept.card)
            return classifier, card.model_copy(update={"network": classifier.card.network})
        except ModelError as error:
            _log.warning("%s", error)
            return uncorrected(classifier, entry.card), entry.card

    def _personal(self, digest: str | None) -> PersonalCard | None:
        return self.corrections.card(digest) if digest else None

    def card_of(self, entry: Entry) -> Card:
        """The card of an entry, as the user corrected and adjusted it where it is one of these."""
        if not self._mine(entry):
            return entry.card
        personal = self._personal(entry.sha256())
        if personal is None:
            return self.adjusted(entry.card)
        from engine.classifier.personal.applied import corrected_card  # brings torch along

        return self.adjusted(corrected_card(entry.card, personal))

    def revision_of(self, entry: Entry) -> str:
        """Which corrections an entry has; empty: none."""
        personal = self._personal(entry.sha256()) if self._mine(entry) else None
        return personal.revision if personal else ""

    def changes_of(self, entry: Entry) -> tuple[Adjustment | None, Path | None]:
        """What the user decides otherwise, and the file of corrections; None: nothing.

        Raises:
            ModelError: the file of corrections is damaged.
        """
        if not self._mine(entry):
            return None, None
        digest = entry.sha256()
        corrected = self._personal(digest) is not None
        mine = self.adjustments().get(entry.card.name)
        return mine, self.corrections.path(digest) if corrected else None

    def earlier(self, entry: Entry, digest: str | None = None) -> list[Earlier]:
        """Corrections made for earlier versions of an entry that do not apply to this one.

        Args:
            entry: the classifier.
            digest: SHA-256 of its file, where it is known.

        Raises:
            ModelError: the corrections that it has now are damaged.
        """
        if not self._mine(entry) or not self.corrections.folder.is_dir():
            return []
        return earlier(self.corrections, entry.name, digest or entry.sha256())

    def _keep(self, adjustments: Mapping[str, Adjustment]) -> None:
        plain = {name: one.model_dump(exclude_none=True) for name, one in adjustments.items()}
        text = json.dumps(plain, indent=1, ensure_ascii=False) + "\n"
        write_file(self.folder / _ADJUSTMENTS, text.encode())

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
                broken[path] = f"{path.name}: there is already a classifier called '{card.name}'."
                continue
            entries[card.name] = Entry(card.name, path, card, False)
        return list(entries.values()), broken


def _forget_old(folder: Path) -> None:
    """Delete what was removed more than a month ago."""
    before = time.time_ns() - _KEPT_SECONDS * 10**9
    for place in folder.glob("*"):
        if place.name.isdecimal() and int(place.name) < before:
            for file in place.glob(f"*{SUFFIX}"):
                file.unlink(missing_ok=True)
            place.rmdir()


def _free(name: str, taken: Collection[str], form: str) -> str:
    """The name, or with the first number from 2 that makes it free."""
    found, number = name, 2
    while found in taken:
        found, number = form.format(name, number), number + 1
    return found


def _alike(entry: Entry, card: Card, path: Path) -> bool:
    """Whether a file is a copy of a classifier, whatever it is called."""
    called = {"name": entry.name, "title": entry.card.title}
    if card.model_copy(update=called) != entry.card:
        return False
    return with_card(path, entry.card) == read_all(entry.path)
