"""The network on pitch: neither key nor loudness changes what it says."""

import pytest
import torch

from engine.errors import ModelError
from engine.networks import Network, build_network

SIZES = {"bands": 48, "frames": 32, "classes": 3}


@pytest.fixture
def network() -> Network:
    torch.manual_seed(4)
    made = build_network(
        "pitch_cnn",
        SIZES | {"channels": [4, 6], "kernels": [5, 3], "pools": [1, 2], "overtones": [-5, 7]},
    )
    return made.eval()


def picture(lowest: int) -> torch.Tensor:
    """Two voices in dB over silence."""
    frames = torch.full((1, 48, 32), -90.0)
    frames[0, lowest, ::2] = -20.0
    frames[0, lowest + 7, 4:20] = -26.0
    return frames


def test_loudness_changes_nothing(network: Network) -> None:
    with torch.inference_mode():
        torch.testing.assert_close(network(picture(20) - 7.0), network(picture(20)))


def test_a_pooled_step_up_changes_nothing(network: Network) -> None:
    with torch.inference_mode():
        torch.testing.assert_close(network(picture(22)), network(picture(20)))
        assert not torch.allclose(network(picture(20)), network(picture(20).flip(1)))


@pytest.mark.parametrize(
    "wrong",
    [
        {"kernels": [4, 3], "channels": [4, 4], "pools": [1, 1]},
        {"kernels": [3], "channels": [4, 4], "pools": [1, 1]},
        {"kernels": [3] * 6, "channels": [4] * 6, "pools": [1] * 6},
    ],
)
def test_what_does_not_fit_is_refused(wrong: dict[str, list[int]]) -> None:
    with pytest.raises(ModelError):
        build_network("pitch_cnn", SIZES | wrong)
