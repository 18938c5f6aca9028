"""Discriminants for labels that several collections know."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

LABELS = 4
Array = NDArray[np.float64]


@pytest.fixture
def discriminant(
    on_path: None, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[Array, Array]]:
    from instrument import readers

    monkeypatch.setattr(readers, "LABELS", range(LABELS))
    found: Callable[..., tuple[Array, Array]] = readers.discriminant
    return found


def heard(collections: int, seed: int) -> tuple[Array, NDArray[np.int64], NDArray[np.str_]]:
    """Three labels told apart by two numbers; four others differ by collection and label."""
    rng = np.random.default_rng(seed)
    centres = np.array([[2.0, 0.0], [-2.0, 0.0], [0.0, 2.5]])
    rows, labels, names = [], [], []
    for collection in range(collections):
        for label in range(3):
            rows.append(
                np.concatenate([centres[label], 3 * rng.normal(size=4)])
                + rng.normal(size=(50, 6)) * [0.8, 0.8, 0.3, 0.3, 0.3, 0.3]
            )
            labels += [label] * 50
            names += [f"collection {collection}"] * 50
    return np.concatenate(rows), np.asarray(labels), np.asarray(names)


def test_holds_on_a_collection_never_heard(
    discriminant: Callable[..., tuple[Array, Array]],
) -> None:
    weight, bias = discriminant(*heard(8, seed=1))
    values, labels, _ = heard(6, seed=2)
    assert ((values @ weight.T + bias)[:, :3].argmax(1) == labels).mean() > 0.9
    assert np.abs(weight[:3, :2]).max() > 5 * np.abs(weight[:3, 2:]).max()


def test_a_label_that_is_not_met_has_no_weights(
    discriminant: Callable[..., tuple[Array, Array]],
) -> None:
    weight, bias = discriminant(*heard(3, seed=1))
    assert weight.shape == (LABELS, 6)
    assert not weight[3].any()
    assert bias[3] == 0


def test_numbers_that_hardly_change_are_left_out(
    discriminant: Callable[..., tuple[Array, Array]],
) -> None:
    values, labels, names = heard(3, seed=1)
    values[:, 5] = 7 + 1e-4 * values[:, 0]
    assert not discriminant(values, labels, names)[0][:, 5].any()
