"""Many numbers a point to few: principal components, and exact t-SNE on a plane.

t-SNE is that of van der Maaten & Hinton, "Visualizing Data using t-SNE", JMLR 9 (2008), with the
step size of Belkina et al., Nature Communications 10, 5415 (2019). Sums over all pairs are exact:
nothing is approximated by trees or grids. Sources of the rest stand where it is used.
"""

from collections.abc import Generator
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

MOST_LANDMARKS = 2000
_EXAGGERATION = 12.0
_EXAGGERATED_STEPS = 250
_STEPS = 750
_SLOWEST = 50.0  # step size below which few points would hardly move
_BLOCK = 1 << 17  # pairs at a time: what lies in a processor's second cache
_BISECTIONS = 60
_ENTROPY_ERROR = 1e-5
_MORE_DIRECTIONS = 10
_POWERS = 4
_NEAREST = 5
_PREPARING = 0.1  # share of the work before the first step


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

    Each step costs a number of operations that grows with the square of the number of points. Of
    more than 2,000, that many are therefore drawn at random as landmarks and laid out; each other
    point is put among its five nearest landmarks, at their mean weighted by the inverse square of
    the distance. It thus moves none of them, and time stays bounded.

    Args:
        vectors: float32, shape (n, size), the first two columns the main directions: the plane
            begins with them. n is at least 3.
        perplexity: how many neighbours a point is thought to have, less than n.
        seed: of the landmarks; all else is determined.

    Returns:
        float32, shape (n, 2), in no particular unit.
    """
    n = len(vectors)
    if n <= MOST_LANDMARKS:
        return (yield from _laid_out(vectors, perplexity))
    chosen = np.sort(np.random.default_rng(seed).permutation(n)[:MOST_LANDMARKS])
    points = np.zeros((n, 2), dtype=np.float32)
    points[chosen] = yield from _laid_out(vectors[chosen], perplexity)
    others = np.setdiff1d(np.arange(n), chosen)
    size = max(1, _BLOCK // MOST_LANDMARKS)
    for begin in range(0, len(others), size):
        yield 1.0
        some = others[begin : begin + size]
        distances = _squared(vectors[some], vectors[chosen])
        near = np.argsort(distances, axis=1, kind="stable")[:, :_NEAREST]
        weights = 1.0 / np.maximum(np.take_along_axis(distances, near, axis=1), 1e-12)
        weights /= weights.sum(axis=1, keepdims=True)
        points[some] = (points[chosen][near] * weights[:, :, None]).sum(axis=1)
    return points


def _laid_out(vectors: Floats, perplexity: float) -> Generator[float, None, Floats]:
    """Gradient descent with momentum and a gain for each coordinate (Jacobs, 1988)."""
    joint = yield from _joint(vectors, perplexity)
    n = len(vectors)
    points = vectors[:, :2] / max(float(vectors[:, 0].std()), 1e-9) * 1e-4
    moved, gains = np.zeros_like(points), np.ones_like(points)
    joint *= np.float32(_EXAGGERATION)
    for step in range(_STEPS):
        early = step < _EXAGGERATED_STEPS
        if step == _EXAGGERATED_STEPS:
            joint /= np.float32(_EXAGGERATION)
            moved[:], gains[:] = 0.0, 1.0
        yield _PREPARING + (1.0 - _PREPARING) * step / _STEPS
        gradient = _gradient(joint, points)
        same = gradient * moved > 0  # the last step went uphill now: go slower
        gains = np.maximum(np.where(same, gains * 0.8, gains + 0.2), 0.01).astype(np.float32)
        rate = max(n / (_EXAGGERATION if early else 1.0) / 4.0, _SLOWEST)
        moved = (0.5 if early else 0.8) * moved - np.float32(rate) * gains * gradient
        points = points + moved
    return np.asarray(points, dtype=np.float32)


def _gradient(joint: Floats, points: Floats) -> Floats:
    """Of the divergence by each point, shape (n, 2); a block of rows at a time, for the cache.

    The kernel is 1 / (1 + squared distance). Its sum over all pairs is known only at the end:
    what pulls and what pushes is summed apart.
    """
    n = len(points)
    ones = np.ones((n, 1), dtype=np.float32)
    lengths = np.square(points).sum(axis=1, keepdims=True)
    left = np.hstack([-2.0 * points, lengths + 1.0, ones]).astype(np.float32)
    right = np.ascontiguousarray(np.hstack([points, ones, lengths]).T)
    with_one = np.hstack([points, ones])
    pulled, pushed = np.empty((n, 3), np.float32), np.empty((n, 3), np.float32)
    total = 0.0
    size = max(1, _BLOCK // n)
    kernel, product = np.empty((2, min(size, n), n), dtype=np.float32)
    for begin in range(0, n, size):
        rows = slice(begin, min(begin + size, n))
        count = rows.stop - begin
        near, work = kernel[:count], product[:count]
        np.matmul(left[rows], right, out=near)
        np.maximum(near, 1.0, out=near)  # rounding may take a distance below zero
        np.reciprocal(near, out=near)
        total += float(near.sum())
        np.multiply(near, joint[rows], out=work)
        np.matmul(work, with_one, out=pulled[rows])
        np.square(near, out=near)
        np.matmul(near, with_one, out=pushed[rows])
    net = pulled - pushed / np.float32(max(total - n, 1e-12))  # a point does not push itself
    return np.asarray(4.0 * (points * net[:, 2:] - net[:, :2]), dtype=np.float32)


def _joint(vectors: Floats, perplexity: float) -> Generator[float, None, Floats]:
    """Probabilities of pairs, symmetric, zero diagonal, sum 1, float32, shape (n, n)."""
    n = len(vectors)
    joint = np.empty((n, n), dtype=np.float32)
    size = max(1, _BLOCK // n)
    for begin in range(0, n, size):
        yield _PREPARING * begin / n
        rows = slice(begin, min(begin + size, n))
        distances = _squared(vectors[rows], vectors)
        own = np.arange(rows.stop - begin), np.arange(begin, rows.stop)
        distances[own] = np.inf
        joint[rows] = _conditional(distances, perplexity)
    joint += joint.T.copy()
    joint /= joint.sum(dtype=np.float64)
    return joint


def _conditional(distances: Doubles, perplexity: float) -> Doubles:
    """Each row a Gaussian over the others, as wide as the perplexity asks: by bisection.

    Args:
        distances: squared, float64, shape (rows, n); infinite for the point itself.
        perplexity: two to the entropy in bits, of each row.
    """
    distances = distances - distances.min(axis=1, keepdims=True)
    finite = np.where(np.isfinite(distances), distances, 0.0)
    target = np.log(perplexity)
    precision = 1.0 / np.maximum(finite.mean(axis=1), 1e-12)
    low, high = np.zeros(len(distances)), np.full(len(distances), np.inf)
    for _ in range(_BISECTIONS):
        weights = np.exp(-distances * precision[:, None])
        total = weights.sum(axis=1)
        entropy = np.log(total) + precision * np.einsum("ij,ij->i", weights, finite) / total
        error = entropy - target
        if np.abs(error).max() < _ENTROPY_ERROR:
            break
        flat = error > 0
        low, high = np.where(flat, precision, low), np.where(flat, high, precision)
        middle = np.where(np.isinf(high), precision * 2.0, (low + high) / 2.0)
        precision = np.minimum(middle, 1e12)  # points that all lie together are never uneven
    return np.asarray(weights / total[:, None])


def _squared(some: NDArray[Any], all_: NDArray[Any]) -> Doubles:
    """Squared distances, float64, shape (some, all), never below zero."""
    left, right = some.astype(np.float64), all_.astype(np.float64)
    found = np.square(left).sum(axis=1)[:, None] - 2.0 * left @ right.T
    found += np.square(right).sum(axis=1)
    return np.asarray(np.maximum(found, 0.0))
