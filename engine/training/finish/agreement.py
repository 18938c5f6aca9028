"""Checks whether a network trained on librosa features can use Earmark's own features."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from engine.datasets.arrays import declared_feature
from engine.datasets.table import Dataset
from engine.features import Feature
from engine.features.by_librosa import ByLibrosa, library
from engine.features.given import Given
from engine.networks import Network
from engine.recipes.recipe import Recipe
from engine.training.data.decoding import decoded
from engine.training.data.plan import Plan
from engine.training.data.prepare import PreparedData
from engine.training.finish.background import synthetic

MOST_DIFFERENT = 1e-3
_FOREIGN = (
    "It was trained on features that Earmark did not compute, so it cannot listen or classify "
    "sounds: it judges files of such features only."
)
_ROWS, _WINDOWS_OF_ROW, _NOISES = 12, 4, 4


@dataclass(frozen=True)
class ServingFeature:
    """The feature that a trained network is used with.

    Attributes:
        feature: of its classifier.
        words: for the card and the reader, empty where nothing has to be said.
        files_only: whether Earmark's own feature says something else than the one it learned from.
    """

    feature: Feature
    words: str = ""
    files_only: bool = False


def serving_feature(
    feature: Feature,
    network: Network,
    recipe: Recipe,
    dataset: Dataset,
    prepared: PreparedData,
    plan: Plan,
) -> ServingFeature:
    """Earmark's own feature where it says the same as librosa's, else the one learned from.

    Both are computed on windows of some sounds that were learned from, and on noises. They say the
    same if no value of any frame differs by more than 0.001 (relative where it is over 1), and no
    probability by more than 0.001.

    Args:
        feature: what the network learned from.
        network: trained.
        recipe: how windows are cut.
        dataset: where they come from.
        prepared: which rows became windows.
        plan: which windows were learned from.
    """
    if dataset.features and not _declared(recipe, dataset):
        given = Given(rate_hz=recipe.data.rate_hz, bands=prepared.values.shape[1],
                      frames=prepared.values.shape[2])  # fmt: skip
        return ServingFeature(given, _FOREIGN, files_only=True)
    if not isinstance(feature, ByLibrosa):
        return ServingFeature(feature)
    windows = torch.from_numpy(np.concatenate(list(_windows(recipe, dataset, prepared, plan))))
    own, network = feature.own(), copy.deepcopy(network).cpu().eval()
    with torch.inference_mode():
        ours, theirs = own(windows), feature(windows)
        frames = float(((ours - theirs).abs() / theirs.abs().clamp(min=1.0)).max())
        one, other = (_answers(network, values, recipe) for values in (ours, theirs))
    answers = float((one - other).abs().max())
    what = "a value (in deviations)" if recipe.is_regression else "a probability"
    differ = f"differ by up to {frames:.1g} in a frame and {answers:.1g} in {what}"
    if max(frames, answers) <= MOST_DIFFERENT:
        words = f"It was trained on features by {library()} and uses Earmark's own, which {differ}."
        return ServingFeature(own, words)
    words = (
        f"It can only classify files: it needs features by {library()}, and Earmark's own {differ}."
    )
    return ServingFeature(feature, words, files_only=True)


def _declared(recipe: Recipe, dataset: Dataset) -> bool:
    """Whether the data set says that its features are the recipe's own."""
    said = declared_feature(dataset.root)
    if said is None:
        return False
    own = {
        "rate_hz": recipe.data.rate_hz,
        "window_samples": recipe.data.window_samples,
        "feature": recipe.feature.model_dump(),
    }
    return said == own


def _answers(network: Network, frames: Tensor, recipe: Recipe) -> Tensor:
    logits = network.head(network.embed(frames))
    if recipe.is_regression:
        return logits
    several = recipe.training.loss == "binary-cross-entropy"
    return logits.sigmoid() if several else logits.softmax(1)


def _windows(
    recipe: Recipe, dataset: Dataset, prepared: PreparedData, plan: Plan
) -> Iterator[np.ndarray]:
    """Sound, float32, shape (n, samples) each: a few windows of some rows, then noises."""
    if not dataset.features:
        learned = np.unique(prepared.rows[plan.training])
        chosen = learned[np.linspace(0, len(learned) - 1, min(_ROWS, len(learned))).astype(int)]
        some = dataset.take(chosen.tolist())
        few = recipe.changed({"data.most_windows": _WINDOWS_OF_ROW})
        yield from decoded(some, few, lambda cut: cut.windows, alone=True)
    data, seed = recipe.data, recipe.training.seed
    for _, sound in synthetic(data.rate_hz, data.window_samples, _NOISES, seed):
        yield sound[None]
