"""Judging the part that chooses: figures by hand, in parts as in one."""

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from engine.training.loop.distributed import ProcessGroup
from engine.training.loop.validation import Validated, validate
from tests.engine.training import toys

# Of six windows: logits, and the class that is true.
LOGITS = torch.tensor(
    [[9.0, 0, 0], [2.0, 1, 0], [0, 2.0, 1], [0, 2.0, 1], [0, 0, 2.0], [3.0, 0, 0]]
)
TRUTH = [0, 1, 1, 2, 2, 1]


def judged(part: list[int], positive: int | None = None, **changes: Any) -> Validated:
    """What is found of windows by their number, two at a time, of ten that there are."""

    def judge(indices: Any) -> Any:
        for start in range(0, len(indices), 2):
            yield LOGITS[torch.from_numpy(indices[start : start + 2] - 4)]

    targets = np.zeros((10, 3), dtype=np.float32)
    targets[np.arange(4, 10), TRUTH] = 1
    validation = np.asarray(part, dtype=np.int64)
    plan: Any = SimpleNamespace(
        validation=validation, labels=tuple("abc"), targets=targets, positive=positive
    )
    learner: Any = SimpleNamespace(judge=judge, penalty=lambda: 1.23)
    return validate(
        learner, plan, toys.recipe(**changes).training, ProcessGroup(torch.device("cpu"))
    )


def losses() -> Tensor:
    return torch.nn.functional.cross_entropy(LOGITS, torch.tensor(TRUTH), reduction="none")


def test_loss_accuracy_and_confusion_are_those_of_all_windows() -> None:
    found = judged([4, 5, 6, 7, 8, 9])
    assert found.accuracy == 0.5
    assert found.loss == pytest.approx(losses().mean().item(), rel=1e-6)
    assert found.confusion is not None
    assert found.confusion.tolist() == [[1, 0, 0], [2, 1, 0], [0, 1, 1]]  # rows: what is true


def test_a_last_part_that_is_smaller_weighs_less() -> None:
    found = judged([9, 4, 7])
    assert found.loss == pytest.approx(losses()[[5, 0, 3]].mean().item(), rel=1e-6)
    assert found.accuracy == pytest.approx(1 / 3)


def test_where_several_may_be_true_there_is_no_confusion() -> None:
    found = judged([4, 5, 6], training__loss="binary-cross-entropy")
    assert found.confusion is None
    assert 0 < found.loss < math.inf
    assert found.accuracy == pytest.approx(2 / 3)


def test_the_penalty_is_part_of_the_loss_where_the_original_counts_it() -> None:
    plain = judged([4, 5, 6]).loss
    assert judged([4, 5, 6], training__validation_penalty=True).loss == pytest.approx(plain + 1.23)


def test_recall_and_precision_are_of_the_positive_class() -> None:
    found = judged([4, 5, 6, 7, 8, 9], positive=0)
    assert (found.recall, found.precision) == (1.0, pytest.approx(1 / 3))  # tp 1, fn 0, fp 2
    found = judged([4, 5, 6, 7, 8, 9], positive=2)
    assert (found.recall, found.precision) == (0.5, 1.0)
    assert math.isnan(judged([4, 5, 6, 7, 8, 9]).recall)
    nothing_said = judged([4, 5], positive=2)
    assert math.isnan(nothing_said.precision)


def test_without_windows_nothing_is_known() -> None:
    found = judged([])
    assert math.isnan(found.loss)
    assert math.isnan(found.accuracy)
    assert found.confusion is None
