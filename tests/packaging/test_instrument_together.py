"""Mixtures whose parts are known, and what they teach: one from several, and who plays then."""

import importlib
import json
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from torch import nn

from engine.classifier.card import CrowdCard, EvidenceCard, Part
from engine.classifier.catalog import Catalog
from engine.classifier.classifier import Classifier
from engine.networks import describe_network
from engine.networks.musicnn.mobile import MusicnnMobile

CROWD = CrowdCard(number=1.6, power=4.0, scale=1.0)


@pytest.fixture
def mixtures(on_path: None) -> ModuleType:
    return importlib.import_module("instrument.together.mixtures")


@pytest.fixture
def learn(on_path: None) -> ModuleType:
    return importlib.import_module("instrument.together.learn")


def one_at_a_time() -> Classifier:
    """Small, of a temperature that is not 1."""
    torch.manual_seed(3)
    bundled = Catalog().load("instrument")
    network = MusicnnMobile(frames=61, classes=30, width=0.1, hidden=8).eval()
    evidence = EvidenceCard(
        seconds=6, weight=1, growth=0.3, floor=0.01, change=9, presence_seconds=2, sure=0.8
    )
    calibration = bundled.card.calibration.model_copy(
        update={"evidence": evidence, "temperature": 0.5}
    )
    changes = {
        "multi_label": False,
        "network": Part(**describe_network(network)),
        "calibration": calibration,
    }
    card = bundled.card.model_copy(update=changes)
    return Classifier(card, bundled.feature, network, nn.Linear(network.embedding_size, 1))


def test_of_soloists_it_says_what_it_said(learn: ModuleType) -> None:
    before = one_at_a_time()
    size = before.network.embedding_size
    together, crowd = nn.Linear(size, 30), nn.Linear(size, 1)
    with torch.no_grad():
        crowd.weight.zero_()
        crowd.bias.fill_(-20.0)
    embedding = torch.randn(5, size)
    levels = torch.full((5,), -20.0)
    with torch.inference_mode():
        was = before.judge(embedding, levels)
        after = learn.with_several(before, learn.Readers(together, crowd), CROWD)
        now = after.judge(embedding, levels)
        crowd.bias.fill_(20.0)
        crowded = learn.with_several(before, learn.Readers(together, crowd), CROWD)
        wanted = together(embedding).sigmoid() * was[1][:, None]
        torch.testing.assert_close(crowded.judge(embedding, levels)[0], wanted, atol=1e-4, rtol=0)
    torch.testing.assert_close(now[0], was[0], atol=1e-4, rtol=0)
    torch.testing.assert_close(now[1], was[1])
    assert after.card.rules().several
    assert after.card.recipe is not None
    assert "together.learn" in after.card.recipe["scripts"]


def test_readers_stay_near_what_the_soloists_say(learn: ModuleType) -> None:
    torch.manual_seed(1)
    values, prior = torch.randn(400, 6), nn.Linear(6, 3)
    truth = (learn.centred(prior)(values) > 0).float()
    found = learn.logistic(values, (truth, torch.ones_like(truth)), 100.0, prior)
    like = learn.centred(prior)
    # So much shrinkage leaves the soloists' directions, with one common factor.
    ratio = found.weight / like.weight
    assert float(ratio.std()) < 0.05 * float(ratio.mean())
    assert float(ratio.mean()) > 1.0
    free = learn.logistic(values, (truth[:, :1], torch.ones(400, 1)), 1e-4)
    assert float(((free(values) > 0).float() == truth[:, :1]).float().mean()) > 0.97
    # What is doubtful does not count.
    wrong = torch.where(torch.arange(400)[:, None] < 200, truth[:, :1], 1 - truth[:, :1])
    doubt = (torch.arange(400)[:, None] < 200).float()
    half = learn.logistic(values, (wrong, doubt), 1e-4)
    assert float(((half(values) > 0).float() == truth[:, :1]).float().mean()) > 0.95


def test_so_much_is_right_of_what_is_named_among_others(learn: ModuleType) -> None:
    rng = np.random.default_rng(2)
    means = rng.uniform(0.02, 0.98, (200, 30))
    truth = rng.uniform(size=means.shape) < means**2
    crowd = learn.crowd_of(means, truth, 0.66)
    chances = 1 / (1 + np.exp(-crowd.scale * np.log(means / (1 - means)) - crowd.bias))
    assert truth[chances >= 0.66].mean() == pytest.approx(learn.WANTED, abs=0.01)


def test_some_mixtures_keep_their_windows(learn: ModuleType) -> None:
    heard = {
        "embeddings": np.arange(6)[:, None],
        "parts": np.arange(6)[:, None],
        "mixtures": np.asarray([0, 0, 1, 1, 2, 2]),
        "numbers": np.asarray([1, 2, 3]),
        "truth": np.eye(3, dtype=bool),
        "sources": np.asarray(["fluid", "ravdess+kits", "ravdess"]),
    }
    some = learn.without(heard, ("kits",))
    assert some["numbers"].tolist() == [1, 3]
    assert some["mixtures"].tolist() == [0, 0, 1, 1]
    assert some["embeddings"][:, 0].tolist() == [0, 1, 4, 5]
    assert learn.in_first_half(heard["sources"]).tolist() == [True, True, True]


def test_a_mixture_is_of_one_half_of_the_sources(mixtures: ModuleType, tmp_path: Path) -> None:
    labels = ("piano", "flute", "cello", "drums")
    rows, sound = [], []
    rng = np.random.default_rng(0)
    for number, label in enumerate(labels):
        for source in ("philharmonia", "players-iowa-mis"):
            first = sum(map(len, sound))
            tone = 9000 * np.sin(np.arange(16000) * (0.05 + 0.03 * number))
            sound.append(tone.astype(np.int16))
            row = {"first": first, "last": first + 16000, "label": label, "source": source}
            rows.append({**row, "cell": source})
    for part in ("taught", "held"):
        np.save(tmp_path / f"{part}.npy", np.concatenate(sound))
        (tmp_path / f"{part}.json").write_text(json.dumps(rows))
    players = mixtures.Players(tmp_path, "taught", rng)
    drawn = [players.mixture(3) for _ in range(20)]
    assert all(len(set(sources)) == 1 for _, _, sources in drawn)
    assert {sources[0] for _, _, sources in drawn} == {"philharmonia", "players-iowa-mis"}
    for sounds, names, _ in drawn:
        assert sounds.shape == (3, int(mixtures.SECONDS["taught"] * 16000))
        assert len(set(names)) == 3
    held = mixtures.Players(tmp_path, "held", rng)
    assert any(len(set(held.mixture(4)[2])) == 2 for _ in range(10))
    shares = mixtures.loudness(np.stack([np.ones(100), 0.1 * np.ones(100), np.zeros(100)]))
    np.testing.assert_allclose(shares, [-0.043, -20.043, mixtures.SILENT], atol=0.01)


def test_who_judges_never_teaches(on_path: None) -> None:
    cells = importlib.import_module("instrument.together.cells")
    assert cells.source_of("players/mtg-solosax/saxophone/a.opus") == "players-fsdkaggle2018"
    assert cells.source_of("ravdess/song/actor01_x.opus") == "ravdess"
    assert cells.cell_of("players/fsdkaggle2018/cello/fs1_a.opus").endswith("fs1_a.opus")
    assert cells.cell_of("players/kay-banjo/banjo/a.opus") == "players/kay-banjo/banjo"
    assert cells.cell_of("ravdess/song/actor02_calm.opus") == "ravdess/song/actor02"
