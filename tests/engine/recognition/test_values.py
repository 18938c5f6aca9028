"""A regression reports values: no label is heard, silence has none, exports hold them."""

import json
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from engine.audio.files import AudioInfo, probe
from engine.classifier.rules import Rules
from engine.errors import DataError
from engine.export import EXPORTS, from_csv, from_json
from engine.recognition.decisions import SILENCE, decide, lane
from engine.recognition.timeline import Timeline, concatenate, smooth, summary
from engine.recognition.verdict import FileResult, conclude, verdict_on
from resources import resource

RANGES = ((-1.0, 1.0), (0.0, 100.0))
RULES = Rules(thresholds=(), gate="music", smoothing_seconds=0.0, ranges=RANGES)


def line(values: list[tuple[float, float]], level: list[float] | float = -20.0) -> Timeline:
    count = len(values)
    return Timeline(
        labels=("valence", "arousal"),
        times=np.arange(count) + 0.5,
        probabilities=np.asarray(values, dtype=np.float32).reshape(count, 2),
        presence=np.where(np.broadcast_to(level, count) < -65, 0.0, 1.0).astype(np.float32),
        level_db=np.broadcast_to(np.float32(level), count).copy(),
        window_seconds=1.0,
        hop_seconds=1.0,
        ranges=RANGES,
    )


def info() -> AudioInfo:
    return probe(resource("sounds", "demo.ogg"))


def result(timelines: Mapping[str, Timeline]) -> FileResult:
    return conclude(info(), timelines, dict.fromkeys(timelines, RULES))


def test_no_label_is_heard_but_each_value_is_told() -> None:
    decision = decide(line([(-0.25, 61.5)]), RULES)[0]
    assert decision.heard == ()
    assert decision.verdict == "valence -0.25, arousal 61.5"
    assert [(c.label, c.probability) for c in decision.candidates] == [
        ("valence", -0.25), ("arousal", 61.5),
    ]  # fmt: skip
    assert lane([decision], hop_seconds=1.0) == []


def test_silence_has_no_values() -> None:
    decision = decide(line([(0.9, 90.0)], level=-80.0), RULES)[0]
    assert decision.verdict == SILENCE
    assert all(candidate.reason == SILENCE for candidate in decision.candidates)


def test_the_verdict_is_the_mean_of_what_is_no_silence() -> None:
    timeline = line([(0.5, 10.0), (0.1, 30.0), (-1.0, 100.0)], level=[-20.0, -20.0, -90.0])
    verdict = verdict_on(timeline, decide(timeline, RULES), RULES)
    values = {c.label: c.probability for c in verdict.candidates}
    assert values == pytest.approx({"valence": 0.3, "arousal": 20.0})
    assert verdict.verdict == "valence 0.30, arousal 20.0"
    second = verdict_on(timeline, decide(timeline, RULES), RULES, (1.0, 2.0))
    assert second.candidates[1].probability == pytest.approx(30.0)
    silent = line([(0.5, 10.0)] * 2, level=-90.0)
    assert verdict_on(silent, decide(silent, RULES), RULES).verdict == SILENCE


def test_ranges_stay_with_the_rows() -> None:
    joined = concatenate([line([(0.1, 1.0)]), line([(0.2, 2.0)])])
    assert joined.ranges == RANGES
    assert joined.is_regression
    assert smooth(joined, seconds=2.0).ranges == RANGES
    assert [name for name, _ in summary(joined)] == ["valence", "arousal"]  # not by size


def test_json_holds_dimensions_and_comes_back() -> None:
    timeline = line([(-0.25, 61.5), (0.75, 12.0)])
    text = EXPORTS["json"].write(result({"mood": timeline}))
    content = json.loads(text)["classifiers"]["mood"]
    assert content["timeline"]["dimensions"] == ["valence", "arousal"]
    assert content["timeline"]["values"] == [[-0.25, 61.5], [0.75, 12.0]]
    assert "probabilities" not in content["timeline"]
    assert content["summary"][0] == {"dimension": "valence", "mean": 0.25}
    assert content["verdict"] == {"words": "valence 0.25, arousal 36.8", "missing": ""}
    _, _, back = from_json(text)
    assert back["mood"].ranges == RANGES
    np.testing.assert_allclose(back["mood"].probabilities, timeline.probabilities)


def test_csv_has_a_column_for_each_dimension() -> None:
    text = EXPORTS["csv"].write(result({"mood": line([(-0.25, 61.5)])}))
    head, row = text.splitlines()
    assert head.endswith("valence [-1 to 1],arousal [0 to 100]")
    assert row.endswith("-0.25,61.5")
    np.testing.assert_allclose(from_csv(text)["mood"].probabilities, [[-0.25, 61.5]])


def test_a_csv_read_back_tells_dimensions_from_labels() -> None:
    values = line([(-0.25, 61.5)])
    named = ("valence", "calm", "old [1 to 2]", "old [label]")
    labels = replace(
        values, labels=named, probabilities=np.full((1, 4), 0.5, np.float32), ranges=()
    )
    back = from_csv(EXPORTS["csv"].write(result({"mood": values, "genre": labels})))
    assert (back["mood"].labels, back["mood"].ranges) == (("valence", "arousal"), RANGES)
    assert (back["genre"].labels, back["genre"].is_regression) == (named, False)
    np.testing.assert_allclose(back["mood"].probabilities, [[-0.25, 61.5]])
    np.testing.assert_allclose(back["genre"].probabilities, [[0.5] * 4])
    text = EXPORTS["csv"].write(result({"mood": values})).replace("arousal [0 to 100]", "arousal")
    with pytest.raises(DataError, match="labels and dimensions"):
        from_csv(text)


def test_the_table_says_the_means_once() -> None:
    text = EXPORTS["table"].write(result({"mood": line([(-0.25, 61.5)])}))
    assert "mood: valence -0.25, arousal 61.5" in text
    assert "%" not in text


@pytest.mark.parametrize("form", ["audacity", "raven"])
def test_labels_of_stretches_are_refused(form: str) -> None:
    with pytest.raises(DataError, match=r"values over time.*Export CSV or JSON"):
        EXPORTS[form].write(result({"mood": line([(-0.25, 61.5)])}))
