"""Principal components and t-SNE of the map, against scikit-learn's."""

import time
from collections.abc import Generator
from typing import Any

import numpy as np
import pytest
from scipy.spatial.distance import pdist, squareform
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE, trustworthiness
from sklearn.manifold._t_sne import _joint_probabilities
from sklearn.neighbors import KNeighborsClassifier
from threadpoolctl import threadpool_info, threadpool_limits

from engine.sound_map.projection import principal_components, tsne
from engine.threads import one_blas_thread


def finish(work: Generator[Any, None, Any]) -> Any:
    shares = []
    while True:
        try:
            shares.append(next(work))
        except StopIteration as stop:
            told = [share for share in shares if share is not None]
            assert told == sorted(told)
            assert all(0 <= share <= 1 for share in told)
            return stop.value


def embeddings(count: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """As a network's: eight classes of different spread on curved sheets in 300 numbers."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 8, count)
    centres, spread = rng.normal(0, 1.0, (8, 30)), rng.uniform(0.4, 1.2, 8)
    inner = centres[labels] + rng.normal(0, 1, (count, 30)) * spread[labels, None]
    found = np.tanh(inner @ rng.normal(0, 0.3, (30, 300))) + rng.normal(0, 0.3, (count, 300))
    return (found - found.mean(axis=0)).astype(np.float32), labels


@pytest.fixture(autouse=True)
def _one_core(monkeypatch: pytest.MonkeyPatch) -> None:
    """joblib, which scikit-learn asks, warns where it cannot count the cores."""
    monkeypatch.setenv("LOKY_MAX_CPU_COUNT", "1")


@pytest.fixture(scope="module")
def reduced() -> tuple[np.ndarray, np.ndarray]:
    vectors, labels = embeddings(300)
    return finish(principal_components(vectors, 50, 1)), labels


@pytest.mark.parametrize(("count", "size", "wanted"), [(12, 300, 12), (200, 40, 40), (300, 300, 3)])
def test_components_are_scikit_learns(count: int, size: int, wanted: int) -> None:
    vectors = embeddings(count)[0][:, :size]
    vectors -= vectors.mean(axis=0)
    found = finish(principal_components(vectors, wanted, 1))
    reference = PCA(wanted, svd_solver="full").fit_transform(vectors.astype(np.float64))
    assert found.shape == (count, wanted)
    assert found.dtype == np.float32
    signs = np.sign((found * reference).sum(axis=0))
    scale = np.abs(reference).max()
    assert np.abs(found * signs - reference).max() < (1e-3 if wanted == 3 else 1e-5) * scale


def test_components_do_not_depend_on_the_draw() -> None:
    vectors = embeddings(200)[0]
    one, other = (finish(principal_components(vectors, 5, seed)) for seed in (1, 2))
    assert np.allclose(one, other, atol=1e-2 * np.abs(one).max())


def test_the_plane_is_as_true_as_scikit_learns(reduced: tuple[np.ndarray, np.ndarray]) -> None:
    vectors, labels = reduced
    begin = vectors[:, :2] / vectors[:, 0].std() * 1e-4
    with threadpool_limits(1):
        theirs = TSNE(perplexity=30, init=begin, method="exact", max_iter=750).fit_transform(
            vectors.astype(np.float64)
        )
    with one_blas_thread():
        ours = finish(tsne(vectors, 30.0, 1))
    assert ours.shape == (300, 2)
    truths = [trustworthiness(vectors, plane, n_neighbors=10) for plane in (ours, theirs)]
    assert truths[0] > 0.95
    assert truths[0] > truths[1] - 0.005
    right = [KNeighborsClassifier(10).fit(p, labels).score(p, labels) for p in (ours, theirs)]
    assert right[0] > right[1] - 0.02


def test_it_ends_as_low_as_scikit_learns(reduced: tuple[np.ndarray, np.ndarray]) -> None:
    """The very thing it minimises, of both, by the definition: Kullback and Leibler's."""
    vectors = reduced[0]
    squared = squareform(pdist(vectors, "sqeuclidean"))
    joint = squareform(_joint_probabilities(squared, 30.0, 0))
    their = TSNE(perplexity=30, init="pca", random_state=1, max_iter=750)
    with threadpool_limits(1):
        theirs = divergence(joint, their.fit_transform(vectors))
    assert divergence(joint, finish(tsne(vectors, 30.0, 1))) < theirs * 1.05


def divergence(joint: np.ndarray, points: np.ndarray) -> float:
    kernel = 1.0 / (1.0 + np.square(points[:, None] - points[None]).sum(axis=2, dtype=np.float64))
    np.fill_diagonal(kernel, 0.0)
    model = kernel / kernel.sum()
    some = joint > 0
    return float((joint[some] * np.log(joint[some] / model[some])).sum())


def test_the_same_again_and_unmoved_by_what_comes_after() -> None:
    vectors = finish(principal_components(embeddings(80)[0], 20, 1))
    kept = vectors.copy()
    one, again = (finish(tsne(vectors, 15.0, 1)) for _ in range(2))
    assert np.array_equal(one, again)
    assert np.array_equal(vectors, kept)


def test_another_seed_changes_nothing_of_few(reduced: tuple[np.ndarray, np.ndarray]) -> None:
    """Neighbours are exact and the plane begins with the components: all is determined."""
    assert np.array_equal(*(finish(tsne(reduced[0], 30.0, seed)) for seed in (1, 2)))


@pytest.mark.parametrize("count", [10, 40])
def test_equal_points_do_no_harm(count: int) -> None:
    vectors = np.zeros((count, 2), dtype=np.float32)
    assert np.isfinite(finish(tsne(vectors, 3.0, 1))).all()
    vectors[0] = 1.0
    assert np.isfinite(finish(tsne(vectors, 3.0, 1))).all()


def test_it_can_be_left_at_any_time() -> None:
    work = tsne(finish(principal_components(embeddings(1000)[0], 50, 1)), 30.0, 1)
    worst, last = 0.0, time.thread_time()
    with one_blas_thread():
        for _ in range(6):
            assert next(work) < 0.5
            worst, last = max(worst, time.thread_time() - last), time.thread_time()
    work.close()
    assert worst < 1.0  # of the processor's time; 0.1 s alone
    with pytest.raises(StopIteration):
        next(work)


def test_the_number_of_threads_is_as_before_when_left() -> None:
    def threads() -> list[int]:
        return [one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"]

    before = threads()
    assert before
    with one_blas_thread():
        assert set(threads()) == {1}
    assert threads() == before
