"""Takes mains hum out of what the gate of instruments lets through, and leaves all else as it was.

Pure hum without noise had no part in the training: a chord of low partials, it passes for a harp.
"""

import numpy as np
import torch
from instrument_batches import NOTHING, Windows
from instrument_student import Student
from numpy.typing import NDArray
from torch import Tensor, nn

from engine.features import Feature
from engine.networks.musicnn_mobile import MusicnnMobile

_HUMS, _KEPT = 1500, 12000
_WANTED = -2.5  # presence logit of hum
_STIFFNESS = 3.0  # against large changes of the weights


def hums(count: int, rate_hz: int, seed: int) -> NDArray[np.float32]:
    """Hum of 50 and 60 Hz, or their double after a rectifier; (count, one second)."""
    rng = np.random.default_rng(seed)
    time = np.arange(rate_hz) / rate_hz
    out = np.zeros((count, rate_hz), np.float32)
    for row in out:
        base = rng.choice([50.0, 60.0, 100.0, 120.0]) * rng.uniform(0.995, 1.005)
        shares = rng.random(16) / np.arange(1, 17) ** rng.uniform(0.5, 1.5)
        turns = rng.uniform(0, 2 * np.pi, 16) * rng.integers(0, 2)
        for k in range(int(rng.integers(3, 17))):
            row += shares[k] * np.sin(2 * np.pi * base * (k + 1) * time + turns[k])
        row += 10 ** rng.uniform(-4, -1) * rng.standard_normal(rate_hz)
        row *= 10 ** (rng.uniform(-45, -6) / 20) / np.abs(row).max()
    return out


@torch.inference_mode()
def without_hum(
    gate: nn.Linear, network: MusicnnMobile, student: Student, feature: Feature, windows: Windows
) -> nn.Linear:
    """The gate, changed by least squares: hum to a wanted logit, known windows to their own."""
    hum = torch.cat(
        [network.embed(feature(part)) for part in torch.from_numpy(hums(_HUMS, 16000, 3)).split(64)]
    )
    rng = np.random.default_rng(4)
    chosen = rng.permutation(np.flatnonzero(windows.labels != NOTHING))[:_KEPT]
    version = rng.integers(0, 2, len(chosen))
    features = torch.from_numpy(windows.features[chosen, version])
    heard = torch.cat([student.trunk.hear(part.float()) for part in features.split(256)])
    music = torch.from_numpy(windows.music[chosen, version]).float()
    known = torch.cat([music, heard], dim=1)
    out = nn.Linear(gate.in_features, 1)
    change = _change(known.double(), hum.double(), _WANTED - gate(hum)[:, 0].double())
    out.weight.copy_(gate.weight + change[:-1].float())
    out.bias.copy_(gate.bias + change[-1].float())
    return out


def _change(known: Tensor, hum: Tensor, wanted: Tensor) -> Tensor:
    """Weights and bias to add, (size + 1,): 0 for what is known, at most 0 as wanted for hum."""
    deviation = known.std(0) + 0.05
    scale = torch.cat([1 / deviation, torch.ones(1, dtype=torch.float64)])
    rows = torch.cat([known, hum])
    rows = torch.cat([rows, torch.ones(len(rows), 1, dtype=torch.float64)], dim=1) * scale
    target = torch.cat([torch.zeros(len(known), dtype=torch.float64), wanted.clamp(max=0)])
    product = rows.T @ rows + _STIFFNESS * torch.eye(rows.shape[1], dtype=torch.float64)
    return torch.linalg.solve(product, rows.T @ target) * scale
