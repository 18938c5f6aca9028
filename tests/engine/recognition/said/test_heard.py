"""The log of what was heard."""

import pytest

from engine.classifier.rules import Rules
from engine.recognition.decisions import Candidate, Decision
from engine.recognition.said.answer import Answerer
from engine.recognition.said.heard import Heard, HeardLog

HOP = 0.25


def _decision(second: float, label: str) -> Decision:
    candidates = [Candidate(x, 0.9 if x == label else 0.05, x == label, "") for x in "ab"]
    return Decision(second, (label,) if label else (), label, tuple(candidates))


def test_each_label_is_one_entry_from_when_it_was_said_until_it_was_not() -> None:
    log, answerer = HeardLog(), Answerer(Rules((0.5, 0.5), several=False))
    entries: dict[int, Heard] = {}
    sounds = ["a"] * 12 + [""] * 12 + ["b"] * 8 + ["a"] * 8
    for number, label in enumerate(sounds):
        answer = answerer.push([_decision(HOP * number, label)])
        assert answer is not None
        for entry in log.push({"mine": answer}, {"mine": HOP}):
            entries[entry.number] = entry
    assert [entry.label for entry in entries.values()] == ["a", "b", "a"]
    assert [entry.goes_on for entry in entries.values()] == [False, False, True]
    first, second, third = entries.values()
    assert first.start_seconds == 0.0
    assert first.end_seconds == pytest.approx(11.5 * HOP)  # without the pause after it
    assert second.start_seconds == pytest.approx(24 * HOP - HOP / 2)
    assert third.end_seconds == pytest.approx((len(sounds) - 0.5) * HOP)
    assert first.probability > 0.7
    assert second.classifier == "mine"


def test_what_has_not_changed_is_not_told() -> None:
    log, answerer = HeardLog(), Answerer(Rules((0.5, 0.5), several=False))
    answer = answerer.push([_decision(0.0, "a")])
    assert answer is not None
    assert len(log.push({"mine": answer}, {"mine": HOP})) == 1
    assert log.push({}, {"mine": HOP}) == []
