"""Real players and mixtures: who is left out with whom, what sounds, and how right labels are."""

import importlib
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from torch import nn

from engine.networks.musicnn.mobile import MusicnnMobile


@pytest.fixture
def module(on_path: None) -> "Modules":
    return Modules()


class Modules:
    """The scripts, imported when asked for."""

    def __getitem__(self, name: str) -> ModuleType:
        return importlib.import_module(f"instrument.{name}")


def test_relatives_are_left_out_together(module: Modules) -> None:
    sources = module["real.sources"]
    assert sources.group_of("players-mtg-solosax", "x") == "players-fsdkaggle2018"
    assert sources.group_of("weresax", "x") == sources.group_of("players-war-tuba", "x")
    song, speech = (
        sources.group_of(f"ravdess-{kind}", f"ravdess/{kind}/actor07_calm.opus")
        for kind in ("song", "speech")
    )
    assert song == speech == "odd actors"
    assert sources.group_of("ravdess-song", "ravdess/song/actor12_sad.opus") == "even actors"
    assert {sources.part_of(group) for group in ("odd actors", "karoryfer", "esc10")} == {0, 1, -1}


def test_what_must_not_be_sold_can_be_left_out(module: Modules, tmp_path: Path) -> None:
    for name in (
        "players/rickenbacker4001/electric-bass/a.opus",
        "players/ganjo/banjo/b.opus",
        "ravdess/song/actor01_a.opus",
        "emotify/rock/001__a.opus",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    sources = module["real.sources"]
    everything = sources.gathered(tmp_path, tmp_path)
    assert everything["emotify"][0].label == sources.UNLABELLED
    assert everything["players-ganjo"][0].label == "banjo"
    free = sources.gathered(tmp_path, tmp_path, commercial=True)
    assert set(everything) - set(free) == set(sources.NON_COMMERCIAL)


def test_what_is_far_softer_does_not_sound(module: Modules) -> None:
    mixtures = module["real.mixtures"]
    loud, soft = np.ones(100, np.float32), np.full(100, 0.05, np.float32)
    late = np.concatenate([np.zeros(50), np.ones(50)]).astype(np.float32)
    heard = mixtures.sounding([loud, soft, late], 0, 50)
    assert heard.tolist() == [True, False, False]
    row = mixtures.target(["violin", "drums", "drums"], np.asarray([True, False, True]))
    labels = module["classes"].LABELS
    assert {labels[i] for i in np.flatnonzero(row)} == {"violin", "drums"}


def test_f1_is_the_mean_of_the_labels_that_sound(module: Modules) -> None:
    judge = module["real.judge"]
    pairs = [({"violin"}, {"violin", "piano"}), ({"violin", "harp"}, {"violin"})]
    assert judge.macro_f1(pairs) == pytest.approx((1.0 + 0.0) / 2)
    table = list(judge.mixture_table([("violin",), ("strings",)], [{"violin", "piano"}, {"harp"}]))
    assert table[2].startswith("| 1 | 1 | 100 % | 0.0 ")
    assert table[3].startswith("| 2 | 1 | 0 % | 1.0 | 100 % | 50 % | 0.50")


def test_the_network_says_what_was_tuned(module: Modules) -> None:
    """Chances found on what readers said are those of the network that they become."""
    tuned = module["real.tuning"].Tuned(0.7, (1.3, 0.2), (0.9, -0.4), (2.0, 0.5), 0.6)
    network = MusicnnMobile(frames=61, classes=4, width=0.1, hidden=8, several=True).eval()
    gate = nn.Linear(network.embedding_size, 1)
    values = torch.randn(5, network.embedding_size, generator=torch.Generator().manual_seed(3))
    assert network.together is not None
    assert network.crowd is not None
    with torch.inference_mode():
        said = [layer(values).double().numpy() for layer in (network.output, network.together)]
        crowd = network.crowd(values)[:, 0].double().numpy()
        before = gate(values)
    wanted = tuned.logits(*said, crowd)
    module["real.build"].calibrate(network, gate, tuned)
    with torch.inference_mode():
        np.testing.assert_allclose(network.head(values).numpy(), wanted, atol=1e-3)
        torch.testing.assert_close(gate(values), 2.0 * before + 0.5)
