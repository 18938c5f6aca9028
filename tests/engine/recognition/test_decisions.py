"""Decisions: honest about silence, doubt and confirmation, and the same live as whole."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.classifier.rules import Rules
from engine.recognition.decisions import SILENCE, UNCERTAIN, Decider, decide, segments
from engine.recognition.timeline import Timeline, rows

RULES = Rules(thresholds=(0.5, 0.5), gate="music", smoothing_seconds=0.0)


def line(
    values: list[tuple[float, float]],
    presence: float | list[float] = 1.0,
    level: float | list[float] = -20.0,
) -> Timeline:
    count = len(values)
    return Timeline(
        labels=("piano", "flute"),
        times=np.arange(count) * 0.5 + 1.5,
        probabilities=np.asarray(values, dtype=np.float32).reshape(count, 2),
        presence=np.broadcast_to(np.float32(presence), count).copy(),
        level_db=np.broadcast_to(np.float32(level), count).copy(),
        window_seconds=3.0,
        hop_seconds=0.5,
    )


def test_two_of_three_windows_confirm() -> None:
    heard = [d.heard for d in decide(line([(0.9, 0), (0.1, 0), (0.9, 0), (0.9, 0)]), RULES)]
    assert heard == [(), (), ("piano",), ("piano",)]


def test_an_unconfirmed_candidate_says_so() -> None:
    first = decide(line([(0.9, 0.1)]), RULES)[0]
    assert first.verdict == UNCERTAIN
    assert first.candidates[0].reason == "not yet in 2 of 3 windows"
    assert first.candidates[1].reason == "below its threshold of 50 %"


def test_hysteresis_holds_a_label_a_little_under_its_threshold() -> None:
    values = [(0.9, 0), (0.9, 0), (0.4, 0), (0.36, 0), (0.3, 0), (0.4, 0)]
    heard = [bool(d.heard) for d in decide(line(values), RULES)]
    assert heard == [False, True, True, True, False, False]


def test_silence_noise_and_doubt_are_told_apart() -> None:
    assert decide(line([(0.9, 0.9)] * 3, level=-80.0), RULES)[-1].verdict == SILENCE
    assert decide(line([(0.9, 0.9)] * 3, presence=0.2), RULES)[-1].verdict == "not music"
    assert decide(line([(0.3, 0.2)] * 3), RULES)[-1].verdict == UNCERTAIN


def test_several_or_one_at_once() -> None:
    both = line([(0.7, 0.9)] * 4)
    assert decide(both, RULES)[-1].heard == ("flute", "piano")
    one = decide(both, replace(RULES, several=False))[-1]
    assert one.heard == ("flute",)
    assert one.candidates[1].reason == "another label is more probable"


FAMILIES = replace(RULES, several=False, families=("keys", "keys"), family_threshold=0.6)


def test_where_no_label_is_sure_its_family_is_heard() -> None:
    unsure = decide(line([(0.35, 0.4)] * 3), FAMILIES)
    assert [d.heard for d in unsure] == [(), ("keys",), ("keys",)]
    assert unsure[-1].candidates[0].probability == pytest.approx(0.75)
    assert decide(line([(0.2, 0.3)] * 3), FAMILIES)[-1].heard == ()
    assert decide(line([(0.35, 0.4)] * 3, presence=0.1), FAMILIES)[-1].heard == ()
    assert decide(line([(0.2, 0.7)] * 3), FAMILIES)[-1].heard == ("flute",)


def test_segments_reach_from_the_start_to_the_end() -> None:
    found = segments(
        decide(line([(0.9, 0)] * 4), replace(RULES, needed=1)),
        hop_seconds=0.5,
        duration_seconds=5.0,
    )
    assert [(s.start_seconds, s.end_seconds, s.label) for s in found] == [(0.0, 5.0, "piano")]
    assert abs(found[0].mean_probability - 0.9) < 1e-6


def test_short_pauses_are_bridged_and_short_stretches_dropped() -> None:
    values = [(0.9, 0)] * 3 + [(0.0, 0)] + [(0.9, 0.9)] + [(0.9, 0)] * 2
    decisions = decide(line(values), replace(RULES, needed=1, of=1))
    assert len(segments(decisions, hop_seconds=0.5)) == 3
    joined = segments(decisions, hop_seconds=0.5, bridge_seconds=0.5, least_seconds=1.0)
    assert [s.label for s in joined] == ["piano"]


probabilities = st.tuples(st.floats(0, 1), st.floats(0, 1))


@given(st.lists(probabilities, min_size=1, max_size=40), st.integers(1, 9), st.booleans())
def test_row_by_row_is_the_whole(
    values: list[tuple[float, float]], step: int, several: bool
) -> None:
    rules = replace(RULES, several=several, smoothing_seconds=1.0)
    whole = line(values)
    decider = Decider(whole.labels, rules)
    parts = [decider.push(rows(whole, slice(i, i + step))) for i in range(0, len(whole), step)]
    assert [d for part in parts for d in part] == decide(whole, rules)


@given(st.lists(probabilities, min_size=1, max_size=40))
def test_segments_of_a_label_never_overlap_and_stay_inside(
    values: list[tuple[float, float]],
) -> None:
    whole = line(values)
    end = float(whole.times[-1]) + 1.5
    found = segments(decide(whole, RULES), hop_seconds=0.5, duration_seconds=end)
    for label in whole.labels:
        own = [s for s in found if s.label == label]
        for before, after in pairwise(own):
            assert before.end_seconds <= after.start_seconds + 1e-9
    assert all(0 <= s.start_seconds < s.end_seconds <= end + 1e-9 for s in found)
    assert all(0 <= s.mean_probability <= 1 for s in found)
