"""The one line: which classifier leads, who steps back, and what is said instead."""

import pytest

from engine.classifier.card import Card
from engine.classifier.catalog import Catalog
from engine.classifier.rules import Rules
from engine.recognition.decisions import Candidate, Decision
from engine.recognition.said.answer import Answer, Answerer
from engine.recognition.said.headline import applies, headline, lateness, leading, waiting
from engine.recognition.said.together import ALONE, TOGETHER


@pytest.fixture(scope="module")
def cards() -> dict[str, Card]:
    return {name: Catalog().find(name).card for name in ("genre", "instrument", "composer")}


def _answer(label: str, chance: float = 0.9, heard: bool = True, absent: str = "") -> Answer:
    answerer, found = Answerer(Rules((0.5,))), None
    for row in range(8):
        candidate = Candidate(label, chance, heard, "", threshold=0.5)
        made = Decision(row / 4, (label,) if heard else (), label, (candidate,), absent)
        found = answerer.push([made])
    assert found is not None
    return found


def test_instruments_lead_unless_one_chooses(cards: dict[str, Card]) -> None:
    assert leading(cards) == "instrument"
    assert leading(cards, "genre") == "genre"
    assert leading(cards, "gone") == "instrument"
    assert leading({"genre": cards["genre"]}) == "genre"
    assert leading({}) == ""


def test_the_two_for_instruments_lead_as_one() -> None:
    both = {name: Catalog().find(name).card for name in ("genre", TOGETHER, ALONE)}
    assert leading(both) == leading(both, TOGETHER) == ALONE
    assert leading({TOGETHER: both[TOGETHER]}, TOGETHER) == TOGETHER


def test_who_can_say_nothing_steps_back(cards: dict[str, Card]) -> None:
    music, own = (
        cards["instrument"],
        cards["instrument"].model_copy(
            update={
                "calibration": cards["instrument"].calibration.model_copy(update={"gate": None})
            }
        ),
    )
    for situation in ("speech", "noise"):
        assert not applies(music, situation)
        assert applies(own, situation)
        assert situation in waiting(music, situation, 60.0)
    assert not applies(own, "silence")
    assert applies(music, "music")
    assert waiting(music, "music", 0.0) == ""


def test_long_windows_tell_how_far_they_are(cards: dict[str, Card]) -> None:
    composer = cards["composer"]
    assert waiting(composer, "music", 8.3) == "listening: 8 of 12 s"
    assert waiting(composer, "music", 13.0) == ""
    assert waiting(composer, "speech", 8.3) != "listening: 8 of 12 s"


def test_the_leader_is_large_and_others_stand_beside(cards: dict[str, Card]) -> None:
    answers = {"instrument": _answer("cello"), "genre": _answer("classical", 0.6)}
    waits = {"instrument": "", "genre": "", "composer": "listening: 8 of 12 s"}
    found = headline("music", answers, cards, "instrument", waits)
    assert (found.words, found.named) == ("cello", True)
    beside = (("Genre", "probably classical"), ("Composer", "listening: 8 of 12 s"))
    assert found.aside == beside
    assert headline("music", answers, cards, "genre", waits).words == "probably classical"


def test_without_a_name_the_kind_of_sound_is_said(cards: dict[str, Card]) -> None:
    answers = {"instrument": _answer("cello", 0.1, heard=False, absent="not music")}
    for situation in ("silence", "speech", "noise"):
        waits = {name: waiting(card, situation, 60.0) for name, card in cards.items()}
        found = headline(situation, answers, cards, "instrument", waits)
        assert (found.words, found.named, found.note) == (situation, False, "")
        assert {words for _, words in found.aside} == {""}  # their places stay
    early = headline("", {}, cards, "instrument", dict.fromkeys(cards, ""))
    assert early.words == "listening..."


def test_unknown_says_what_it_might_be(cards: dict[str, Card]) -> None:
    answers = {"instrument": _answer("cello", 0.3, heard=False)}
    found = headline("music", answers, cards, "instrument", dict.fromkeys(cards, ""))
    assert (found.words, found.note) == ("unknown", "maybe cello")


def test_late_answers_are_said_in_words() -> None:
    assert lateness(0.1, 0, [0.25]) == ""
    assert lateness(3.2, 0, [0.25]) == "The answer is 3 s late: this computer is busy."
    assert lateness(0.1, 60, [0.25, 0.5]).startswith("This computer is busy: 10 s of sound")
