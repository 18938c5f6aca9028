"""Silence, speech, noise or music: told from level, speech and gates, and held."""

import random
from itertools import pairwise

import pytest

from engine.classifier.card import Card
from engine.classifier.catalog import Catalog
from engine.recognition.decisions import Decision
from engine.recognition.said.situation import SituationDecider

STEP = 0.05


@pytest.fixture(scope="module")
def cards() -> dict[str, Card]:
    return {name: Catalog().find(name).card for name in ("instrument", "genre")}


def decided(instrument: float, genre: float, at: float = 0.0) -> dict[str, Decision]:
    presences = {"instrument": instrument, "genre": genre}
    return {name: Decision(at, (), "", (), "", value) for name, value in presences.items()}


def settle(
    decider: SituationDecider,
    cards: dict[str, Card],
    *,
    level: float = -20.0,
    speech: float = 0.0,
    music: float = 0.0,
    begin: float = 0.0,
) -> str:
    found = ""
    for step in range(60):
        at = begin + STEP * step
        found = decider.push(at, level, speech, decided(music, music, at), cards)
    return found


def test_each_kind_is_told(cards: dict[str, Card]) -> None:
    assert settle(SituationDecider(), cards, level=-90.0, music=0.9) == "silence"
    assert settle(SituationDecider(), cards, music=0.9, speech=0.9) == "music"
    assert settle(SituationDecider(), cards, speech=0.9) == "speech"
    assert settle(SituationDecider(), cards) == "noise"


def test_nobody_tells_music_without_a_gate(cards: dict[str, Card]) -> None:
    decider = SituationDecider()
    assert decider.push(0.0, -20.0, 0.0, {}, cards) == ""  # no answer has come yet
    assert SituationDecider().push(0.0, -20.0, 0.0, {}, {}) == "sound"
    assert SituationDecider().push(0.0, -20.0, 0.9, {}, {}) == "speech"


def test_the_shortest_window_decides(cards: dict[str, Card]) -> None:
    decider = SituationDecider()
    assert decider.push(0.0, -20.0, 0.9, decided(0.1, 0.9), cards) == "speech"


def test_it_holds_for_a_second(cards: dict[str, Card]) -> None:
    draw, decider = random.Random(1), SituationDecider()
    told: list[tuple[float, str]] = []
    for step in range(4000):
        at = STEP * step
        level = draw.choice([-90.0, -20.0])
        found = decider.push(at, level, draw.random(), decided(draw.random(), 0.0, at), cards)
        if not told or told[-1][1] != found:
            told.append((at, found))
    assert all(b[0] - a[0] >= 1.0 - 1e-6 for a, b in pairwise(told))


def test_speech_is_not_called_noise_before_it_is_known(cards: dict[str, Card]) -> None:
    decider = SituationDecider()
    settle(decider, cards, level=-90.0)
    told = {
        decider.push(at, -20.0, 0.9 if n > 18 else 0.0, decided(0.0, 0.0, at), cards)
        for n, at in enumerate(4.0 + STEP * n for n in range(60))
    }
    assert told == {"silence", "speech"}


def test_answers_that_are_late_tell_nothing_of_now(cards: dict[str, Card]) -> None:
    decider = SituationDecider()
    assert settle(decider, cards, music=0.9) == "music"
    for step in range(200):  # ten seconds in which the analysis says nothing new
        late = decided(0.0, 0.0, 2.9)
        assert decider.push(9.0 + STEP * step, -20.0, 0.0, late, cards) == "music"
    assert decider.push(19.0, -90.0, 0.0, decided(0.0, 0.0, 2.9), cards) == "music"  # it holds
    assert settle(decider, cards, level=-90.0, begin=20.0) == "silence"
    assert SituationDecider().push(9.0, -20.0, 0.9, decided(0.9, 0.9, 2.0), cards) == ""


def test_answers_that_are_some_seconds_late_still_count(cards: dict[str, Card]) -> None:
    decider = SituationDecider()
    settle(decider, cards, music=0.9)
    for step in range(200):
        at = 3.0 + STEP * step
        found = decider.push(at, -20.0, 0.9, decided(0.0, 0.0, max(2.9, at - 3.7)), cards)
    assert found == "speech"
