"""The one line that matters: what is heard, said by the classifier that leads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.recognition.said.answer import Answer
from engine.recognition.said.situation import Situation
from engine.recognition.said.together import ALONE, TOGETHER, other, quiet

if TYPE_CHECKING:
    from engine.classifier.card import Card

_WORDS: dict[Situation, str] = {
    "": "listening...",
    "silence": "silence",
    "speech": "speech",
    "noise": "noise",
    "music": "",
    "sound": "",
}
_LONG_SECONDS = 5.0  # windows from which on it is told how far the first one has come
_LATE_SECONDS = 1.0


@dataclass(frozen=True)
class Headline:
    """What is said of this moment.

    Attributes:
        words: the answer, or what is heard instead of music.
        named: whether the words name labels.
        note: what there is to say beside it; empty: nothing.
        aside: title and words of each other classifier; no words: it has nothing to say.
        by: the classifier whose words they are; empty: there is none.
    """

    words: str
    named: bool
    note: str
    aside: tuple[tuple[str, str], ...]
    by: str = ""


def leading(cards: "Mapping[str, Card]", chosen: str = "") -> str:
    """The classifier whose answer is the large one: the chosen, else the first for instruments.

    Args:
        cards: of those that listen, in their order.
        chosen: by the user; empty: none.

    Returns:
        Empty: there is none. Of the two for instruments, which answer as one, the first.
    """
    instruments = [name for name, card in cards.items() if card.task == "instrument"]
    found = chosen if chosen in cards else next(iter([*instruments, *cards]), "")
    return ALONE if found == TOGETHER and ALONE in cards else found


def applies(card: "Card", situation: Situation) -> bool:
    """Whether a classifier has anything to say about such a sound."""
    if situation == "silence":
        return False
    return card.calibration.gate is None or situation not in ("speech", "noise")


def waiting(card: "Card", situation: Situation, heard_seconds: float) -> str:
    """Why a classifier says nothing about what is heard now; empty: it does.

    Args:
        card: of the classifier.
        situation: what is heard.
        heard_seconds: for how long something that it applies to has been heard without a gap.
    """
    if not applies(card, situation):
        return "silence" if situation == "silence" else f"for music only; this is {situation}"
    seconds = card.window_samples / card.rate_hz
    if seconds >= _LONG_SECONDS and heard_seconds < seconds:
        return f"listening: {int(heard_seconds)} of {int(seconds)} s"
    return ""


def headline(
    situation: Situation,
    answers: Mapping[str, Answer],
    cards: "Mapping[str, Card]",
    lead: str,
    waits: Mapping[str, str],
) -> Headline:
    """What is said of this moment.

    Args:
        situation: what kind of sound is heard.
        answers: of the classifiers that have given one.
        cards: of all of them.
        lead: the one that leads; of the two for instruments the one that answers now does.
        waits: why one of them says nothing; empty: it does.
    """
    none = quiet(answers, cards)
    by = other(lead) if lead == none else lead
    aside = tuple(
        (card.title, _aside(answers.get(name), waits.get(name, "")))
        for name, card in cards.items()
        if name not in (by, none)
    )
    answer = answers.get(by)
    if answer is None or waits.get(by):
        words = _WORDS[situation] or waits.get(by, "") or "listening..."
        return Headline(words, named=False, note="", aside=aside, by=by)
    words = answer.words
    if not answer.named and (answer.absent or situation in ("silence", "speech", "noise")):
        words = _WORDS[situation]  # the same word as over the panels, at the same time
    told = bool(answer.named)
    return Headline(words or "listening...", told, "" if told else answer.guess, aside, by)


def _aside(answer: Answer | None, wait: str) -> str:
    """What a classifier says that does not lead: only what it names, or how far it is."""
    if wait.startswith("listening"):
        return wait
    return answer.words if answer is not None and answer.named and not wait else ""


def panel_words(answer: Answer) -> str:
    """What a classifier's own panel says; that nothing can be heard is said over all panels."""
    return "" if answer.absent and not answer.named else answer.words


def lateness(latency_seconds: float, skipped_windows: int, hops: Sequence[float]) -> str:
    """That the answers come late, in words; empty: they come in time.

    Args:
        latency_seconds: of the newest answer.
        skipped_windows: that were passed over in the last seconds.
        hops: seconds from row to row of each classifier.
    """
    if skipped_windows > 0 and hops:
        seconds = skipped_windows / sum(1 / hop for hop in hops)
        return (
            f"This computer is busy: {max(1.0, seconds):.0f} s of sound were not analysed. "
            "Pictures and recordings are complete."
        )
    if latency_seconds > _LATE_SECONDS:
        return f"The answer is {latency_seconds:.0f} s late: this computer is busy."
    return ""
