"""What frozen trunks hear in the noises made here is heard once."""

from collections.abc import Generator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from engine.features import build_feature
from engine.networks import build_network
from engine.training.events import Preparing
from engine.training.finish import background
from engine.training.finish.background import Background, listen_to_background
from tests.engine.training import toys

RATE, WINDOW = 16000, 4000
FEATURE = {"rate_hz": RATE, "n_fft": 512, "hop_length": 256, "n_mels": 96, "log": "compress"}


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "_SYNTHETIC", 20)


class Ear:
    """A learner's network, which counts the windows that it hears."""

    device = torch.device("cpu")

    def __init__(self, name: str = "embedding_head", seed: int = 0) -> None:
        torch.manual_seed(seed)
        frozen = {"trunks": 1} if name == "embedding_head" else {"hidden": [4]}
        frames = build_feature("log_mel", FEATURE).frame_count(WINDOW)
        self.network = build_network(name, {"bands": 96, "frames": frames, "classes": 2} | frozen)
        self.network.eval()
        self.heard = 0
        embed = self.network.embed

        def counted(features: torch.Tensor) -> torch.Tensor:
            self.heard += len(features)
            return embed(features)

        self.network.embed = counted  # type: ignore[method-assign]


def listen(ear: Ear, cache: Path, folder: Path | None = None, **changes: Any) -> Background:
    feature = build_feature("log_mel", FEATURE)
    recipe = toys.recipe(data__rate_hz=RATE, data__window_samples=WINDOW, **changes)
    learner: Any = SimpleNamespace(network=ear.network, device=ear.device)
    return finished(listen_to_background(learner, feature, recipe, folder, cache))


def finished(steps: Generator[Preparing, None, Background]) -> Background:
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            found: Background = stop.value
            return found


def test_noises_are_heard_once_by_frozen_trunks(tmp_path: Path) -> None:
    first, again = Ear(), Ear()
    before, after = listen(first, tmp_path), listen(again, tmp_path)
    assert (first.heard, again.heard) == (20, 0)
    assert torch.equal(before.embeddings, after.embeddings)
    assert torch.equal(before.levels_db, after.levels_db)
    assert before.embeddings.abs().sum() > 0
    assert after.learned.tolist() == [True, False] * 10


def test_recordings_are_heard_each_time_beside_kept_noises(tmp_path: Path) -> None:
    toys.sounds(tmp_path / "sounds", files=1)
    listen(Ear(), tmp_path / "cache")
    ear = Ear()
    found = listen(ear, tmp_path / "cache", tmp_path / "sounds")
    assert ear.heard == len(found.kinds) - 20 > 0
    assert len(found.embeddings) == len(found.levels_db) == len(found.learned) == len(found.kinds)


@pytest.mark.parametrize(
    ("trunk", "changes"), [(1, {}), (0, {"training__seed": 7})], ids=["trunk", "seed"]
)
def test_another_trunk_or_seed_hears_its_own(
    tmp_path: Path, trunk: int, changes: dict[str, Any]
) -> None:
    known = listen(Ear(), tmp_path)
    ear = Ear(seed=trunk)
    found = listen(ear, tmp_path, **changes)
    assert ear.heard == 20
    assert not torch.equal(found.embeddings, known.embeddings)


def test_networks_that_learn_hear_anew(tmp_path: Path) -> None:
    for _ in range(2):
        ear = Ear("dense")
        listen(ear, tmp_path)
        assert ear.heard == 20
    assert list(tmp_path.iterdir()) == []


def test_a_broken_file_is_heard_anew(tmp_path: Path) -> None:
    before = listen(Ear(), tmp_path)
    (kept,) = tmp_path.glob("noises-*")
    kept.write_bytes(b"\x10\0\0\0\0\0\0\0{")
    ear = Ear()
    assert torch.equal(listen(ear, tmp_path).embeddings, before.embeddings)
    assert ear.heard == 20
    assert kept.stat().st_size > 1000


def test_a_full_cache_drops_the_oldest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "_MOST_KEPT", 2)
    for seed in range(3):
        listen(Ear(), tmp_path, training__seed=seed)
    assert len(list(tmp_path.glob("noises-*"))) == 2
    ear = Ear()
    listen(ear, tmp_path, training__seed=2)
    assert ear.heard == 0


def test_a_cache_that_cannot_be_written_costs_nothing(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("in the way")
    assert len(listen(Ear(), tmp_path / "cache").embeddings) == 20
