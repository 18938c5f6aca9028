"""Evaluation of a regression on a part of the data, at the end of an epoch."""

import math

import numpy as np
import torch

from engine.datasets.splits import Indices
from engine.evaluation.dimensions import concordance_of, moments_of
from engine.recipes.recipe import Training
from engine.training.data.plan import Plan
from engine.training.loop.distributed import ProcessGroup
from engine.training.loop.learner import Learner


def validate_values(
    learner: Learner, plan: Plan, training: Training, processes: ProcessGroup, part: Indices
) -> tuple[float, float]:
    """Loss and mean concordance of a part of the data, the same in all processes."""
    mine = processes.share_of(part)
    moments = np.zeros((6, len(plan.labels)))
    done = 0
    for outputs in learner.judge(mine):
        rows = mine[done : done + len(outputs)]
        values = outputs.numpy().astype(np.float64)
        moments += moments_of(values, plan.targets[rows].astype(np.float64))
        done += len(rows)
    # The sum is the same in all processes, so that all stop at the same epoch.
    moments = processes.sum(torch.from_numpy(moments)).cpu().numpy()
    found = np.nan_to_num(concordance_of(moments), nan=0.0)  # of a constant: it agrees with nothing
    concordance = float(found.mean())
    added = learner.penalty() if training.validation_penalty else 0.0
    if training.loss == "concordance":
        return 1 - concordance + added, concordance
    count, _, _, said_2, true_2, both = moments
    loss = float(((said_2 - 2 * both + true_2) / count).mean()) + added
    return (loss if math.isfinite(loss) else math.inf), concordance
