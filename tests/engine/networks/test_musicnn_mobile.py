"""musicnn beside a network of its own: how loud a sound is changes nothing it says."""

import numpy as np
import pytest
import torch
from torch import Tensor

from engine.classifier.catalog import Catalog
from engine.features import build_feature
from engine.networks.dense import EmbeddingHead
from engine.networks.musicnn.levelled import levelled, powers
from engine.networks.musicnn.mobile import MusicnnMobile, decibels

FRONT = {"rate_hz": 16000, "n_fft": 512, "hop_length": 256, "n_mels": 96, "center": False}


@pytest.fixture(scope="module")
def network() -> MusicnnMobile:
    """With musicnn's real weights, as shipped."""
    found = Catalog().load("instrument").network
    assert isinstance(found, MusicnnMobile)
    return found


def note(level: float) -> Tensor:
    """A second of a plucked tone in faint noise, (1, 16000); level: dB re full scale, its peak."""
    time = np.arange(16000) / 16000
    tone = sum(np.sin(2 * np.pi * 220 * k * time) / k for k in range(1, 12)) * np.exp(-3 * time)
    tone = tone + 1e-3 * np.random.default_rng(1).standard_normal(len(time))
    return torch.from_numpy(10 ** (level / 20) * tone / np.abs(tone).max()).float()[None]


def heard(sound: Tensor) -> Tensor:
    return build_feature("log_mel", FRONT | {"log": "compress"})(sound)


def test_decibels_are_those_of_the_log_mel_feature() -> None:
    wanted = build_feature("log_mel", FRONT | {"log": "db"})(note(-10))
    torch.testing.assert_close(decibels(heard(note(-10))), wanted, atol=0.2, rtol=0)


def test_loudness_changes_nothing(network: MusicnnMobile) -> None:
    loud, faint = heard(note(-3)), heard(note(-43))
    torch.testing.assert_close(levelled(faint), levelled(loud), atol=5e-3, rtol=0)
    with torch.inference_mode():
        torch.testing.assert_close(
            network(faint).softmax(1), network(loud).softmax(1), atol=0.02, rtol=0
        )
        plain = network.music.normalise(faint)
        assert not torch.allclose(plain, network.music.normalise(loud), atol=0.5)


@pytest.mark.parametrize("is_levelled", [True, False])
def test_a_levelled_head_hears_far_as_near(network: MusicnnMobile, is_levelled: bool) -> None:
    sizes = {"bands": 96, "frames": 61, "classes": 3}
    head = EmbeddingHead(**sizes, trunks=1, levelled=is_levelled).eval()
    head.adopt([network.music])
    with torch.inference_mode():
        loud, faint = (head.embed(heard(note(level))) for level in (-3, -43))
    same = torch.nn.functional.cosine_similarity(loud, faint) > 0.999
    assert bool(same) is is_levelled


def test_silence_stays_silence() -> None:
    silent = torch.zeros(2, 96, 61)
    assert torch.equal(levelled(silent), silent)
    almost = heard(note(-140))
    assert float(powers(levelled(almost)).mean()) < 1e-3
    assert torch.isfinite(decibels(silent)).all()


def test_singers_pass_beside_music() -> None:
    """Presence is of either: never below the gate's, and that of singers where it is higher."""
    plain = MusicnnMobile(frames=61, classes=4, width=0.1, hidden=8)
    assert "singers" not in plain.arguments()
    network = MusicnnMobile(frames=61, classes=4, width=0.1, hidden=8, singers=True).eval()
    assert network.arguments()["singers"] is True
    assert network.singers is not None
    embedding = torch.randn(6, network.embedding_size, generator=torch.Generator().manual_seed(1))
    gate, singers = torch.linspace(-6, 6, 6), torch.tensor([3.0, 3.0, -9.0, -9.0, 2.0, 2.0])
    with torch.inference_mode():
        assert torch.equal(plain.eval().presence(embedding), torch.zeros(6))
        # As the builder sets it: how far the singers' logit is over the gate's.
        over = singers - gate
        network.singers.weight.copy_(torch.linalg.lstsq(embedding, over[:, None]).solution.T)
        network.singers.bias.zero_()
        found = gate + network.presence(embedding)
    torch.testing.assert_close(found, torch.logaddexp(gate, singers), atol=1e-3, rtol=0)
    assert bool((found >= gate).all())
