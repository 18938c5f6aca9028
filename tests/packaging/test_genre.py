"""How the labels of genres learn from recordings: near the tags, and what cannot be is not said."""

from types import ModuleType

import numpy as np
import pytest
import torch

from engine.classifier.catalog import Catalog
from engine.networks.musicnn.tags import MusicnnTags


@pytest.fixture
def scripts(on_path: None) -> tuple[ModuleType, ModuleType]:
    from tags import genre, lessons

    return genre, lessons


@pytest.fixture
def lessons(scripts: tuple[ModuleType, ModuleType]) -> ModuleType:
    return scripts[1]


def test_a_regression_stays_near_the_tags_or_learns(lessons: ModuleType) -> None:
    tags = torch.randn(400, 3, generator=torch.Generator().manual_seed(1)).double() + 2
    rows, biases = torch.tensor([[1.0, 0, 0]] * 2).double(), torch.tensor([-2.0] * 2).double()
    third = (tags[:, 2] > 2).double()
    said = (tags[:, 0] - 2).sigmoid()
    truth, weights = torch.stack([third, said], 1), torch.ones(400, 2).double()
    kept, _ = lessons.fitted(tags, truth, weights, (rows, biases), 1e6)
    torch.testing.assert_close(kept, rows, atol=1e-3, rtol=0)
    found, bias = lessons.fitted(tags, truth, weights, (rows, biases), 1e-3)
    assert found[0, 2] > 5 * found[0, 0].abs()
    right = ((tags @ found[0] + bias[0] > 0) == (third > 0.5)).double().mean()
    assert right > 0.97
    # Where truth is what the prior says already, nothing changes.
    torch.testing.assert_close(found[1], rows[1], atol=1e-2, rtol=0)
    torch.testing.assert_close(bias[1], biases[1], atol=1e-2, rtol=0)


def test_each_recording_weighs_what_it_should(lessons: ModuleType) -> None:
    owners = np.asarray([0, 0, 0, 1, 2, 2])
    weights = lessons.shares(owners, np.asarray([1.0, 3.0, 0.0]))
    np.testing.assert_allclose(weights, [1 / 12] * 3 + [3 / 4, 0, 0])


def test_what_excludes_what(lessons: ModuleType) -> None:
    assert set(lessons.EXCLUDED) == {"classical", "electronic", "pop", "rock"}
    for genre, excluded in lessons.EXCLUDED.items():
        assert genre not in excluded
        assert excluded <= set(lessons.LABELS)
    assert {"blues", "hip-hop", "jazz", "country"} <= lessons.EXCLUDED["classical"]
    assert lessons.is_orchestral("players/x/flute/a.opus")
    assert not lessons.is_orchestral("players/x/drums/flute.opus")


def test_without_recordings_the_labels_are_the_tags(
    scripts: tuple[ModuleType, ModuleType],
) -> None:
    genre, lessons = scripts
    shipped = Catalog().load("genre")
    plain = genre.without_recordings(shipped)
    assert plain.card.labels == list(lessons.GENRE)
    network = plain.network
    assert isinstance(network, MusicnnTags)
    embedding = 3 * torch.rand(2, network.embedding_size)
    with torch.inference_mode():
        tags, logits = network.tag_logits(embedding), plain.logits(embedding)
    msd_punk = 50 + 24
    column = plain.card.labels.index("punk")
    assert plain.card.calibration.bias is not None
    torch.testing.assert_close(
        logits[:, column], tags[:, msd_punk] + plain.card.calibration.bias[column]
    )
    assert all(
        torch.equal(mine, theirs)
        for mine, theirs in zip(
            plain.network.trunks[0].parameters(),
            shipped.network.trunks[0].parameters(),
            strict=True,
        )
    )
