"""EfficientAT's mn04 as one of our networks: a teacher in training, never shipped."""

import csv
from pathlib import Path

import numpy as np
import soxr
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import Tensor

from engine.networks.mobile import MobileCnn

RATE = 32000
_BANDS, _FFT, _WINDOW, _HOP = 128, 1024, 800, 320


class Teacher:
    """mn04_as (Schmid, Koutini and Widmer, 2023; MIT): 32-kHz sound to AudioSet's 527 logits.

    Args:
        folder: with mn04_as.safetensors and audioset_labels.csv.
    """

    def __init__(self, folder: Path) -> None:
        with (folder / "audioset_labels.csv").open() as file:
            self.labels = [row["display_name"] for row in csv.DictReader(file)]
        self.network = MobileCnn(
            bands=_BANDS, frames=100, classes=527, width=0.4, hidden=512, relative=False
        )
        tensors = load_file(folder / "mn04_as.safetensors")
        self.network.load_state_dict(_renamed(tensors, self.network), strict=True)
        self.network.eval()
        self._bank = torch.from_numpy(kaldi_bank()).float()
        self._hann = torch.hann_window(_WINDOW, periodic=False)

    def features(self, waveforms: Tensor) -> Tensor:
        """Shape (batch, samples) to (batch, 128, frames)."""
        sharp = waveforms[:, 1:] - 0.97 * waveforms[:, :-1]
        spectrum = torch.stft(
            sharp, _FFT, _HOP, _WINDOW, self._hann, center=True, return_complex=True
        )
        power = spectrum.real.square() + spectrum.imag.square()
        return ((self._bank @ power + 1e-5).log() + 4.5) / 5

    @torch.inference_mode()
    def __call__(self, waveforms: Tensor) -> tuple[Tensor, Tensor]:
        """Embedding (batch, 512) and logits (batch, 527) of 32-kHz windows (batch, samples)."""
        embedding = self.network.embed(self.features(waveforms))
        return embedding, self.network.head(embedding)


def kaldi_bank() -> NDArray[np.float64]:
    """Triangles even on the mel scale 1127 ln(1 + f / 700), 0 to 15 kHz: (128, 513)."""

    def mel(hz: NDArray[np.float64]) -> NDArray[np.float64]:
        return 1127.0 * np.log1p(hz / 700.0)

    corners = np.linspace(0.0, mel(np.array([15000.0]))[0], _BANDS + 2)
    bins = mel(np.arange(_FFT // 2 + 1) * RATE / _FFT)
    left, centre, right = (corners[i : i + _BANDS, None] for i in range(3))
    rising, falling = (bins - left) / (centre - left), (right - bins) / (right - centre)
    bank: NDArray[np.float64] = np.maximum(0.0, np.minimum(rising, falling))
    return bank


def _renamed(tensors: dict[str, Tensor], network: MobileCnn) -> dict[str, Tensor]:
    """The blocks' layers come in the same order in both: only the names differ."""
    own = network.state_dict()
    blocks = ("trunk.stem", "trunk.blocks", "trunk.last")
    mine = _layers([name for name in own if name.startswith(blocks)])
    theirs = _layers(sorted((n for n in tensors if n.startswith("features")), key=_natural))
    renamed = {
        f"{place}.{leaf}": tensors[f"{other}.{leaf}"]
        for (place, leaves), (other, _) in zip(mine.items(), theirs.items(), strict=True)
        for leaf in leaves
    }
    for place, other in (("trunk.dense", "classifier.2"), ("output", "classifier.5")):
        renamed |= {f"{place}.{leaf}": tensors[f"{other}.{leaf}"] for leaf in ("weight", "bias")}
    unchanged = {n: own[n] for n in own if n.startswith("trunk.standardise")}
    return renamed | unchanged


def _natural(name: str) -> list[tuple[int, int, str]]:
    """Numbers in a name in their own order."""
    return [(0, int(p), "") if p.isdigit() else (1, 0, p) for p in name.split(".")]


def _layers(names: list[str]) -> dict[str, list[str]]:
    """Layers in their order, each with the names of its tensors."""
    layers: dict[str, list[str]] = {}
    for name in names:
        place, leaf = name.rsplit(".", 1)
        layers.setdefault(place, []).append(leaf)
    return layers


def load_at(samples: NDArray[np.float32], rate_hz: int) -> Tensor:
    """At the teacher's rate, shape (1, samples)."""
    return torch.from_numpy(np.asarray(soxr.resample(samples, rate_hz, RATE), np.float32))[None]
