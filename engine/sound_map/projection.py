"""Dimensionality reduction: principal components and t-SNE.

t-SNE is that of van der Maaten & Hinton, "Visualizing Data using t-SNE", JMLR 9 (2008), as openTSNE
computes it: by the tree of Barnes and Hut, with the step size of Belkina et al., Nature
Communications 10, 5415 (2019). openTSNE brings scipy and scikit-learn: it is loaded when needed.
"""

import os
from collections.abc import Generator

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_EXAGGERATION = 12.0
_EXAGGERATED_STEPS = 125
_STEPS = 500
_STEPS_AT_ONCE = 25  # between two moments at which one may leave
_ANGLE = 0.8  # of the tree: as true as 0.5, in two thirds of the time
_PREPARING = 0.1  # share of the work before the first step
_MORE_DIRECTIONS = 10
_POWERS = 4


def principal_components(vectors: Floats, count: int, seed: int) -> Generator[None, None, Floats]:
    """Project centred vectors on the directions along which they vary most; yields while at work.

    The space of the directions is found by a random sketch and power iterations (Halko,
    Martinsson & Tropp, SIAM Review 53, 2011); with up to ten directions more than asked for it is
    all there is, and the result exact. Signs are such that each direction's largest entry is
    positive.

    Args:
        vectors: float32, shape (n, size).
        count: how many directions, at most n and size.
        seed: of the sketch.

    Returns:
        float32, shape (n, count), the largest variance first.
    """
    centred = np.asarray(vectors - vectors.mean(axis=0), dtype=np.float64)
    width = min(count + _MORE_DIRECTIONS, *centred.shape)
    sketch = np.random.default_rng(seed).normal(size=(centred.shape[1], width))
    for _ in range(_POWERS):
        yield
        sketch = np.linalg.qr(centred.T @ np.linalg.qr(centred @ sketch)[0])[0]
    yield
    basis = np.linalg.qr(centred @ sketch)[0]
    directions = np.linalg.svd(basis.T @ centred, full_matrices=False)[2][:count]
    largest = np.abs(directions).argmax(axis=1)
    directions *= np.sign(directions[np.arange(len(directions)), largest])[:, None]
    return np.asarray(centred @ directions.T, dtype=np.float32)


def tsne(vectors: Floats, perplexity: float, seed: int) -> Generator[float, None, Floats]:
    """Lay out vectors on a plane so that near ones stay near; yields the share done.

    Args:
        vectors: float32, shape (n, size), the first two columns the main directions: the plane
            begins with them. n is at least 3.
        perplexity: how many neighbours a point is thought to have, at most (n - 1) / 3.
        seed: of what is random.

    Returns:
        float32, shape (n, 2), in no particular unit.
    """
    # joblib asks the system for its cores even for one job, and prints where that fails.
    os.environ.setdefault("LOKY_MAX_CPU_COUNT", "1")
    from openTSNE import TSNEEmbedding
    from openTSNE.affinity import PerplexityBasedNN

    yield 0.0
    alone = {"n_jobs": 1, "random_state": seed}
    pairs = PerplexityBasedNN(vectors, perplexity=perplexity, method="exact", **alone)
    yield _PREPARING
    begin = vectors[:, :2].astype(np.float64) / max(float(vectors[:, 0].std()), 1e-9) * 1e-4
    points = TSNEEmbedding(begin, pairs, negative_gradient_method="bh", theta=_ANGLE, **alone)
    for done in range(0, _STEPS, _STEPS_AT_ONCE):
        early = done < _EXAGGERATED_STEPS
        points.optimize(
            _STEPS_AT_ONCE,
            exaggeration=_EXAGGERATION if early else None,
            momentum=0.5 if early else 0.8,
            inplace=True,
        )
        yield _PREPARING + (1.0 - _PREPARING) * (done + _STEPS_AT_ONCE) / _STEPS
    return np.asarray(points, dtype=np.float32)
