"""Our logistic regression finds what scikit-learn's finds."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression

from engine.training.finish.logistic import fit_logistic


@pytest.mark.parametrize(("count", "size", "strength"), [(200, 5, 1.0), (400, 80, 0.05)])
def test_it_is_scikit_learns(count: int, size: int, strength: float) -> None:
    rng = np.random.default_rng(size)
    positive = rng.uniform(size=count) < 0.2  # the classes are not of one size
    rows = rng.standard_normal((count, size)) + np.outer(positive, rng.standard_normal(size))
    theirs = LogisticRegression(C=strength, class_weight="balanced", max_iter=5000, tol=1e-8)
    theirs.fit(rows, positive)
    ours, intercept = fit_logistic(torch.from_numpy(rows), torch.from_numpy(positive), strength)
    expected, logits = theirs.decision_function(rows), rows @ ours.numpy() + intercept
    assert np.abs(1 / (1 + np.exp(-logits)) - 1 / (1 + np.exp(-expected))).max() < 1e-3
    assert intercept == pytest.approx(theirs.intercept_[0], abs=2e-3)


def test_rows_that_part_cleanly_keep_weights_finite() -> None:
    rows = torch.tensor([[-1.0, 0.0], [-2.0, 0.0], [1.0, 0.0], [2.0, 0.0]])
    weights, intercept = fit_logistic(rows, rows[:, 0] > 0, 1.0)
    assert weights[0] > 0.5
    assert weights[1] == pytest.approx(0.0, abs=1e-6)
    assert intercept == pytest.approx(0.0, abs=1e-4)
