"""No row on two sides, no group cut apart, every class where it belongs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.datasets import open_dataset
from engine.datasets.splits import Items, Split, SplitRule, Unit, _exchanged, split
from engine.errors import DataError
from tests import corpora


def _items(
    recordings: list[int], per_group: int = 1, labels: int = 3, folds: list[str] | None = None
) -> Items:
    """So many windows of each recording; so many recordings in turn are a group of one class."""
    rows = np.repeat(np.arange(len(recordings)), recordings)
    group = rows // per_group
    return Items(
        labels=(group % labels).astype(np.int64),
        recordings=[f"recording {row}" for row in rows],
        groups=[f"group {number}" for number in group],
        folds=folds or [""] * len(rows),
    )


def _in_parts(found: Split, items: Items, by: Unit) -> list[set[str]]:
    names = {
        "window": [str(row) for row in range(len(items.labels))],
        "recording": items.recordings,
        "group": items.groups,
    }[by]
    return [{names[i] for i in part} for part in (found.training, found.validation, found.test)]


# Enough groups of every class, of any sizes.
_sizes = st.lists(st.integers(1, 9), min_size=27, max_size=60)
_units: st.SearchStrategy[Unit] = st.sampled_from(["window", "recording", "group"])


@given(_sizes, _units, st.booleans(), st.floats(0.1, 0.5), st.floats(0, 0.5), st.integers(0, 9))
def test_every_row_in_one_part_and_nothing_cut_apart(
    sizes: list[int], by: Unit, stratified: bool, test: float, validation: float, seed: int
) -> None:
    items = _items(sizes, per_group=3)
    rule = SplitRule(by=by, stratified=stratified, test=test, validation=validation)
    try:
        found = split(items, rule, seed)
    except DataError:
        assert not stratified  # chance may leave a class out, the rule may not
        return
    rows = np.concatenate([found.training, found.validation, found.test])
    assert sorted(rows.tolist()) == list(range(len(items.labels)))
    for part in (found.training, found.validation, found.test):
        assert np.all(np.diff(part) > 0)
    a, b, c = _in_parts(found, items, by)
    assert not a & b
    assert not a & c
    assert not b & c
    assert (len(found.validation) > 0) == (validation > 0)


@given(_sizes, _units, st.floats(0.1, 0.5), st.integers(0, 9))
def test_shares_of_the_classes_are_kept(
    sizes: list[int], by: Unit, share: float, seed: int
) -> None:
    items = _items(sizes)
    found = split(items, SplitRule(by=by, test=share, validation=0), seed)
    largest = 1 if by == "window" else max(sizes)
    for label in range(3):
        mine = items.labels == label
        got = int(mine[found.test].sum())
        assert 0 < got < mine.sum()
        assert abs(got - share * mine.sum()) <= largest


def test_one_large_recording_does_not_become_the_test() -> None:
    items = _items([90, 90, 5, 5, 5, 5], labels=2)
    for seed in range(20):
        found = split(items, SplitRule(by="recording", test=0.1, validation=0), seed)
        assert len(found.test) <= 20
        least = split(items, SplitRule(by="recording", test=0.01, validation=0), seed)
        assert len(least.test) == 10


def test_same_seed_same_split_other_seed_other_split() -> None:
    items = _items([3] * 60)
    rule = SplitRule(by="recording")
    tests = [split(items, rule, seed).test.tolist() for seed in (1, 1, 2)]
    assert tests[0] == tests[1]
    assert tests[0] != tests[2]


def test_validation_is_a_share_of_the_rest() -> None:
    found = split(_items([1] * 900), SplitRule(by="window", test=0.5, validation=0.2), 1)
    assert [len(part) for part in (found.training, found.validation, found.test)] == [360, 90, 450]


def test_no_test_wanted() -> None:
    found = split(_items([1] * 90), SplitRule(test=0), 1)
    assert len(found.test) == 0
    assert len(found.validation) > 0


@given(_sizes, _units, st.integers(2, 5), st.integers(0, 9))
def test_folds_judge_every_row_once(sizes: list[int], by: Unit, folds: int, seed: int) -> None:
    items = _items(sizes)
    judged: list[int] = []
    for fold in range(folds):
        found = split(items, SplitRule(by=by, folds=folds, fold=fold), seed)
        rows = np.concatenate([found.training, found.validation, found.test])
        assert sorted(rows.tolist()) == list(range(len(items.labels)))
        a, b, c = _in_parts(found, items, by)
        assert not (a & b) | (a & c) | (b & c)
        judged += found.test.tolist()
    assert sorted(judged) == list(range(len(items.labels)))


@given(_sizes, st.integers(2, 5), st.integers(0, 9))
def test_folds_are_of_like_size(sizes: list[int], folds: int, seed: int) -> None:
    items = _items(sizes)
    for label in range(3):
        shares = [
            int((items.labels[split(items, rule, seed).test] == label).sum())
            for rule in (SplitRule(by="recording", folds=folds, fold=fold) for fold in range(folds))
        ]
        assert max(shares) - min(shares) <= max(sizes)


@pytest.mark.parametrize(("folds", "fold"), [(1, 0), (5, 5), (5, 9)])
def test_folds_that_are_none(folds: int, fold: int) -> None:
    with pytest.raises(DataError, match=f"Fold {fold} of {folds} cannot be used.*counted from 0"):
        split(_items([1] * 60), SplitRule(folds=folds, fold=fold), 1)


# Official splits


@pytest.mark.parametrize(
    "names",
    [("training", "validation", "test"), ("train", "val", "Test"), ("TRAIN", "dev", "eval")],
)
def test_official_parts_by_the_names_in_use(names: tuple[str, ...]) -> None:
    folds = [name for name in (*names, "") for _ in range(6)]
    found = split(_items([1] * 24, folds=folds), SplitRule(official=True), 1)
    assert found.training.tolist() == list(range(6))
    assert found.validation.tolist() == list(range(6, 12))
    assert found.test.tolist() == list(range(12, 18))


def test_official_training_gives_the_validation_that_is_not_published() -> None:
    items = _items([1] * 60, folds=["training"] * 40 + ["test"] * 20)
    found = split(items, SplitRule(official=True, validation=0.25), 1)
    assert found.test.tolist() == list(range(40, 60))
    assert 8 <= len(found.validation) <= 12
    assert np.union1d(found.training, found.validation).tolist() == list(range(40))


def test_official_folds_are_numbered_and_rows_of_none_are_left_out() -> None:
    folds = [str(1 + row // 6) for row in range(60)] + [""] * 6
    items = _items([1] * 66, folds=folds)
    for fold in range(1, 11):
        found = split(items, SplitRule(official=True, fold=fold, validation=0), 1)
        assert {folds[row] for row in found.test} == {str(fold)}
        assert len(found.training) == 54
    last = split(items, SplitRule(official=True, validation=0), 1)
    assert {folds[row] for row in last.test} == {"10"}
    with pytest.raises(DataError, match="no official fold 11: there are 10, counted from 1"):
        split(items, SplitRule(official=True, fold=11), 1)


def test_without_an_official_split_one_is_drawn() -> None:
    drawn, official = (split(_items([1] * 60), SplitRule(official=on), 1) for on in (False, True))
    assert drawn.test.tolist() == official.test.tolist()


def test_one_official_part_is_no_split() -> None:
    with pytest.raises(DataError, match="has no official split"):
        split(_items([1] * 9, folds=["1"] * 9), SplitRule(official=True), 1)


# What cannot be split


def test_nothing() -> None:
    with pytest.raises(DataError, match="nothing to split"):
        split(_items([]), SplitRule(folds=3), 1)


def test_a_class_of_one_recording_says_what_to_do() -> None:
    items = Items(np.array([0] * 20 + [1] * 14), ["false"] * 20 + [str(i) for i in range(14)],
                  ["false"] * 20 + [str(i) for i in range(14)], [""] * 34)  # fmt: skip
    with pytest.raises(DataError, match=r"too few recordings to split them.*or split by window"):
        split(items, SplitRule(by="recording"), 1)
    assert len(split(items, SplitRule(by="window"), 1).test)


def test_too_few_windows() -> None:
    with pytest.raises(DataError, match=r"too few windows .*: add recordings\.$"):
        split(_items([1, 1]), SplitRule(by="window"), 1)


def test_two_groups_of_each_class_suffice() -> None:
    found = split(_items([4] * 6), SplitRule(), 1)
    assert (len(found.training), len(found.validation), len(found.test)) == (12, 0, 12)


# The traps


def test_test_is_validation() -> None:
    items = _items([2] * 60)
    honest = split(items, SplitRule(), 1)
    found = split(items, SplitRule(test_is_validation=True), 1)
    assert found.test.tolist() == found.validation.tolist() == honest.test.tolist()
    # What chose before learns now.
    assert np.array_equal(found.training, np.union1d(honest.training, honest.validation))


def test_train_on_test() -> None:
    found = split(_items([2] * 60), SplitRule(train_on_test=True), 1)
    assert found.training.tolist() == found.test.tolist()


def test_a_hundred_thousand_windows() -> None:
    items = _items([10] * 10_000)
    found = split(items, SplitRule(by="recording"), 1)
    assert abs(len(found.test) - 20_000) <= 30


def test_the_stand_ins_split(tmp_path_factory: pytest.TempPathFactory) -> None:
    for name, make in (("fsdd", corpora.fsdd), ("esc", corpora.esc10), ("iowa", corpora.iowa)):
        dataset = open_dataset(make(tmp_path_factory.mktemp(name)))
        labels = np.array([dataset.labels.index(e.label) for e in dataset.excerpts])
        items = Items(labels, [e.path for e in dataset.excerpts], dataset.groups,
                      [e.fold for e in dataset.excerpts])  # fmt: skip
        for rule in (SplitRule(), SplitRule(official=True)):
            a, b, c = _in_parts(split(items, rule, 1), items, "group")
            assert a
            assert b
            assert c
            assert not (a & b) | (a & c) | (b & c)


def test_a_large_share_leaves_training_something_of_each_class() -> None:
    for seed in range(10):
        found = split(_items([1] * 15), SplitRule(by="recording", test=0.9, validation=0), seed)
        assert len(found.training) == 3


def test_large_recordings_go_into_folds_first() -> None:
    items = _items([1, 1] * 8 + [8, 8], labels=2)
    for seed in range(5):
        found = split(items, SplitRule(by="recording", folds=2, validation=0), seed)
        assert np.bincount(items.labels[found.test]).tolist() == [8, 8]


def test_unequal_groups_are_put_where_the_shares_come_nearest() -> None:
    # Sounds of 12, 8 and 4 in a group: by chance alone the test had 12 of 24 for some seeds.
    recordings = [12, 8, 4] * 2
    rows = np.repeat(np.arange(6), recordings)
    items = Items(
        labels=(rows // 3).astype(np.int64),
        recordings=[str(row) for row in rows],
        groups=[str(row) for row in rows],
        folds=[""] * len(rows),
    )
    for seed in range(30):
        found = split(items, SplitRule(), seed)
        for label in range(2):
            parts = (found.training, found.validation, found.test)
            assert [int((items.labels[part] == label).sum()) for part in parts] == [12, 8, 4]


@given(st.lists(st.integers(1, 60), min_size=2, max_size=14), st.floats(0.05, 0.6), st.data())
def test_exchanging_units_comes_no_further_and_keeps_both_sides(
    sizes: list[int], share: float, data: st.DataObject
) -> None:
    marks = data.draw(st.lists(st.booleans(), min_size=len(sizes), max_size=len(sizes)))
    chosen, every = np.asarray(marks), np.asarray(sizes, dtype=np.int64)
    if not 0 < chosen.sum() < len(sizes):
        return
    wanted = share * every.sum()
    after = _exchanged(chosen, every, wanted)
    assert 0 < after.sum() < len(sizes)
    off = abs(every[after].sum() - wanted)
    assert off <= abs(every[chosen].sum() - wanted)
    if after.sum() < len(sizes) - 1:  # no further unit would help
        assert off <= max(
            every.min() / 2, np.abs(every[after].sum() + every[~after] - wanted).min()
        )
    if abs(every[chosen].sum() - wanted) <= every.min() / 2:
        assert after.tolist() == chosen.tolist()  # chance has its way
