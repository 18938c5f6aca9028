"""One answer of the two classifiers for instruments: alone and together."""

import time
from dataclasses import replace

import pytest

from engine.classifier.card import Card
from engine.classifier.catalog import Catalog
from engine.recognition.decisions import Segment
from engine.recognition.said.answer import Answer, Named, phrase
from engine.recognition.said.headline import headline
from engine.recognition.said.together import (
    ALONE,
    TOGETHER,
    as_one,
    quiet,
    several,
    told_once,
)

BOTH = (ALONE, TOGETHER, "genre")


@pytest.fixture(scope="module")
def cards() -> dict[str, Card]:
    return {name: Catalog().find(name).card for name in BOTH}


def answer(*labels: str, sure: bool = True) -> Answer:
    certainty = "sure" if sure else "probable"
    named = tuple(Named(label, certainty, 0.9, 0.0, 1.0) for label in labels)  # type: ignore[arg-type]
    return Answer(1.0, named, phrase(named) or "unknown", (), (), "")


@pytest.mark.parametrize(
    ("labels", "more"),
    [
        (["cello", "violin", "strings"], False),
        (["flute", "violin"], False),
        (["voice", "male voice", "choir"], False),
        (["guitar", "piano"], False),
        (["sitar", "strings"], False),
        (["guitar", "voice"], True),
        (["drums", "synth"], True),
        (["piano", "violin"], True),
        ([], False),
    ],
)
def test_what_one_player_is_taken_for_are_not_several(labels: list[str], more: bool) -> None:
    assert several(labels) is more


def test_all_labels_but_the_sitar_are_of_some_kind(cards: dict[str, Card]) -> None:
    for label in cards[TOGETHER].labels:
        partner = "drums" if label != "drums" else "synth"
        assert several([label, partner]) == (label != "sitar")


def test_several_speak_together_unless_one_is_surely_alone() -> None:
    band = answer("guitar", "voice")
    assert quiet({ALONE: answer(), TOGETHER: band}, BOTH) == ALONE
    assert quiet({ALONE: answer("cello", sure=False), TOGETHER: band}, BOTH) == ALONE
    assert quiet({ALONE: answer("cello"), TOGETHER: band}, BOTH) == TOGETHER
    assert quiet({ALONE: answer(), TOGETHER: answer("flute", "violin")}, BOTH) == TOGETHER
    assert quiet({TOGETHER: band}, BOTH) == ALONE
    assert quiet({}, BOTH) == TOGETHER


def test_without_both_each_has_its_say() -> None:
    band = answer("guitar", "voice")
    assert quiet({ALONE: answer(), TOGETHER: band}, (TOGETHER, "genre")) == ""
    assert quiet({ALONE: answer("cello"), "genre": answer("rock")}, (ALONE, "genre")) == ""


@pytest.mark.parametrize("lead", [ALONE, TOGETHER])
def test_the_large_answer_is_of_the_two(cards: dict[str, Card], lead: str) -> None:
    answers = {TOGETHER: answer("guitar", "voice"), "genre": answer("rock")}
    waits = dict.fromkeys(cards, "")
    band = headline("music", answers | {ALONE: answer()}, cards, lead, waits)
    assert (band.words, band.by) == ("guitar and a voice", TOGETHER)
    solo = headline("music", answers | {ALONE: answer("cello")}, cards, lead, waits)
    assert (solo.words, solo.by) == ("cello", ALONE)
    # Who has no say stands nowhere: it would contradict the answer.
    assert band.aside == solo.aside == (("Genre", "rock"),)
    beside = headline("music", answers | {ALONE: answer("cello")}, cards, "genre", waits)
    assert (beside.by, beside.aside) == ("genre", ((cards[ALONE].title, "cello"),))


def test_what_says_less_is_not_told() -> None:
    found = told_once(answer("guitar", "voice", "male voice"))
    assert [one.label for one in found.named] == ["guitar", "male voice"]
    assert found.words == "guitar and male voice"
    same = answer("guitar", "voice")
    assert told_once(same) is same


def test_what_is_less_sure_is_not_told_instead() -> None:
    sure, perhaps = answer("guitar", "voice"), answer("female voice", "male voice", sure=False)
    named = (*sure.named, *perhaps.named)
    found = told_once(replace(sure, named=named, words=phrase(named)))
    assert [one.label for one in found.named] == ["guitar", "voice"]
    assert found.words == "guitar and a voice"


def test_lanes_are_cut_where_the_other_one_answers() -> None:
    lanes = {
        ALONE: [Segment(0, 10, "double bass", 0.7), Segment(20, 30, "cello", 0.95)],
        TOGETHER: [
            Segment(2, 8, "guitar", 0.8),
            Segment(4, 9, "voice", 0.7),
            Segment(22, 28, "violin", 0.9),
            Segment(21, 29, "guitar", 0.9),
        ],
        "genre": [Segment(0, 30, "rock", 0.9)],
    }
    found = as_one(lanes)
    assert list(found) == list(lanes)
    assert found["genre"] == lanes["genre"]
    assert found[TOGETHER] == [Segment(4, 8, "guitar", 0.8), Segment(4, 8, "voice", 0.7)]
    assert found[ALONE] == [
        Segment(0, 4, "double bass", 0.7),
        Segment(8, 10, "double bass", 0.7),
        Segment(20, 30, "cello", 0.95),
    ]
    alone = {ALONE: lanes[ALONE], "genre": lanes["genre"]}
    assert as_one(alone) == alone


def test_lanes_of_two_hours_are_one_at_once() -> None:
    alone = [Segment(i * 5.0, i * 5.0 + 4, "cello", 0.9 if i % 3 else 0.6) for i in range(1440)]
    band = [
        Segment(i * 6.0 + j, i * 6.0 + j + 4.5, label, 0.8)
        for i in range(1200)
        for j, label in enumerate(("guitar", "voice", "drums", "piano"))
    ]
    begun = time.process_time()
    found = as_one({ALONE: alone, TOGETHER: band})
    assert time.process_time() - begun < 1  # the window waits for it
    assert len(found[TOGETHER]) > 1000


def test_where_one_follows_another_there_are_not_several() -> None:
    lanes = {
        ALONE: [Segment(0, 7.7, "piano", 0.9), Segment(8.2, 16, "cello", 0.95)],
        TOGETHER: [Segment(1, 8.1, "piano", 0.7), Segment(7.8, 16, "cello", 0.8)],
    }
    assert as_one(lanes) == {ALONE: lanes[ALONE], TOGETHER: []}
