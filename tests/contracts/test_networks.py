"""Networks: the musicnn port against the original, any length and batch, sliding equals whole."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.classifier.catalog import Catalog
from engine.errors import ModelError
from engine.features import build_feature
from engine.networks import NETWORKS, build_network, describe_network
from engine.networks.base import WindowByWindow
from engine.networks.musicnn.trunk import MusicnnTrunk

DATA = Path(__file__).resolve().parents[1] / "data"
SIZES = {"bands": 13, "frames": 60, "classes": 3}
EXAMPLES = {
    "dense": SIZES | {"hidden": [8], "dropout": 0.2},
    "cnn": SIZES | {"hidden": [8]},
    "residual_cnn": SIZES | {"channels": [4, 8]},
    "mobile_cnn": SIZES | {"width": 0.2, "hidden": 12},
    "musicnn_mobile": {"frames": 60, "classes": 3, "width": 0.2, "hidden": 12},
    "recurrent": SIZES | {"kind": "gru", "units": [5, 4], "hidden": [6], "states": "all"},
    "crnn": SIZES | {"channels": [4, 4], "units": 5},
    "embedding_head": {"bands": 96, "frames": 60, "classes": 3, "hidden": [16]},
    "musicnn_tags": {"tags": [5, 7], "classes": 3},
    "personal": {
        "base": {"name": "dense", "arguments": SIZES | {"hidden": [8]}},
        "classes": 4,
        "points": 5,
        "several": False,
        "sharpness": 4.0,
    },
    "by_example": {
        "base": {"name": "dense", "arguments": SIZES | {"hidden": [8]}},
        "numbers": 6,
        "points": 5,
        "sharpness": 4.0,
    },
    "pitch_cnn": SIZES
    | {"channels": [4, 6], "kernels": [5, 3], "pools": [1, 2], "width": 6, "overtones": [-7, 12]},
}
ANY_LENGTH = ("residual_cnn", "mobile_cnn", "crnn", "pitch_cnn")
ANY_LENGTH += ("embedding_head", "musicnn_tags", "musicnn_mobile")


@pytest.fixture(scope="module")
def trunk() -> MusicnnTrunk:
    found = Catalog().load("instruments-in-music").network.trunks[0]
    assert isinstance(found, MusicnnTrunk)
    return found


def test_every_network_has_an_example() -> None:
    assert set(EXAMPLES) == set(NETWORKS)


@pytest.mark.parametrize("name", NETWORKS)
def test_any_length_and_batch(name: str) -> None:
    network = build_network(name, EXAMPLES[name]).eval()
    lengths = (187, 40, 400) if name in ANY_LENGTH else (60, 60, 60)
    for batch, frames in zip((1, 3, 2), lengths, strict=True):
        with torch.inference_mode():
            assert network(torch.rand(batch, network.bands, frames)).shape == (
                batch,
                network.classes,
            )


@pytest.mark.parametrize("name", NETWORKS)
def test_stored_and_remade_gives_the_same_logits(name: str) -> None:
    network = build_network(name, EXAMPLES[name]).eval()
    described = json.loads(json.dumps(describe_network(network)))
    again = build_network(described["name"], described["arguments"]).eval()
    again.load_state_dict(network.state_dict(), strict=True)
    features = torch.rand(2, network.bands, 60)
    with torch.inference_mode():
        torch.testing.assert_close(again(features), network(features))


def test_wrong_settings_are_refused() -> None:
    with pytest.raises(ModelError, match="no network 'resnet'"):
        build_network("resnet", {})
    with pytest.raises(ModelError, match="cannot be created"):
        build_network("musicnn_tags", {"tags": 3})


@pytest.mark.parametrize("hop", [17, 31, 187, 250])
def test_sliding_is_each_window_alone(trunk: MusicnnTrunk, hop: int) -> None:
    torch.manual_seed(1)
    frames = torch.rand(96, 900) * 2
    rng = np.random.default_rng(2)
    sliding, plain = trunk.sliding(187, hop), WindowByWindow(trunk, 187, hop)
    shared, alone, position = [], [], 0
    with torch.inference_mode():
        while position < 900:
            step = int(rng.integers(1, 200))
            shared.append(sliding.push(frames[:, position : position + step]))
            alone.append(plain.push(frames[:, position : position + step]))
            position += step
        windows = torch.stack([frames[:, a : a + 187] for a in range(0, 900 - 186, hop)])
        expected = trunk(windows)
    for found in (torch.cat(shared), torch.cat(alone)):
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=2e-4)


def test_the_port_agrees_with_the_original() -> None:
    """Tags and embedding of musicnn 0.1.0 (TensorFlow 2.21), kept as numbers.

    The sound is 6 s of our demo; made by packaging/models/tags/reference.py.
    """
    kept = np.load(DATA / "musicnn_reference.npz")
    genre = Catalog().load("genre").network
    feature = build_feature(
        "log_mel",
        {"rate_hz": 16000, "n_fft": 512, "hop_length": 256, "n_mels": 96, "log": "compress"},
    )
    frames = feature(torch.from_numpy(kept["audio"])[None])[0]
    patches = torch.stack([frames[:, start : start + 187] for start in (0, 187)])
    for index, name in enumerate(("MTT", "MSD")):
        with torch.inference_mode():
            embedding = genre.trunks[index](patches)
            tags = genre.reader[index](embedding).sigmoid().numpy()  # type: ignore[union-attr]
        np.testing.assert_allclose(tags, kept[f"{name}_tags"], atol=1e-4)
        largest = np.abs(kept[f"{name}_max"]).max()
        for part, offset in (("max", 0), ("mean", 1)):
            ours = embedding.numpy()[:, offset::2]
            np.testing.assert_allclose(ours, kept[f"{name}_{part}"], atol=1e-4 * max(1.0, largest))
