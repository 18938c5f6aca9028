"""Readers of embeddings found by linear discriminant analysis, beside those that are taught."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from instrument.batches import Windows
from instrument.classes import LABELS
from instrument.student import LEAST_DEVIATION, Student

_SHRINKAGE = 0.01  # of the scatter towards that of independent numbers of one deviation
_ABSENT = -20.0  # logit of a label that nothing was heard of

Array = NDArray[np.float64]


def learn_rules(student: Student, windows: Windows, usable: NDArray[np.bool_]) -> None:
    """Find the student's rules by the labelled windows, as they are and worn."""
    chosen = np.flatnonzero(usable & (windows.labels >= 0))
    labels = np.tile(windows.labels[chosen], 2)
    collections = np.tile(windows.collections[chosen], 2)
    for rule, reader, heard in (
        (student.music_rule, student.music_output, _music),
        (student.rule, student.output, _mobile),
    ):
        values = np.concatenate([heard(student, windows, chosen, v) for v in (0, 1)])
        weight, bias = discriminant(values.astype(np.float64), labels, collections)
        said = _centred(values @ weight.T + bias, np.unique(labels))
        taught = _taught(student, reader, values)
        _set(rule, weight, bias, float(taught.std() / said.std()), np.unique(labels))


def discriminant(
    values: Array, labels: NDArray[np.int64], collections: NDArray[np.str_]
) -> tuple[Array, Array]:
    """Fisher's linear discriminants (1936) for labels met in several collections.

    A label's mean is that of its means in each collection, and what tells the collections of one
    label apart counts as scatter within it (as in Hatch, Kajarekar and Stolcke, 2006): directions
    in which rooms and makers differ say little of a collection never heard.

    Args:
        values: shape (n, size).
        labels: of each, shape (n,).
        collections: of each, shape (n,).

    Returns:
        Weights (labels, size) and biases (labels,), 0 for labels that are not met.
    """
    lively = values.std(0) > LEAST_DEVIATION
    mean, deviation = values.mean(0)[lively], values.std(0)[lively]
    scaled = (values[:, lively] - mean) / deviation
    means, within, among = _scatter(scaled, labels, collections)
    scatter = within + among
    level = np.trace(scatter) / len(scatter)
    found = np.linalg.solve(scatter + _SHRINKAGE * level * np.eye(len(scatter)), means.T).T
    weight = np.zeros((len(LABELS), values.shape[1]))
    weight[:, lively] = found / deviation
    bias = -0.5 * (means * found).sum(1) - weight[:, lively] @ mean
    return weight, bias


def _scatter(
    values: Array, labels: NDArray[np.int64], collections: NDArray[np.str_]
) -> tuple[Array, Array, Array]:
    """Means of the labels, scatter within a label of a collection, and among its collections."""
    size = values.shape[1]
    means, within, among = np.zeros((len(LABELS), size)), [], []
    for label in np.unique(labels):
        mine = labels == label
        cells = [values[mine & (collections == c)] for c in np.unique(collections[mine])]
        centres = np.stack([cell.mean(0) for cell in cells])
        means[label] = centres.mean(0)
        within += [np.cov(cell.T, bias=True) for cell in cells]
        if len(cells) > 1:
            among.append(np.cov(centres.T))
    return means, np.mean(within, axis=0), np.mean(among, axis=0)


def _set(rule: nn.Linear, weight: Array, bias: Array, scale: float, met: NDArray[np.int64]) -> None:
    """Logits as spread as the taught reader's, their mean 0."""
    biases = np.full(len(LABELS), _ABSENT)
    biases[met] = scale * (bias - bias[met].mean())[met]
    weights = np.zeros_like(weight)
    weights[met] = scale * (weight - weight[met].mean(0))[met]
    with torch.no_grad():
        rule.weight.copy_(torch.from_numpy(weights))
        rule.bias.copy_(torch.from_numpy(biases))


def _centred(logits: Array, met: NDArray[np.int64]) -> Array:
    return np.asarray(logits[:, met] - logits[:, met].mean(1, keepdims=True))


def _music(
    student: Student, windows: Windows, chosen: NDArray[np.int64], version: int
) -> NDArray[np.float32]:
    return np.asarray(windows.music[chosen, version], np.float32)


@torch.inference_mode()
def _mobile(
    student: Student, windows: Windows, chosen: NDArray[np.int64], version: int
) -> NDArray[np.float32]:
    features = torch.from_numpy(windows.features[chosen, version])
    parts = features.split(256)  # type: ignore[no-untyped-call]
    return torch.cat([student.trunk.hear(part.float()) for part in parts]).numpy()


@torch.inference_mode()
def _taught(student: Student, reader: nn.Linear, values: NDArray[np.float32]) -> Tensor:
    heard = torch.from_numpy(values)
    if reader is student.music_output:
        heard = student.scale(heard)
    logits: Tensor = reader(heard)
    return logits - logits.mean(1, keepdim=True)
