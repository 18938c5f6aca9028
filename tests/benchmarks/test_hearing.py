"""Networks as they hear beside networks as they are defined, by processor time, in turns.

What is compared is the whole of a file's analysis: features, trunks and verdicts.
"""

import statistics
import time

import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture

from engine.audio import read
from engine.classifier.catalog import DEFAULT, Catalog
from engine.networks.derived import Derived
from engine.networks.musicnn import mobile
from engine.networks.musicnn.trunk import MusicnnTrunk
from engine.recognition.analysis import Analysis
from engine.threads import one_torch_thread
from resources import resource

RATE, SECONDS, BLOCK = 16000, 30, 10


def _one_by_one(hear: object, windows: torch.Tensor) -> torch.Tensor:
    assert callable(hear)
    return torch.cat([hear(one) for one in torch.split(windows, 1)])


@pytest.mark.parametrize(("hop", "aim"), [(1.0, 2.0), (None, 2.0)])
def test_hearing_beside_the_definition(
    hop: float | None, aim: float, benchmark: BenchmarkFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The classifiers that listen by default, at ``--hop 1`` and at their own hops."""
    sound = read(resource("sounds", "demo.ogg"), rate_hz=RATE, mono=True).samples[0]
    sound = sound[: SECONDS * RATE]
    models = Catalog().load_all(DEFAULT)

    def hear() -> None:
        with one_torch_thread():
            analysis = Analysis(models, RATE, hop_seconds=hop)
            for start in range(0, len(sound), BLOCK * RATE):
                analysis.push(sound[start : start + BLOCK * RATE])
            analysis.finish()

    def seconds(defined: bool) -> float:
        with monkeypatch.context() as changed:
            if defined:
                changed.setattr(MusicnnTrunk, "_hears", lambda self, image: False)
                changed.setattr(mobile, "_folded", Derived(lambda trunk: trunk))
                changed.setattr(mobile, "in_equal_batches", _one_by_one)
            begun = time.process_time()
            hear()
            return time.process_time() - begun

    seconds(True), seconds(False)
    turns = [(seconds(True), seconds(False)) for _ in range(5)]
    benchmark.pedantic(hear, rounds=1)
    ratio = statistics.median(defined / heard for defined, heard in turns)
    fastest = len(sound) / RATE / min(heard for _, heard in turns)
    benchmark.extra_info["times the definition's speed"] = round(ratio, 2)
    benchmark.extra_info["times real time, one core"] = round(fastest, 1)
    assert ratio > aim
