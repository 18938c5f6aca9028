"""Evaluation at the end of each epoch: on the validation part, and on training where wanted."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from engine.datasets.splits import Indices
from engine.evaluation.scores import confusion_matrix
from engine.recipes.recipe import Training
from engine.training.data.plan import Plan
from engine.training.loop.distributed import ProcessGroup
from engine.training.loop.learner import Learner
from engine.training.loop.optimisers import loss_of
from engine.training.loop.regression import validate_values


@dataclass(frozen=True)
class Validated:
    """What was found.

    Attributes:
        loss: mean over the windows; NaN without any.
        accuracy: share of windows that are right; NaN without any.
        confusion: int64, shape (classes, classes), rows true, columns predicted; None where
            several labels may be true at once, and without windows.
        recall: of the positive class; NaN without one.
        precision: the same; NaN where nothing is predicted positive.
        concordance: of a regression, mean of its dimensions; else NaN.
    """

    loss: float
    accuracy: float
    confusion: NDArray[np.int64] | None
    recall: float = math.nan
    precision: float = math.nan
    concordance: float = math.nan


def confusion_of(learner: Learner, plan: Plan, part: Indices) -> NDArray[np.int64]:
    """The confusion matrix of a part, without other processes: int64, shape (classes, classes)."""
    counts = np.zeros((len(plan.labels), len(plan.labels)), dtype=np.int64)
    done = 0
    for logits in learner.judge(part):
        truth = plan.targets[part[done : done + len(logits)]].argmax(1)
        counts += confusion_matrix(truth, logits.argmax(1).numpy(), len(plan.labels))
        done += len(logits)
    return counts


def validate(
    learner: Learner,
    plan: Plan,
    training: Training,
    processes: ProcessGroup,
    part: Indices | None = None,
) -> Validated:
    """Judge the validation part, or another; the answer is the same in all processes."""
    judged = plan.validation if part is None else part
    count, classes = len(judged), len(plan.labels)
    if count == 0:
        return Validated(math.nan, math.nan, None)
    if plan.units is not None:
        loss, concordance = validate_values(learner, plan, training, processes, judged)
        return Validated(loss, math.nan, None, concordance=concordance)
    mine = processes.share_of(judged)
    total, done = 0.0, 0
    counts = np.zeros((classes, classes), dtype=np.int64)
    for logits in learner.judge(mine):
        rows = mine[done : done + len(logits)]
        targets = torch.from_numpy(plan.targets[rows])
        total += loss_of(logits, targets, training, None).item() * len(rows)
        truth, said = targets.argmax(1).numpy(), logits.argmax(1).cpu().numpy()
        counts += confusion_matrix(truth, said, classes)
        done += len(rows)
    # The sum is the same in all processes, so that all stop at the same epoch.
    loss = processes.sum(torch.tensor(total, dtype=torch.float64)).item() / count
    if training.validation_penalty:
        loss += learner.penalty()
    confusion = processes.sum(torch.from_numpy(counts)).cpu().numpy()
    right = int(np.trace(confusion)) / count
    if training.loss == "binary-cross-entropy":
        return Validated(loss, right, None)
    return Validated(loss, right, confusion, *of_class(confusion, plan.positive))


def of_class(confusion: NDArray[np.int64], number: int | None) -> tuple[float, float]:
    """Recall and precision of a class, ``tp / (tp + fn)`` and ``tp / (tp + fp)``; NaN for none."""
    if number is None:
        return math.nan, math.nan
    found = float(confusion[number, number])
    true, said = float(confusion[number].sum()), float(confusion[:, number].sum())
    return found / true if true else math.nan, found / said if said else math.nan
