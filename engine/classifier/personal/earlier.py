"""Corrections made for earlier versions of a classifier: found by its name, without torch."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from engine.classifier.personal.card import Correction, PersonalCard
from engine.classifier.personal.store import PersonalStore


@dataclass(frozen=True)
class Earlier:
    """A correction that does not apply to a classifier as it is now.

    Attributes:
        base: SHA-256 of the version that it was made for.
        correction: what the user said, by that version's labels.
        sound: what it was said of; None: it is not kept, so that it cannot be learned again.
    """

    base: str
    correction: Correction
    sound: Path | None

    @property
    def origin(self) -> str:
        """Where it was first made, as ``SHA/NUMBER``."""
        return self.correction.origin or f"{self.base}/{self.correction.number}"

    @property
    def identity(self) -> tuple[str, str, str]:
        """The same wherever it was carried to; numbers alone are used again after an undo."""
        return self.origin, self.correction.date, self.correction.words


def earlier(store: PersonalStore, name: str, digest: str) -> list[Earlier]:
    """Corrections of earlier versions of a classifier that were not carried over, oldest first.

    Args:
        store: of the user's corrections.
        name: of the classifier.
        digest: its SHA-256 now.

    Raises:
        ModelError: the corrections that it has now are damaged.
    """
    cards = [card for card in store.cards() if card.name == name and card.base != digest]
    if not cards:
        return []
    now = store.card(digest)
    there = {Earlier(digest, c, None).identity for c in now.corrections} if now else set()
    found: dict[tuple[str, str, str], Earlier] = {}
    for card in sorted(cards, key=_latest, reverse=True):
        for one in _of(store, card, there):
            known = found.get(one.identity)
            if known is None or (known.sound is None and one.sound is not None):
                found[one.identity] = one
    return sorted(found.values(), key=lambda one: one.correction.date)


def _of(
    store: PersonalStore, card: PersonalCard, there: Collection[tuple[str, str, str]]
) -> list[Earlier]:
    """Those of one version, but not those that are there already."""
    found = []
    for correction in card.corrections:
        sound = store.sound(card.base, correction.number)
        found.append(Earlier(card.base, correction, sound if sound.is_file() else None))
    return [one for one in found if one.identity not in there]


def _latest(card: PersonalCard) -> str:
    return max((correction.date for correction in card.corrections), default="")
