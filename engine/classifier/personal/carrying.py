"""Corrections of an earlier version of a classifier, learned again for the one there is now.

What was learned is tied to the embeddings of its version; the sounds are not. They are cut and
embedded anew, with the same words said of them. What lay beside them was never kept as sound: it is
not carried over.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass

from torch import Tensor

from engine.audio.files import read
from engine.classifier.card import Card
from engine.classifier.classifier import Classifier
from engine.classifier.personal.applied import corrected
from engine.classifier.personal.card import MOST_CORRECTIONS, Correction
from engine.classifier.personal.earlier import Earlier, earlier
from engine.classifier.personal.learning import (
    checked_after,
    digest_of,
    follows,
    learn,
    loud_windows,
    rehearsed,
)
from engine.classifier.personal.rehearsal import Check, embed
from engine.classifier.personal.store import Kept, PersonalStore, keep_sound
from engine.classifier.personal.stretch import windows_of
from engine.errors import AudioError, ModelError

_REHEARSING = 0.5  # share of the time, of a few corrections


@dataclass(frozen=True)
class Carried:
    """What has come of carrying corrections over.

    Attributes:
        name: of the classifier.
        numbers: of the corrections that were carried over; to be taken back by them.
        followed: how many of their sounds are answered as was said.
        check: of what was right before.
        left: what could not be carried over, in words, and why.
    """

    name: str
    numbers: tuple[int, ...]
    followed: int
    check: Check
    left: tuple[tuple[str, str], ...] = ()


def carry_over(base: Classifier, store: PersonalStore) -> Generator[float, None, Carried]:
    """Learn all corrections of earlier versions again; those stay where they are.

    Args:
        base: the classifier as it is now, without corrections.
        store: where its corrections are kept.

    Yields:
        The share done.

    Raises:
        ModelError: there are none, the classifier cannot be corrected, or they cannot be kept.
    """
    nothing = f"There are no corrections of an earlier version of '{base.card.name}' to carry over."
    wanted = earlier(store, base.card.name, digest_of(base))
    if not wanted:
        raise ModelError(nothing)
    rehearsal = yield from _first_half(rehearsed(base, store))
    heard: dict[tuple[str, str, str], Tensor] = {}
    left: list[tuple[str, str]] = []
    labels = {*base.card.labels, *(one.correction.label for one in wanted)}
    for number, one in enumerate(wanted):
        yield _REHEARSING + (1 - _REHEARSING) * number / len(wanted)
        try:
            heard[one.identity] = _heard(base, one, labels)
        except (AudioError, ModelError) as error:
            left.append((one.correction.words, str(error)))
    with store.changing():
        # Another program may have carried some over meanwhile.
        now = earlier(store, base.card.name, digest_of(base))
        fit = [one for one in now if one.identity in heard]
        numbers, kept = _learned(base, store, fit, heard, rehearsal)
        left += [(one.correction.words, _full(base.card)) for one in fit[len(numbers) :]]
    if kept is None and not left:
        raise ModelError(nothing)  # all were carried over by another program
    if kept is None:
        return Carried(base.card.name, (), 0, Check(0, ()), tuple(left))
    after = corrected(base, kept)
    mine = [c for c in kept.card.corrections if c.number in numbers]
    followed = sum(follows(after, c, kept.corrected[c.number]) for c in mine)
    check = checked_after(base, kept)
    return Carried(base.card.name, tuple(numbers), followed, check, tuple(left))


def _first_half(steps: Generator[float, None, Tensor]) -> Generator[float, None, Tensor]:
    while True:
        try:
            share = next(steps)
        except StopIteration as stop:
            result: Tensor = stop.value
            return result
        yield _REHEARSING * share


def _heard(base: Classifier, one: Earlier, labels: set[str]) -> Tensor:
    """Embeddings of a correction's sound, (windows, size).

    Raises:
        AudioError: its sound is damaged.
        ModelError: its sound is not kept, or says nothing to the classifier as it is now.
    """
    correction, card = one.correction, base.card
    if one.sound is None:
        raise ModelError("Its sound is not kept.")
    if correction.kind == "not" and not labels & set(correction.said):
        raise ModelError(f"'{card.title}' does not have that label now.")
    if correction.kind == "nothing" and card.calibration.gate is None and not card.multi_label:
        raise ModelError(f"'{card.title}' always says one of its labels now.")
    sound = read(one.sound, rate_hz=card.rate_hz, mono=True)
    windows = windows_of(sound.samples[0], card, 0.0, sound.duration_seconds)
    return embed(base, loud_windows(card, windows))


def _learned(
    base: Classifier,
    store: PersonalStore,
    wanted: Sequence[Earlier],
    heard: dict[tuple[str, str, str], Tensor],
    rehearsal: Tensor,
) -> tuple[list[int], Kept | None]:
    """Learn as many of them as there is room for; gives their numbers, and what is kept now."""
    digest = digest_of(base)
    before = store.read(digest)
    there = list(before.card.corrections) if before else []
    embeddings = dict(before.corrected) if before else {}
    first = 1 + max((correction.number for correction in there), default=0)
    new: list[Correction] = []
    for one in wanted[: MOST_CORRECTIONS - len(there)]:
        number = first + len(new)
        new.append(one.correction.model_copy(update={"number": number, "origin": one.origin}))
        embeddings[number] = heard[one.identity]
        if one.sound is not None:
            keep_sound(one.sound, store.sound(digest, number))
    if not new:
        return [], None
    left = before.left if before else None
    kept = learn(base, [*there, *new], embeddings, rehearsal, left)
    store.write(kept)
    return [correction.number for correction in new], kept


def _full(card: Card) -> str:
    return f"There are {MOST_CORRECTIONS} corrections of '{card.title}' already."
