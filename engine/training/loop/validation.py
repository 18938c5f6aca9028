"""Evaluation on the validation part at the end of each epoch."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

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
        concordance: of a regression, mean of its dimensions; else NaN.
    """

    loss: float
    accuracy: float
    confusion: NDArray[np.int64] | None
    concordance: float = math.nan


def validate(
    learner: Learner, plan: Plan, training: Training, processes: ProcessGroup
) -> Validated:
    """Judge the validation part; the answer is the same in all processes."""
    count, classes = len(plan.validation), len(plan.labels)
    if count == 0:
        return Validated(math.nan, math.nan, None)
    if plan.units is not None:
        parts = (plan, training, processes, plan.validation)
        loss, concordance = validate_values(learner, *parts)
        return Validated(loss, math.nan, None, concordance=concordance)
    mine = processes.share_of(plan.validation)
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
    loss = processes.sum(torch.tensor(total, dtype=torch.float64)).item()
    confusion = processes.sum(torch.from_numpy(counts)).cpu().numpy()
    several = training.loss == "binary-cross-entropy"
    right = int(np.trace(confusion))
    return Validated(loss / count, right / count, None if several else confusion)
