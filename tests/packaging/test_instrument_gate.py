"""The gate of instruments: what its windows weigh, and what it asks."""

from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

BANDS, FRAMES, LOGITS = 96, 61, 5


@pytest.fixture
def scripts(on_path: None) -> tuple[ModuleType, ModuleType, ModuleType]:
    from instrument import batches, gate, student

    return batches, gate, student


def windows(batches: ModuleType, count: int, seed: int) -> Any:
    """Half music, bright and steady, half not, dark and changing; musicnn's numbers are noise."""
    rng = np.random.default_rng(seed)
    music = np.arange(count) % 2 == 0
    tilt = np.where(music, 20.0, -20.0)[:, None, None, None]
    tilts = tilt * np.linspace(-1, 1, BANDS)[:, None]
    features = -40 + tilts + rng.normal(0, 3, (count, 2, BANDS, FRAMES))
    other = np.where(np.arange(count) % 4 == 1, "speech a", "noise 1")
    return batches.Windows(
        features=features.astype(np.float16),
        music=rng.normal(size=(count, 2, 1506)).astype(np.float16),
        embeddings=torch.zeros(count, 512),
        logits=torch.zeros(count, LOGITS),
        named=torch.zeros(count, 30),
        labels=np.where(music, 0, batches.NOTHING),
        groups=np.where(music, "player", other),
        kinds=np.full(count, "note"),
        rows=np.arange(count),
        collections=np.where(music, "fluid", "not-music"),
    )


def test_every_kind_of_what_is_no_music_weighs_alike(
    scripts: tuple[ModuleType, ModuleType, ModuleType],
) -> None:
    batches = scripts[0]
    known = windows(batches, 80, seed=1)
    known.groups[known.groups == "speech a"] = "noise 2"
    known.groups[1] = "speech a"
    usable = np.arange(80) != 3
    weight = batches.importance(known, usable)
    assert weight[3] == 0
    assert weight[0::2].sum() == pytest.approx(1)
    assert weight[1] == pytest.approx(3)
    assert weight[5::2].sum() == pytest.approx(3)


def test_tells_music_and_says_so_as_the_classifier_will(
    scripts: tuple[ModuleType, ModuleType, ModuleType],
) -> None:
    batches, gates, students = scripts
    torch.manual_seed(1)
    known, unknown = (windows(batches, 120, seed) for seed in (1, 2))
    music = torch.from_numpy(unknown.labels == 0)
    student = students.beginner(known, np.ones(120, bool), 0.1).train()
    for _ in range(20):  # what has never heard anything answers all alike
        student.trunk.hear(torch.from_numpy(known.features[:, 0]).float())
    student.eval()
    gates.learn_gate(student, known, np.ones(120, bool))
    _, presence = students.judge(student, unknown.features[:, 0], unknown.music[:, 0])
    assert (presence[music][:, None] > presence[~music]).float().mean() > 0.99
    both, share = student.presence(), students.GATE_SHARE
    heard = torch.randn(3, both.in_features)
    size = student.gate.in_features
    heard[:, -size:] *= heard[:, :-size].std() / student.gate.weight.norm()
    parts = share * student.gate(heard[:, -size:])
    parts += (1 - share) * student.music_gate(heard[:, :-size])
    assert torch.allclose(both(heard), parts, atol=1e-4)
