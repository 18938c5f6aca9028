"""Which excerpts train, which choose and which judge."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from engine.errors import DataError

Indices = NDArray[np.int64]
Unit = Literal["window", "recording", "group"]


class SplitRule(BaseModel):
    """Which part of the sounds trains, chooses and judges."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    by: Unit = Field(
        "group", description="What is never cut apart: nothing, a recording, or a group."
    )
    group: str = Field("", description="Column that names the groups; empty: the data set's own.")
    stratified: bool = Field(True, description="Keep the shares of the classes in every part.")
    official: bool = Field(False, description="Use the split the data set was published with.")
    test: float = Field(0.2, ge=0, lt=1, description="Share of everything that judges at the end.")
    validation: float = Field(0.2, ge=0, lt=1, description="Share of the rest that chooses.")
    folds: int = Field(0, ge=0, description="Cross-validation: number of folds; 0: one split.")
    fold: int = Field(0, ge=0, description="Fold that judges, or number of the official fold.")
    test_is_validation: bool = Field(
        False, description="Judge on the part that also chose (a trap; needs allow_leak)."
    )
    train_on_test: bool = Field(
        False, description="Learn from the part that judges (a trap; needs allow_leak)."
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
    rng = np.random.default_rng(seed)
    units = _units(items, rule.by)
    everything = np.arange(len(items.labels))
    if rule.official:
        found = _official(items, rule.fold)
    elif rule.folds:
        number = _folds(units, items.labels, rule, rng)
        judged = number == rule.fold % rule.folds
        found = Split(everything[~judged], _none(), everything[judged])
    else:
        chosen = _draw(units, items.labels, everything, rule.test, rule.stratified, rng)
        found = Split(np.setdiff1d(everything, chosen), _none(), chosen)
    if len(found.validation) == 0 and rule.validation > 0:
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
    wanted = rule.test > 0 or rule.folds > 0 or rule.official
    if not known or judged - known or (wanted and len(set(items.labels[found.test].tolist())) < 2):
        raise DataError(
            f"There are too few {rule.by}s of some class to split them: "
            "add recordings, or split by window and allow the leak."
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
    known = sorted(set(names))
    if known == [""]:
        raise DataError("This data set has no official split: choose another one.")
    if "test" in known:
        parts = [np.flatnonzero(names == part) for part in ("training", "validation", "test")]
        return Split(*parts)
    judged = known[(fold - 1) % len(known)] if fold else known[-1]
    return Split(np.flatnonzero(names != judged), _none(), np.flatnonzero(names == judged))


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
        sizes = _sizes(mine, candidates)
        wanted, have = share * sizes.sum(), 0
        # Classes of one unit stay in training: a class never met cannot be judged either.
        for unit, size in zip(candidates[: max(0, len(candidates) - 1)], sizes, strict=False):
            if have + size / 2 > wanted and have > 0:
                break
            taken.append(int(unit))
            have += int(size)
    return among[np.isin(mine, taken)]


def _sizes(units: Indices, candidates: Indices) -> Indices:
    counts = np.bincount(units)
    return counts[candidates]


def _folds(units: Indices, labels: Indices, rule: SplitRule, rng: np.random.Generator) -> Indices:
    """The fold of each window; units go to the fold that has least of their class so far."""
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
