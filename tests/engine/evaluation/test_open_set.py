"""Background: rates by hand, and who may listen live."""

import json
import math

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from engine.errors import DataError
from engine.evaluation import OpenSet, evaluate_open_set

KNOWN = np.linspace(0.6, 1.0, 20)
QUIET = {"silence": np.zeros(100), "noise": np.full(100, 0.1), "speech": np.full(100, 0.2)}


def test_rates_by_hand() -> None:
    speech = np.asarray([0.9, 0.9, 0.9, 0.61] + [0.1] * 356)  # half an hour at a hop of 5 s
    found = evaluate_open_set(KNOWN, QUIET | {"speech": speech}, threshold=0.5, hop_seconds=5)
    assert found.hours["speech"] == pytest.approx(0.5)
    assert found.alarms_per_hour == pytest.approx({"silence": 0, "noise": 0, "speech": 8})
    assert found.known_recall == 1
    # 19 of the 20 known windows are 95 %: three of 560 others reach the second
    # lowest, 0.62; the fourth only the lowest.
    assert found.false_positive_rate == pytest.approx(3 / 560)
    truth = [1] * 20 + [0] * 560
    scores = np.concatenate([KNOWN, QUIET["silence"], QUIET["noise"], speech])
    assert found.auroc == pytest.approx(roc_auc_score(truth, scores))
    assert found.ready_for_live
    assert found.reasons == ()


def test_one_alarm_in_silence_is_too_many() -> None:
    silence = np.zeros(10_000)
    silence[17] = 0.5
    found = evaluate_open_set(KNOWN, QUIET | {"silence": silence}, threshold=0.5, hop_seconds=3)
    assert not found.ready_for_live
    assert len(found.reasons) == 1
    assert "silence" in found.reasons[0]


@pytest.mark.parametrize("kind", ["noise", "speech"])
@pytest.mark.parametrize(("alarms", "ready"), [(30, True), (31, False)])
def test_thirty_alarms_an_hour_are_the_most(kind: str, alarms: int, ready: bool) -> None:
    scores = np.zeros(3600)
    scores[:alarms] = 0.9
    found = evaluate_open_set(KNOWN, QUIET | {kind: scores}, threshold=0.5, hop_seconds=1)
    assert found.ready_for_live is ready
    assert all(kind in reason for reason in found.reasons)


def test_other_kinds_do_not_decide() -> None:
    loud = QUIET | {"environment": np.ones(50)}
    assert evaluate_open_set(KNOWN, loud, threshold=0.5, hop_seconds=1).ready_for_live


def test_what_was_never_tried_is_not_ready() -> None:
    found = evaluate_open_set(KNOWN, {"noise": np.zeros(9)}, threshold=0.5, hop_seconds=1)
    assert not found.ready_for_live
    assert found.reasons == ("It was not tested on silence.", "It was not tested on speech.")
    empty = QUIET | {"silence": np.zeros(0)}
    assert not evaluate_open_set(KNOWN, empty, threshold=0.5, hop_seconds=1).ready_for_live


def test_without_background_nothing_is_known() -> None:
    found = evaluate_open_set(KNOWN, {}, threshold=0.9, hop_seconds=1)
    assert math.isnan(found.auroc)
    assert math.isnan(found.false_positive_rate)
    assert found.figures() == {"known_recall": pytest.approx(0.25)}
    json.dumps(found.to_json(), allow_nan=False)


def test_json_and_back() -> None:
    found = evaluate_open_set(KNOWN, QUIET, threshold=0.15, hop_seconds=2)
    assert OpenSet.from_json(json.loads(json.dumps(found.to_json()))) == found
    with pytest.raises(DataError):
        OpenSet.from_json({"threshold": 1})


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(DataError):
        evaluate_open_set(np.zeros(0), QUIET, threshold=0.5, hop_seconds=1)
    with pytest.raises(DataError):
        evaluate_open_set(KNOWN, QUIET, threshold=0.5, hop_seconds=0)
    with pytest.raises(DataError):
        evaluate_open_set(KNOWN, {"noise": np.asarray([np.nan])}, threshold=0.5, hop_seconds=1)
