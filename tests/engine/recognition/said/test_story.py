"""One sentence in the order of time."""

import random
import time

from engine.recognition.decisions import Segment
from engine.recognition.said.story import in_time_order


def lane(*parts: tuple[float, float, str]) -> list[Segment]:
    return [Segment(start, end, label, 0.9) for start, end, label in parts]


def told(*parts: tuple[float, float, str], until: float = 32.0) -> str:
    return in_time_order({"instrument": lane(*parts)}, (0.0, until))


def test_what_follows_and_what_sounds_together() -> None:
    assert told((0, 8, "piano"), (8, 16, "cello"), (9, 16, "flute"), (16, 24, "voice")) == (
        "piano, then cello and flute, then voice"
    )


def test_gaps_in_one_label_are_not_told_and_short_stretches_neither() -> None:
    assert told((0, 8, "piano"), (9, 16, "piano"), (16, 16.5, "flute")) == "piano"
    assert told((0, 0.5, "piano")) == ""
    assert told() == ""


def test_phrases_of_a_long_sound_are_told() -> None:
    parts = [(30.0 * n, 30.0 * n + 6, "piano") for n in range(4)]
    parts += [(30.0 * n + 6, 30.0 * n + 29, "cello") for n in range(4)]
    assert told(*parts, until=240.0).startswith("piano, then cello, then piano")


def test_what_the_leading_classifier_heard_too_shortly_is_no_gap_of_its() -> None:
    lanes = {
        "instrument": lane((0, 5, "piano"), (5, 8.5, "guitar"), (9.2, 130, "cello")),
        "genre": lane((5, 9.2, "rock")),
    }
    assert in_time_order(lanes, (0.0, 40.0)) == "piano, then guitar, then cello"
    assert in_time_order(lanes, (0.0, 130.0)) == "piano, then cello"


def test_where_the_leading_classifier_heard_nothing_the_next_one_is_told() -> None:
    lanes = {
        "instrument": lane((0, 8, "piano")),
        "genre": lane((0, 8, "classical"), (8, 16, "rock")),
    }
    assert in_time_order(lanes, (0.0, 16.0)) == "piano, then rock"
    assert in_time_order(lanes, (8.0, 16.0)) == "rock"


def test_a_stretch_has_its_own_sentence() -> None:
    lanes = {"instrument": lane((0, 8, "piano"), (8, 16, "cello"))}
    assert in_time_order(lanes, (0.0, 7.0)) == "piano"
    assert in_time_order(lanes, (4.0, 12.0)) == "piano, then cello"


def test_many_changes_are_counted() -> None:
    parts = [(2.0 * n, 2.0 * n + 2, f"label {n}") for n in range(10)]
    words = told(*parts, until=20.0)
    assert words.startswith("label 0, then label 1")
    assert words.endswith("4 more changes")


def test_a_sentence_of_hours_takes_no_time() -> None:
    """The window makes one whenever somebody selects; by comparing all with all it took seconds."""
    draw = random.Random(1)
    starts = [draw.uniform(0.0, 7200.0) for _ in range(6000)]
    lanes = {
        name: [Segment(start, start + 3.0, draw.choice("pqrs"), 0.9) for start in starts[n::3]]
        for n, name in enumerate(("instrument", "genre", "mood"))
    }
    begun = time.process_time()
    in_time_order(lanes, (0.0, 7200.0))
    assert time.process_time() - begun < 0.8
