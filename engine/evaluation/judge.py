"""Evaluation of a finished classifier on a labelled data set."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from engine.audio.files import read
from engine.classifier.card import Card
from engine.classifier.classifier import Classifier, level_db
from engine.datasets.arrays import feature_rows
from engine.datasets.cutting import Cutting, cut
from engine.datasets.dimensions import values_of
from engine.datasets.table import Dataset
from engine.errors import AudioError, DataError
from engine.evaluation.results import Results, ValueResults
from engine.threads import give_way, one_torch_thread
from engine.windows import Windows

_AT_ONCE = 64


@dataclass(frozen=True)
class DatasetPredictions:
    """Predictions of a classifier on a data set.

    Attributes:
        results: of all windows.
        skipped: files that could not be read, with the reason.
        known_data: whether it learned from this very data set.
    """

    results: Results | ValueResults
    skipped: dict[str, str]
    known_data: bool


def predict_dataset(
    classifier: Classifier, dataset: Dataset, *, device: str = "cpu"
) -> Generator[float, None, DatasetPredictions]:
    """Run a classifier over the windows of a data set; yields the share done.

    Windows follow each other by the card's hop, an excerpt's last one filled up with silence.

    Of a regression the truth is in columns that are called as its dimensions.

    Raises:
        DataError: the data set has features instead of sound, or none of the classifier's classes;
            or lacks a dimension.
    """
    with one_torch_thread():
        placed = classifier.to(torch.device(device))
        if classifier.card.features_only:
            return (yield from _predict_features(placed, dataset, device))
        return (yield from _predict(placed, dataset, device))


def _predict_features(
    classifier: Classifier, dataset: Dataset, device: str
) -> Generator[float, None, DatasetPredictions]:
    """Of finished features, for a classifier that learned from such."""
    if not dataset.features:
        raise DataError(classifier.card.refusal("be evaluated on sounds"))
    rows = _known_rows(classifier, dataset)
    values = feature_rows(dataset)
    bands, frames = (classifier.card.feature.arguments[name] for name in ("bands", "frames"))
    if values.shape[1:] != (bands, frames):
        raise DataError(
            f"{dataset.about.name} has features of {values.shape[1]} bands and {values.shape[2]} "
            f"frames; '{classifier.card.title}' was trained on {bands} and {frames}."
        )
    parts = []
    for start in range(0, len(rows), _AT_ONCE):
        chosen = [index for index, _ in rows[start : start + _AT_ONCE]]
        waveforms = values[chosen].reshape(len(chosen), -1)
        parts.append(_probabilities(classifier, waveforms, device))
        yield min(1.0, (start + _AT_ONCE) / len(rows))
    table = np.stack([labels for _, labels in rows])
    groups = tuple(dataset.groups[index] for index, _ in rows)
    where = groups, groups, np.zeros(len(rows))
    results = _results(classifier.card, np.concatenate(parts), table, where)
    return DatasetPredictions(results, {}, _learned_from(classifier, dataset))


def _learned_from(classifier: Classifier, dataset: Dataset) -> bool:
    learned = {source.fingerprint for source in classifier.card.data} - {None}
    return dataset.fingerprint() in learned


def _predict(
    classifier: Classifier, dataset: Dataset, device: str
) -> Generator[float, None, DatasetPredictions]:
    rows = _rows(classifier, dataset)
    parts: list[NDArray[np.float32]] = []
    truth: list[NDArray[Any]] = []
    groups: list[str] = []
    recordings: list[str] = []
    starts: list[float] = []
    skipped: dict[str, str] = {}
    for done, (index, labels) in enumerate(rows, start=1):
        excerpt = dataset.excerpts[index]
        try:
            windows, places = _windows(classifier, dataset, index)
        except AudioError as error:
            skipped[excerpt.path] = str(error)
            continue
        give_way()
        parts.append(_probabilities(classifier, windows, device))
        truth += [labels] * len(windows)
        recordings += [excerpt.path] * len(windows)
        groups += [excerpt.group or excerpt.path] * len(windows)
        starts += (excerpt.start + places / classifier.card.rate_hz).tolist()
        yield done / len(rows)
    if not recordings:
        raise DataError(f"No sound of {dataset.about.name} could be used for the evaluation.")
    where = tuple(recordings), tuple(groups), np.asarray(starts)
    results = _results(classifier.card, np.concatenate(parts), np.stack(truth), where)
    return DatasetPredictions(results, skipped, _learned_from(classifier, dataset))


def _results(
    card: Card,
    found: NDArray[np.float32],
    truth: NDArray[Any],
    where: tuple[tuple[str, ...], tuple[str, ...], NDArray[np.float64]],
) -> Results | ValueResults:
    recordings, groups, starts = where
    labels = tuple(card.labels)
    if card.is_regression:
        # Its bias is the mean of what it learned from.
        baseline = np.asarray(card.calibration.bias or [0.0] * len(labels), dtype=np.float32)
        true = truth.astype(np.float32)
        return ValueResults(labels, found, true, baseline, recordings, groups, starts)
    known: NDArray[Any] = truth if card.multi_label else truth.argmax(1)
    return Results(labels, np.clip(found, 0.0, 1.0), known, recordings, starts)


def _rows(classifier: Classifier, dataset: Dataset) -> list[tuple[int, NDArray[Any]]]:
    """Rows that have a class the classifier knows, and which; of a regression all, and values."""
    if dataset.features:
        raise DataError(
            "This data set contains features instead of sounds. It can be used for training, and "
            "to evaluate classifiers that were trained on such features."
        )
    return _known_rows(classifier, dataset)


def _known_rows(classifier: Classifier, dataset: Dataset) -> list[tuple[int, NDArray[Any]]]:
    if classifier.card.is_regression:
        return list(enumerate(values_of(dataset, classifier.card.labels)))
    known = {label: index for index, label in enumerate(classifier.card.labels)}
    found = []
    for index, excerpt in enumerate(dataset.excerpts):
        names = excerpt.label.split(";") if classifier.card.multi_label else [excerpt.label]
        has = np.zeros(len(known), dtype=bool)
        has[[known[name.strip()] for name in names if name.strip() in known]] = True
        if has.any():
            found.append((index, has))
    if not found:
        raise DataError(
            f"{dataset.about.name} has none of the classes of '{classifier.card.name}' "
            f"({', '.join(list(known)[:6])}, ...): it has {', '.join(dataset.labels[:6])}."
        )
    return found


def _windows(
    classifier: Classifier, dataset: Dataset, index: int
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    excerpt, card = dataset.excerpts[index], classifier.card
    length = None if excerpt.end is None else excerpt.end - excerpt.start
    audio = read(
        dataset.file_of(index),
        mono=True,
        rate_hz=card.rate_hz,
        start_seconds=excerpt.start,
        duration_seconds=length,
    )
    return cut(
        audio.samples[0], card.rate_hz, Cutting(Windows(card.window_samples, card.hop_samples))
    )


@torch.inference_mode()
def _probabilities(
    classifier: Classifier, windows: NDArray[np.float32], device: str
) -> NDArray[np.float32]:
    """Without the gate's presence: what it says if it is one of its classes; or values."""
    found = [np.zeros((0, len(classifier.card.labels)), dtype=np.float32)]
    for start in range(0, len(windows), _AT_ONCE):
        waveforms = torch.from_numpy(windows[start : start + _AT_ONCE]).to(device)
        embedding = classifier.network.embed(classifier.feature(waveforms))
        probabilities, presence = classifier.judge(embedding, level_db(waveforms))
        if classifier.card.is_regression:
            presence = torch.ones_like(presence)  # values hold none
        share = torch.where(presence > 0, presence, 1.0)[:, None]
        found.append((probabilities / share).cpu().numpy())
    return np.concatenate(found)
