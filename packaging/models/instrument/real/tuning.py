"""From what the readers say to probabilities, found by players and mixtures left out."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from instrument.classes import LABELS
from instrument.judge.recordings import NOT_MUSIC
from instrument.real.readers import WEIGHTS

_TEMPERATURES = np.geomspace(0.4, 2.5, 40)
_LEAST = 1e-5
# Share of the windows of speech, and of surroundings, that may pass for music.
_PASSING = 0.035
_NOT_MUSIC = ("ravdess-speech", "esc10", "fsdd", "spoken")
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Said:
    """What the readers say of windows, one source after the other.

    Attributes:
        alone: which one sounds alone, shape (windows, labels).
        together: which sound.
        crowd: whether several do, shape (windows,).
        gates: whether any does.
        levels: dBFS.
        labels: name of the truth of each window; of mixtures "+".
        sources: of each.
        targets: of mixtures, what sounds in each window; else 0.
    """

    alone: Array
    together: Array
    crowd: Array
    gates: Array
    levels: Array
    labels: NDArray[np.str_]
    sources: NDArray[np.str_]
    targets: NDArray[np.int8]


@dataclass(frozen=True)
class Tuned:
    """What makes what is said logits of chances: slopes and what is then added."""

    temperature: float
    crowd: tuple[float, float]
    together: tuple[float, float]
    gate: tuple[float, float]
    shift: float

    def logits(self, alone: Array, together: Array, crowd: Array) -> NDArray[np.float32]:
        """As the network with these numbers in it gives them."""
        several = sigmoid(self.crowd[0] * crowd + self.crowd[1])[:, None]
        raised = np.exp((alone - alone.max(1, keepdims=True)) / self.temperature)
        one = raised / raised.sum(1, keepdims=True)
        each = sigmoid(self.together[0] * together + self.together[1] + self.shift)
        chances = np.clip((1 - several) * one + several * each, _LEAST, 1 - _LEAST)
        return np.asarray(np.log(chances / (1 - chances)), np.float32)


def sigmoid(values: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-values)))


def read(folder: Path, weights: dict[str, float] = WEIGHTS, only: str = "*") -> Said:
    """All windows that ``real/answers.py`` asked about, or those of one source."""
    parts: dict[str, list[NDArray[np.generic]]] = {}
    for path in sorted(folder.glob(f"{only}.npz")):
        file = np.load(path)
        count = len(file["crowd"])
        mixture = "targets" in file
        labels = np.full(count, "+") if mixture else np.repeat(file["labels"], file["rows"])
        targets = file["targets"] if mixture else np.zeros((count, len(LABELS)), np.int8)
        alone = sum(weight * file[f"alone.{name}"] for name, weight in weights.items())
        for key, value in {
            "alone": np.asarray(alone, np.float64),
            "labels": labels,
            "sources": np.full(count, path.stem),
            "targets": targets,
            **{key: file[key] for key in ("together", "crowd", "gates", "levels")},
        }.items():
            parts.setdefault(key, []).append(value)
    return Said(**{key: np.concatenate(values) for key, values in parts.items()})


def weights_of(labels: NDArray[np.str_], sources: NDArray[np.str_]) -> Array:
    """Each label alike, in it each source, in it each window."""
    found = np.zeros(len(labels))
    for label in np.unique(labels):
        mine = labels == label
        for source in np.unique(sources[mine]):
            cell = mine & (sources == source)
            found[cell] = 1 / cell.sum() / len(np.unique(sources[mine]))
    return np.asarray(found / found.sum())


def tune(said: Said, learned: tuple[str, ...], shift: float = 0.0) -> Tuned:
    """By what was left out.

    Args:
        said: by students that had not learned from it.
        learned: sources from which some student or its forerunner learned.
        shift: see ``Tuned``.
    """
    loud = said.levels > -60
    out = loud & ~np.isin(said.sources, learned)
    solo = out & np.isin(said.labels, LABELS)
    mixture = loud & (said.labels == "+") & (said.targets.sum(1) > 1)
    weight = weights_of(said.labels[solo], said.sources[solo])
    truth = torch.tensor([LABELS.index(name) for name in said.labels[solo]])
    alone, heavy = torch.from_numpy(said.alone[solo]), torch.from_numpy(weight)
    costs = [
        float((torch.nn.functional.cross_entropy(alone / t, truth, reduction="none") * heavy).sum())
        for t in _TEMPERATURES
    ]
    both = np.concatenate([weight, np.full(mixture.sum(), 1 / mixture.sum())])
    values = np.concatenate([said.crowd[solo], said.crowd[mixture]])
    crowd = _platt(values, np.repeat([False, True], [solo.sum(), mixture.sum()]), both)
    together = _platt(
        said.together[mixture].ravel(),
        said.targets[mixture].ravel() == 1,
        np.ones(said.targets[mixture].size),
    )
    music = (out & np.isin(said.labels, LABELS)) | mixture
    rest = loud & (said.labels == NOT_MUSIC)
    cells = weights_of(said.sources[rest], said.sources[rest])
    kinds = np.concatenate([weights_of(said.labels[music], said.sources[music]), cells])
    gates = np.concatenate([said.gates[music], said.gates[rest]])
    slope, _ = _platt(gates, np.repeat([True, False], [music.sum(), rest.sum()]), kinds)
    gate = slope, -slope * _border(said, loud)
    return Tuned(float(_TEMPERATURES[int(np.argmin(costs))]), crowd, together, gate, shift)


def _border(said: Said, loud: NDArray[np.bool_]) -> float:
    """What so few windows of speech and of surroundings, of each alike, are over."""
    found = [
        float(np.quantile(said.gates[loud & (said.sources == source)], 1 - _PASSING))
        for source in _NOT_MUSIC
        if (said.sources == source).any()
    ]
    return max(found)


def _platt(values: Array, truth: NDArray[np.bool_], weight: Array) -> tuple[float, float]:
    """Slope and offset of least cross-entropy (Platt, 1999)."""
    scaled = weight / weight.mean()
    found = LogisticRegression(C=100.0).fit(values[:, None], truth, sample_weight=scaled)
    return float(found.coef_[0, 0]), float(found.intercept_[0])
