"""Splits of a data set into training, validation and test parts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from engine.errors import DataError

Indices = NDArray[np.int64]
# What the parts of an official split are called, here and elsewhere.
_PARTS = {
    "training": ("training", "train"),
    "validation": ("validation", "valid", "val", "dev"),
    "test": ("test", "testing", "eval"),
}
Unit = Literal["window", "recording", "group"]


class SplitRule(BaseModel):
    """How the sounds are split into training, validation and test."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    by: Unit = Field(
        "group",
        description=("What is kept together in one part: single windows, recordings or groups."),
    )
    group: str = Field(
        "", description="Column with the names of the groups; empty: the data set's own groups."
    )
    stratified: bool = Field(True, description="Keep the proportions of the classes in every part.")
    official: bool = Field(
        False, description="Use the split the data set was published with, if any."
    )
    test: float = Field(0.2, ge=0, lt=1, description="Share of all data used for the final test.")
    validation: float = Field(
        0.2, ge=0, lt=1, description="Share of the remaining data used for validation."
    )
    folds: int = Field(0, ge=0, description="Cross-validation: number of folds; 0: one split.")
    fold: int = Field(
        0, ge=0, description="Fold used as the test part, or number of the official fold."
    )
    test_is_validation: bool = Field(
        False, description="Test on the validation part (a known mistake; needs allow_leak)."
    )
    train_on_test: bool = Field(
        False, description="Train on the test part (a known mistake; needs allow_leak)."
    )


@dataclass(frozen=True)
class Split:
    """Row numbers of the three parts, each sorted; no row is in two."""

    training: Indices
    validation: Indices
    test: Indices


@dataclass(frozen=True)
class Items:
    """What is split: one entry a window.

    Attributes:
        labels: class number of each, int64.
        recordings: the file or stretch each comes from.
        groups: what must not be on two sides.
        folds: official part, "" where there is none.
    """

    labels: Indices
    recordings: Sequence[str]
    groups: Sequence[str]
    folds: Sequence[str]


def split(items: Items, rule: SplitRule, seed: int) -> Split:
    """Cut a data set into training, validation and test.

    Args:
        items: the windows.
        rule: how.
        seed: of the random choice.

    Raises:
        DataError: a part would be empty, or has a class that training never met.
    """
    if len(items.labels) == 0:
        raise DataError("There is nothing to split: the data set has no windows left.")
    rng = np.random.default_rng(seed)
    units = _units(items, rule.by)
    everything = np.arange(len(items.labels))
    if rule.official and any(items.folds):
        found = _official(items, rule.fold)
    elif rule.folds:
        if rule.folds < 2 or rule.fold >= rule.folds:
            raise DataError(
                f"Fold {rule.fold} of {rule.folds} cannot be used: cross-validation needs at least "
                "2 folds, counted from 0."
            )
        number = _folds(units, items.labels, rule, rng)
        judged = number == rule.fold
        found = Split(everything[~judged], _none(), everything[judged])
    else:
        chosen = _draw(units, items.labels, everything, rule.test, rule.stratified, rng)
        found = Split(np.setdiff1d(everything, chosen), _none(), chosen)
    # Where the test chooses, nothing else has to.
    if len(found.validation) == 0 and rule.validation > 0 and not rule.test_is_validation:
        chosen = _draw(units, items.labels, found.training, rule.validation, rule.stratified, rng)
        found = Split(np.setdiff1d(found.training, chosen), chosen, found.test)
    _check(found, items, rule)
    if rule.test_is_validation:
        found = Split(found.training, found.test, found.test)
    if rule.train_on_test:
        found = Split(found.test, found.validation, found.test)
    return found


def _check(found: Split, items: Items, rule: SplitRule) -> None:
    known = set(items.labels[found.training].tolist())
    judged = set(items.labels[np.concatenate([found.validation, found.test])].tolist())
    wanted = rule.test > 0 or rule.folds > 0
    # Where numbers are predicted, sounds may have no class, which counts as one.
    least = min(2, len(set(items.labels.tolist())))
    tested = len(set(items.labels[found.test].tolist()))
    if not known or judged - known or (wanted and tested < least):
        way_out = "" if rule.by == "window" else ", or split by window and set data.allow_leak"
        raise DataError(
            f"Some class has too few {rule.by}s to split them: add recordings{way_out}."
        )


def _none() -> Indices:
    return np.zeros(0, dtype=np.int64)


def _units(items: Items, by: Unit) -> Indices:
    """The number of the unit that each window belongs to."""
    if by == "window":
        return np.arange(len(items.labels))
    names = items.recordings if by == "recording" else items.groups
    return np.unique(np.asarray(names, dtype=object).astype(str), return_inverse=True)[1]


def _official(items: Items, fold: int) -> Split:
    names = np.asarray(items.folds, dtype=object).astype(str)
    known = sorted(set(names.tolist()) - {""}, key=lambda name: (len(name), name))
    if len(known) < 2:
        raise DataError("This data set has no official split. Choose another kind of split.")
    if any(name.lower() in _PARTS["test"] for name in known):
        lowered = np.char.lower(names)
        return Split(*(np.flatnonzero(np.isin(lowered, part)) for part in _PARTS.values()))
    if fold > len(known):
        raise DataError(
            f"There is no official fold {fold}: there are {len(known)}, counted from 1."
        )
    judged = known[fold - 1]  # 0: the last
    others = (names != judged) & (names != "")  # what is in no fold is in no part
    return Split(np.flatnonzero(others), _none(), np.flatnonzero(names == judged))


def _shuffled_by_class(
    units: Indices, labels: Indices, stratified: bool, rng: np.random.Generator
) -> list[Indices]:
    """Units in random order: one list, or one for each class (that of a unit's first window)."""
    order, first = np.unique(units, return_index=True)
    if not stratified:
        return [rng.permutation(order)]
    of_unit = labels[first]
    return [rng.permutation(order[of_unit == label]) for label in np.unique(of_unit)]


def _draw(
    units: Indices,
    labels: Indices,
    among: Indices,
    share: float,
    stratified: bool,
    rng: np.random.Generator,
) -> Indices:
    """Windows of randomly chosen units that come nearest to a share of them (of each class)."""
    mine, own = units[among], labels[among]
    if share <= 0:
        return _none()
    taken: list[int] = []
    for candidates in _shuffled_by_class(mine, own, stratified, rng):
        taken += _nearest(candidates, _sizes(mine, candidates), share)
    return among[np.isin(mine, taken)]


def _nearest(candidates: Indices, sizes: Indices, share: float) -> list[int]:
    """Units that come near to a share of all, in their order; at least one, never all."""
    # Classes of one unit stay in training: a class never met cannot be judged either.
    if len(candidates) < 2:
        return []
    wanted, have = share * sizes.sum(), 0
    taken: list[int] = []
    for unit, size in zip(candidates.tolist(), sizes.tolist(), strict=True):
        if have + size / 2 <= wanted and len(taken) < len(candidates) - 1:
            taken.append(unit)
            have += size
    chosen = np.isin(candidates, taken or [int(candidates[np.argmin(sizes)])])
    return [int(unit) for unit in candidates[_exchanged(chosen, sizes, wanted)]]


def _exchanged(chosen: NDArray[np.bool_], sizes: Indices, wanted: float) -> NDArray[np.bool_]:
    """Other units in place of those chosen by chance, as long as their sum comes nearer.

    What is off by no more than half of the smallest unit stays as chance had it: so do all splits
    into units of one size.
    """
    chosen = chosen.copy()
    while abs(off := float(sizes[chosen].sum()) - wanted) > sizes.min() / 2:
        # None (a size of 0) in place of one, one in place of none, or one in place of another.
        going, coming = [*np.unique(sizes[chosen])], [*np.unique(sizes[~chosen])]
        going = [0, *going] if chosen.sum() < len(sizes) - 1 else going
        coming = [0, *coming] if chosen.sum() > 1 else coming
        after = np.abs(off + np.subtract.outer(coming, going))
        add, remove = np.unravel_index(int(np.argmin(after)), after.shape)
        if after[add, remove] > abs(off) - 1e-9:
            break
        for size, which, on in ((going[remove], chosen, False), (coming[add], ~chosen, True)):
            if size:
                chosen[np.flatnonzero(which & (sizes == size))[0]] = on
    return chosen


def _sizes(units: Indices, candidates: Indices) -> Indices:
    counts = np.bincount(units)
    return counts[candidates]


def _folds(units: Indices, labels: Indices, rule: SplitRule, rng: np.random.Generator) -> Indices:
    """The fold of each window; units go where least of their class is so far, large ones first."""
    number = np.zeros(int(units.max()) + 1, dtype=np.int64)
    totals = np.zeros(rule.folds)
    for candidates in _shuffled_by_class(units, labels, rule.stratified, rng):
        sizes = _sizes(units, candidates)
        load = np.zeros(rule.folds)
        for index in np.argsort(-sizes, kind="stable"):
            best = int(np.lexsort((totals, load))[0])
            number[candidates[index]] = best
            load[best] += sizes[index]
            totals[best] += sizes[index]
    return number[units]
