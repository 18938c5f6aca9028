"""Learning from what the user says of a stretch of sound, and forgetting it again."""

import datetime
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from engine.audio.audio import Audio
from engine.audio.writing import write
from engine.classifier.card import Card
from engine.classifier.classifier import Classifier, level_db
from engine.classifier.personal.applied import corrected
from engine.classifier.personal.card import (
    MOST_CORRECTIONS,
    Correction,
    PersonalCard,
    Said,
    labels_of,
)
from engine.classifier.personal.head import REACH, SHARPNESS, fit, standard
from engine.classifier.personal.rehearsal import (
    Check,
    answers,
    check,
    embed,
    held_out,
    learned_from,
    remember,
)
from engine.classifier.personal.store import MOST_KEPT, Kept, PersonalStore, new_revision
from engine.classifier.personal.stretch import Samples, Stretch, at_rate, trim, windows_of
from engine.classifier.personal.targets import joined, taught, to_stay
from engine.errors import AudioError, ModelError
from engine.networks.personal import nearness, on_sphere

_MOST_TAUGHT = 1500  # corrected windows learned from: more would take seconds


@dataclass(frozen=True)
class Learned:
    """What has come of a correction, or of taking one back.

    Attributes:
        name: of the classifier.
        number: of the correction; 0 where one was taken back.
        count: of the corrections there are now.
        followed: whether the corrected sound is answered as was said.
        check: of what was right before.
        label: what the sound was said to be; empty: only what it is not.
        sound: where the corrected sound is kept, and how long it is; None: one was taken back.
    """

    name: str
    number: int
    count: int
    followed: bool
    check: Check
    label: str = ""
    sound: tuple[Path, float] | None = None


@dataclass(frozen=True)
class Prepared:
    """A stretch, ready to be learned from.

    Attributes:
        corrected: embeddings of its windows, (windows, size).
        around: embeddings of what was heard beside it.
        rehearsal: embeddings of the sounds that Earmark comes with.
        sound: the trimmed stretch, as it is kept.
        heard: a file's name; empty: the microphone.
    """

    corrected: Tensor
    around: Tensor
    rehearsal: Tensor
    sound: Audio
    heard: str


def rehearsed(base: Classifier, store: PersonalStore) -> Generator[float, None, Tensor]:
    """What of the sounds that Earmark comes with is to stay right: kept, or computed now.

    Args:
        base: the classifier, without corrections.
        store: where its corrections are kept.

    Yields:
        The share done.

    Returns:
        Embeddings, (windows, size).

    Raises:
        ModelError: what is kept is damaged, or the classifier cannot be corrected.
    """
    if base.card.is_regression:
        raise ModelError(f"'{base.card.title}' gives numbers: there is no label to correct.")
    kept = store.read(digest_of(base))
    if kept is not None and kept.rehearsal is not None:
        return kept.rehearsal
    return (yield from remember(base))


def prepare(
    base: Classifier, store: PersonalStore, stretch: Stretch, known: Tensor | None = None
) -> Generator[float, None, Prepared]:
    """All that takes time and needs no word of the user's: trim, embed, remember what is right.

    Args:
        base: the classifier that spoke, without corrections.
        store: where its corrections are kept.
        stretch: the sound.
        known: what :func:`rehearsed` gave; None: it is asked now.

    Yields:
        The share done.

    Raises:
        AudioError: there is no such sound, or only silence.
        ModelError: what is kept is damaged, or cannot be written.
    """
    if known is None:
        known = yield from rehearsed(base, store)
    samples = at_rate(stretch, base.card.rate_hz)
    yield 0.1
    begin, end = trim(samples, base.card.rate_hz, stretch.begin, stretch.end)
    windows = loud_windows(base.card, windows_of(samples, base.card, begin, end))
    yield 0.2
    found = embed(base, windows)
    yield 0.4
    around = embed(base, _around(base.card, samples, begin, end))
    rate = stretch.sound.rate_hz
    sound = stretch.sound.samples[:, round(begin * rate) : round(end * rate)]
    return Prepared(found, around, known, Audio(sound, rate), stretch.heard)


def correct(base: Classifier, store: PersonalStore, prepared: Prepared, said: Said) -> Learned:
    """Learn one more correction, and keep it; well under two seconds.

    Raises:
        ModelError: it says nothing that can be learned, or cannot be kept.
    """
    with store.changing():
        before = store.read(digest_of(base))
        corrections = list(before.card.corrections) if before else []
        said = _checked(base.card, labels_of(base.card.labels, corrections), said)
        if len(corrections) >= MOST_CORRECTIONS:
            raise ModelError(
                f"There are {MOST_CORRECTIONS} corrections of '{base.card.title}' already. "
                "Train a classifier of your own with these sounds, or undo some corrections."
            )
        number = 1 + max((correction.number for correction in corrections), default=0)
        correction = Correction(
            number=number,
            kind=said.kind,
            label=said.label,
            said=list(said.said),
            seconds=prepared.sound.duration_seconds,
            heard=prepared.heard[:1000],
            date=datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
        )
        known = before.corrected if before else {}
        left = _left(base, before, prepared, said)
        embeddings = known | {number: prepared.corrected}
        kept = learn(base, [*corrections, correction], embeddings, prepared.rehearsal, left)
        sound = store.sound(digest_of(base), number)
        _write_sound(sound, prepared.sound)
        store.write(kept)
    learned = _learned(base, kept, number)
    return replace(learned, label=said.label, sound=(sound, correction.seconds))


def undo(base: Classifier, store: PersonalStore, numbers: Sequence[int]) -> Learned:
    """Take corrections back and learn from the others alone.

    Raises:
        ModelError: there is none of that number, or it cannot be kept.
    """
    with store.changing():
        before = store.read(digest_of(base))
        there = {c.number for c in before.card.corrections} if before else set()
        if before is None or not there.issuperset(numbers):
            raise ModelError(f"'{base.card.title}' has no such correction. Perhaps it was undone.")
        left = [c for c in before.card.corrections if c.number not in numbers]
        if not left:
            store.forget(digest_of(base))
            return Learned(base.card.name, 0, 0, True, Check(0, ()))
        embeddings = {c.number: before.corrected[c.number] for c in left}
        rehearsal = before.rehearsal
        assert rehearsal is not None
        kept = learn(base, left, embeddings, rehearsal, before.left)
        store.write(kept)
    return _learned(base, kept, 0)


def learn(
    base: Classifier,
    corrections: Sequence[Correction],
    embeddings: dict[int, Tensor],
    rehearsal: Tensor,
    left: Tensor | None,
) -> Kept:
    """The head that all corrections give, the same every time.

    Args:
        base: without corrections.
        corrections: the oldest first.
        embeddings: of each, by its number, (windows, size).
        rehearsal: of sounds that are to be answered as before.
        left: of sounds that the user left as they were named.
    """
    labels = labels_of(base.card.labels, corrections)
    centre, spread = standard(rehearsal)
    several = base.card.multi_label
    most = max(2, _MOST_TAUGHT // len(corrections))
    parts = [taught(base, c, _some(embeddings[c.number], most), labels) for c in corrections]
    points = torch.cat([part.embeddings for part in parts])
    for some in (rehearsal, left):
        if some is not None:
            near = _near(learned_from(some), points, centre, spread)
            parts.append(to_stay(base, near, labels))
    head = fit(joined(parts), centre, spread, several=several)
    card = PersonalCard(
        base=digest_of(base),
        name=base.card.name,
        known=list(base.card.labels),
        labels=labels,
        several=several,
        sharpness=SHARPNESS,
        revision=new_revision(),
        corrections=list(corrections),
    )
    return Kept(card, head, embeddings, rehearsal, left)


def _learned(base: Classifier, kept: Kept, number: int) -> Learned:
    after, latest = corrected(base, kept), kept.card.corrections[-1]
    followed = number == 0 or follows(after, latest, kept.corrected[number])
    found = checked_after(base, kept)
    return Learned(base.card.name, number, len(kept.card.corrections), followed, found)


def checked_after(base: Classifier, kept: Kept) -> Check:
    """What became of remembered answers that were not learned from."""
    remembered = [held_out(some) for some in (kept.rehearsal, kept.left) if some is not None]
    return check(base, corrected(base, kept), torch.cat(remembered))


def follows(after: Classifier, correction: Correction, embeddings: Tensor) -> bool:
    """Whether most of the corrected windows are answered as was said."""
    found, wrong = answers(after, embeddings), set(correction.said)
    if correction.kind == "is":
        right = [correction.label in labels for labels in found]
    else:
        right = [not (labels & wrong if correction.kind == "not" else labels) for labels in found]
    return 2 * sum(right) > len(right)


def _checked(card: Card, labels: Sequence[str], said: Said) -> Said:
    """What was said, by labels, also those that only corrections know, instead of families."""
    label = " ".join(said.label.split())[:200]
    groups = [
        [name] if name in labels else [card.labels[index] for index in card.members(name)]
        for name in said.said
    ]
    # A family that the label belongs to was right.
    named = [name for group in groups if label not in group for name in group]
    wrong = tuple(dict.fromkeys(name for name in named if name != label))
    if said.kind == "is" and not label:
        raise ModelError("Say what it is: choose a class or type a new one.")
    if said.kind == "not" and not wrong:
        raise ModelError("There is no label to take away. Say what the sound is.")
    if said.kind == "nothing" and card.calibration.gate is None and not card.multi_label:
        raise ModelError(
            f"'{card.title}' always says one of its labels. Give the sound a class of its own."
        )
    return replace(said, label=label if said.kind == "is" else "", said=wrong)


def digest_of(base: Classifier) -> str:
    """SHA-256 of the file of a classifier, which its corrections are known by.

    Raises:
        ModelError: it was never saved.
    """
    if base.sha256 is None:
        raise ModelError("Save the classifier before you correct it.")
    return base.sha256


def loud_windows(card: Card, windows: Samples) -> Tensor:
    """Those of a stretch's windows that are not silent.

    Raises:
        AudioError: all are.
    """
    found = torch.from_numpy(windows)
    loud = level_db(found) >= card.calibration.silence_dbfs
    if not loud.any():
        raise AudioError("There is only silence in that stretch. Choose one with sound.")
    return found[loud]


def _around(card: Card, samples: Samples, begin: float, end: float) -> Tensor:
    """Whole windows of what lies beside a stretch, one after the other."""
    length, rate = card.window_samples, card.rate_hz
    before = range(round(begin * rate) - length, -1, -length)
    after = range(round(end * rate), len(samples) - length + 1, length)
    starts = [*reversed(before), *after]
    if not starts:
        return torch.zeros(0, length)
    windows = torch.stack([torch.from_numpy(samples[s : s + length]) for s in starts])
    return windows[level_db(windows) >= card.calibration.silence_dbfs]


def _some(embeddings: Tensor, most: int) -> Tensor:
    """So many of them at most, evenly spread."""
    if len(embeddings) <= most:
        return embeddings
    return embeddings[torch.linspace(0, len(embeddings) - 1, most).round().long()]


def _near(embeddings: Tensor, points: Tensor, centre: Tensor, spread: Tensor) -> Tensor:
    """Those whose answers the points could change."""
    places = on_sphere(embeddings, centre, spread)
    nearest = nearness(places, on_sphere(points, centre, spread), SHARPNESS).amax(1)
    return embeddings[nearest >= REACH]


def _left(base: Classifier, before: Kept | None, prepared: Prepared, said: Said) -> Tensor:
    """What the user heard and left as it was named, the latest last.

    What lies beside a stretch that is corrected counts, where the classifier is sure of something
    else than of what was corrected: the rest may be the same mistake.
    """
    mine = corrected(base, before) if before else base
    meant = {*said.said, said.label}
    found = [
        row
        for row, labels in zip(prepared.around, answers(mine, prepared.around), strict=True)
        if labels and not labels & meant
    ]
    old = before.left if before and before.left is not None else prepared.around[:0]
    return torch.cat([old, *(row[None] for row in found)])[-MOST_KEPT:]


def _write_sound(path: Path, sound: Audio) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ModelError(f"The corrected sound cannot be saved: {error.strerror}.") from error
    write(path, sound)
