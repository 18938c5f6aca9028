"""What a whole file is: means and what was heard in it decide together, stretches by themselves."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.audio.files import AudioInfo
from engine.classifier.rules import Rules
from engine.recognition.decisions import SILENCE, Decision, decide
from engine.recognition.timeline import Timeline, rows
from engine.recognition.verdict import FileResult, conclude, verdict_on

RULES = Rules(thresholds=(0.5, 0.5), gate="music", smoothing_seconds=0.0)
FAMILIES = replace(RULES, several=False, families=("keys", "keys"), family_threshold=0.6)


def line(
    values: list[tuple[float, float]],
    presence: float | list[float] = 1.0,
    level: float | list[float] = -20.0,
) -> Timeline:
    count = len(values)
    return Timeline(
        labels=("piano", "flute"),
        times=np.arange(count) * 0.5 + 0.5,
        probabilities=np.asarray(values, dtype=np.float32).reshape(count, 2),
        presence=np.broadcast_to(np.float32(presence), count).copy(),
        level_db=np.broadcast_to(np.float32(level), count).copy(),
        window_seconds=1.0,
        hop_seconds=0.5,
    )


def verdict(
    timeline: Timeline, rules: Rules = RULES, stretch: tuple[float, float] | None = None
) -> Decision:
    return verdict_on(timeline, decide(timeline, rules), rules, stretch)


def test_what_is_heard_throughout_is_the_verdict() -> None:
    found = verdict(line([(0.9, 0.1)] * 6))
    assert found.heard == ("piano",)
    assert found.verdict == "piano"
    assert [c.label for c in found.candidates] == ["piano", "flute"]
    assert found.candidates[0].probability == pytest.approx(0.9)
    assert found.candidates[1].reason == "below its threshold of 50 %"


def test_a_short_stretch_is_not_the_whole() -> None:
    values = [(0.9, 0.1)] * 3 + [(0.1, 0.1)] * 9
    found = verdict(line(values))
    assert found.heard == ()
    assert found.verdict == "no clear label"
    # The last row's own reason comes first; where it has none, the part of the time is the reason.
    ending = verdict(line(values[::-1]))
    assert ending.candidates[0].label == "piano"
    assert ending.candidates[0].reason == "only in part of the sound"


def test_the_mean_alone_is_not_enough() -> None:
    # Over its threshold in each second row: never confirmed, though the mean would do.
    found = verdict(line([(0.9, 0), (0.2, 0), (0.2, 0)] * 4), replace(RULES, release=0.5))
    assert found.heard == ()
    assert found.candidates[0].probability == pytest.approx(1.3 / 3)


def test_the_release_keeps_what_fades() -> None:
    values = [(0.6, 0)] * 2 + [(0.3, 0)] * 8  # mean 0.36: over 0.7 times 0.5
    assert verdict(line(values)).heard == ("piano",)
    assert verdict(line(values), replace(RULES, release=0.8)).heard == ()


def test_silence_and_what_is_no_music_are_named() -> None:
    assert verdict(line([(0.9, 0)] * 4, level=-90.0)).verdict == SILENCE
    assert verdict(line([(0.1, 0)] * 4, presence=0.1)).verdict == "not music"


def test_silence_before_the_music_counts_nothing() -> None:
    values = [(0.0, 0.0)] * 12 + [(0.9, 0.0)] * 4
    found = verdict(line(values, presence=[0.0] * 12 + [1.0] * 4))
    assert found.heard == ("piano",)
    assert found.candidates[0].probability == pytest.approx(0.9)


def test_a_family_is_the_verdict_where_no_label_is_sure() -> None:
    found = verdict(line([(0.35, 0.4)] * 5), FAMILIES)
    assert found.heard == ("keys",)
    assert found.candidates[0].probability == pytest.approx(0.75)
    assert verdict(line([(0.1, 0.9)] * 5), FAMILIES).heard == ("flute",)


def test_a_stretch_is_judged_by_its_own_rows() -> None:
    values = [(0.9, 0.0)] * 5 + [(0.0, 0.9)] * 5
    whole = line(values)
    assert verdict(whole, stretch=(0.0, 2.6)).heard == ("piano",)
    # Its first row is not confirmed yet, but it lies in a stretch where flute is.
    assert verdict(whole, stretch=(3.0, 9.0)).heard == ("flute",)
    assert verdict(whole).heard == ("piano", "flute")


def test_a_stretch_between_two_rows_takes_the_nearest() -> None:
    values = [(0.9, 0.0)] * 5 + [(0.0, 0.9)] * 5
    assert verdict(line(values), stretch=(4.55, 4.6)).heard == ("flute",)


def test_no_rows_no_words() -> None:
    empty = rows(line([(0.9, 0)]), slice(0, 0))
    assert verdict(empty) == Decision(0.0, (), "", ())


def test_a_file_gets_lanes_and_verdicts_of_all_its_classifiers() -> None:
    values = [(0.9, 0.0)] * 4 + [(0.1, 0.0)] + [(0.9, 0.0)] * 4  # a pause of half a second
    timelines = {"a": line(values), "b": line([(0.1, 0.2)] * 3)}
    info = AudioInfo(Path("x.wav"), 6.0, 44100, 2, "WAV")
    rules = {"a": replace(RULES, needed=1, of=1), "b": RULES}
    found = conclude(info, timelines, rules)
    assert isinstance(found, FileResult)
    assert [(s.start_seconds, s.end_seconds, s.label) for s in found.lanes["a"]] == [
        (0.0, 6.0, "piano")
    ]
    assert found.lanes["b"] == []
    assert {name: verdict.heard for name, verdict in found.verdicts.items()} == {
        "a": ("piano",),
        "b": (),
    }
