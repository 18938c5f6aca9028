"""The plan of a training: classes, split and overlap checks; the test part stays sealed."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine.datasets.dimensions import values_of
from engine.datasets.leaks import Leaks, find_leaks
from engine.datasets.splits import Indices, Items, Split, split
from engine.datasets.table import Dataset
from engine.errors import DataError
from engine.recipes.recipe import Recipe
from engine.training.data.prepare import PreparedData
from engine.training.data.units import Units

_SEPARATOR = ";"
_LEAST_GROUPS = 5  # of each label, or a regression's parts are drawn whatever the labels


class SealedTest:
    """The windows that judge: handed out once, when everything is decided."""

    def __init__(self, indices: Indices) -> None:
        self._indices: Indices | None = indices
        self.count = len(indices)

    def open(self) -> Indices:
        """The indices; the second call fails.

        Raises:
            DataError: it was opened before.
        """
        if self._indices is None:
            raise DataError(
                "The test part has already been used. It can be evaluated only once, at the end."
            )
        indices, self._indices = self._indices, None
        return indices


@dataclass(frozen=True)
class Plan:
    """A data set cut into parts.

    Attributes:
        labels: classes in the order of the logits; of a regression its dimensions.
        targets: float32, shape (windows, classes); one-hot, or several 1 for multi-label; of a
            regression the values with mean 0 and deviation 1 over the training part.
        training: windows that are learned from.
        validation: windows that choose.
        test: windows that judge.
        used: windows of all three.
        recordings: file of each window.
        starts: seconds from the file's start where each window begins, float64.
        leaks: what both sides share.
        groups: what each window must not share with another part.
        units: of a regression's dimensions; None: there are classes.
        positive: number of the positive class; None: the recipe names none that is here.
    """

    labels: tuple[str, ...]
    targets: NDArray[np.float32]
    training: Indices
    validation: Indices
    test: SealedTest
    used: Indices
    recordings: Sequence[str]
    starts: NDArray[np.float64]
    leaks: Leaks = field(default_factory=lambda: Leaks((), {}))
    groups: Sequence[str] = ()
    units: Units | None = None
    positive: int | None = None


def make_plan(dataset: Dataset, recipe: Recipe, prepared: PreparedData) -> Plan:
    """Cut the windows of a data set into parts and look for leaks.

    Raises:
        DataError: it cannot be split, or it leaks and the recipe does not allow that.
    """
    labels, numbers, first_class = _truth(dataset, recipe, prepared)
    chosen = _at_most(first_class, recipe)
    excerpts = [dataset.excerpts[row] for row in prepared.rows]
    recordings = [f"{e.path}" for e in excerpts]
    groups = _groups(dataset, recipe)
    items = Items(
        labels=first_class[chosen],
        recordings=[_recording(dataset, int(prepared.rows[i])) for i in chosen],
        groups=[groups[prepared.rows[i]] for i in chosen],
        folds=[excerpts[i].fold for i in chosen],
    )
    parts = _original(chosen, split(items, recipe.data.split, recipe.training.seed))
    leaks = find_leaks(
        parts, [groups[row] for row in prepared.rows], recordings, dataset.repeats, prepared.values
    )
    if leaks and not recipe.data.allow_leak:
        raise DataError(
            f"Test and training data would overlap: {leaks.sentence()}. "
            "Split by group, remove the repeats, or set data.allow_leak = true."
        )
    units = Units.learned(labels, numbers, parts.training) if recipe.is_regression else None
    return Plan(
        labels=labels,
        targets=numbers.astype(np.float32) if units is None else units.targets(),
        training=parts.training,
        validation=parts.validation,
        test=SealedTest(parts.test),
        used=chosen,
        recordings=recordings,
        starts=prepared.starts + _offsets(dataset)[prepared.rows],
        leaks=leaks,
        groups=[groups[row] for row in prepared.rows],
        units=units,
        positive=labels.index(recipe.data.positive) if recipe.data.positive in labels else None,
    )


def _truth(
    dataset: Dataset, recipe: Recipe, prepared: PreparedData
) -> tuple[tuple[str, ...], NDArray[np.float64], Indices]:
    """Labels or dimensions; of each window which it has, or their values; and its first class."""
    if recipe.is_regression:
        values = values_of(dataset, recipe.data.dimensions)[prepared.rows]
        return tuple(recipe.data.dimensions), values, _first_labels(dataset)[prepared.rows]
    labels, of_row = _classes(dataset, recipe)
    of_window = of_row[prepared.rows]
    _check_heard(labels, of_window, prepared)
    return labels, of_window.astype(np.float64), of_window.argmax(1)


def _original(chosen: Indices, parts: Split) -> Split:
    return Split(chosen[parts.training], chosen[parts.validation], chosen[parts.test])


def _classes(dataset: Dataset, recipe: Recipe) -> tuple[tuple[str, ...], NDArray[np.bool_]]:
    """The labels, and for each row which of them it has."""
    several = recipe.training.loss == "binary-cross-entropy"
    rows = [
        [part.strip() for part in e.label.split(_SEPARATOR) if part.strip()]
        if several
        else [e.label]
        for e in dataset.excerpts
    ]
    labels = tuple(sorted({label for row in rows for label in row}))
    if labels == ("",):
        raise DataError(
            f"{dataset.about.name} has no column 'label'. Add one, name another by data.label, or "
            "predict numbers: deployment.task = regression, and data.dimensions."
        )
    if len(labels) < 2:
        raise DataError(
            f"There is only one class, {', '.join(labels)}. Training needs at least two."
        )
    place = {label: index for index, label in enumerate(labels)}
    table = np.zeros((len(rows), len(labels)), dtype=bool)
    for index, row in enumerate(rows):
        table[index, [place[label] for label in row]] = True
    return labels, table


def _first_labels(dataset: Dataset) -> Indices:
    """The number of each row's label: where a regression's data has some, parts keep their shares.

    A label that only one group has says nothing of that; then all count as one.
    """
    groups: dict[str, set[str]] = {}
    for excerpt, group in zip(dataset.excerpts, dataset.groups, strict=True):
        groups.setdefault(excerpt.label, set()).add(group)
    if any(len(found) < _LEAST_GROUPS for found in groups.values()):
        return np.zeros(len(dataset), dtype=np.int64)
    place = {label: index for index, label in enumerate(sorted(groups))}
    return np.asarray([place[excerpt.label] for excerpt in dataset.excerpts])


def _check_heard(
    labels: Sequence[str], of_window: NDArray[np.bool_], prepared: PreparedData
) -> None:
    """A class of which nothing is left could be neither learned nor judged."""
    missing = [label for index, label in enumerate(labels) if not of_window[:, index].any()]
    if missing:
        reason = next(iter(prepared.skipped.values()), "all are too short or too quiet.")
        raise DataError(
            f"No sound of {', '.join(missing)} can be used for training: {reason} "
            "Leave the class out with data.classes, or use shorter windows."
        )


def _at_most(classes: Indices, recipe: Recipe) -> Indices:
    """Windows that are used, so many of each class and in all, drawn by the recipe's seed."""
    most, in_all = recipe.data.most_per_class, recipe.data.most_in_all
    kept = np.arange(len(classes))
    rng = np.random.default_rng([recipe.training.seed, 71])
    if most:
        of_class = [np.flatnonzero(classes == label) for label in np.unique(classes)]
        kept = np.concatenate([rng.permutation(windows)[:most] for windows in of_class])
    if in_all:
        kept = rng.permutation(kept)[:in_all]
    return np.sort(kept)


def _groups(dataset: Dataset, recipe: Recipe) -> Sequence[str]:
    column = recipe.data.split.group
    if not column:
        return dataset.groups
    if any(column not in excerpt.extra for excerpt in dataset.excerpts):
        raise DataError(f"{dataset.about.name} has no column '{column}' to split by.")
    return [excerpt.extra[column] for excerpt in dataset.excerpts]


def _offsets(dataset: Dataset) -> NDArray[np.float64]:
    """Seconds from the file's start where each row begins; features tell no times."""
    if dataset.features:
        return np.zeros(len(dataset))
    return np.array([excerpt.start for excerpt in dataset.excerpts])


def _recording(dataset: Dataset, row: int) -> str:
    """What the windows of one sound share: for features, which tell no sounds, the row."""
    excerpt = dataset.excerpts[row]
    return f"{excerpt.path} {row}" if dataset.features else excerpt.path
