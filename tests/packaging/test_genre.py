"""How the labels of genres learn from recordings: near the tags, and what cannot be is not said."""

from types import ModuleType

import numpy as np
import pytest
import torch

from engine.classifier.catalog import Catalog
from engine.networks.musicnn.tags import MusicnnTags


@pytest.fixture
def scripts(on_path: None) -> tuple[ModuleType, ModuleType, ModuleType]:
    from tags import genre, lessons, styles

    return genre, lessons, styles


@pytest.fixture
def lessons(scripts: tuple[ModuleType, ModuleType, ModuleType]) -> ModuleType:
    return scripts[1]


def test_a_regression_stays_near_the_tags_or_learns(lessons: ModuleType) -> None:
    tags = torch.randn(400, 3, generator=torch.Generator().manual_seed(1)).double() + 2
    rows, biases = torch.tensor([[1.0, 0, 0]] * 3).double(), torch.tensor([-2.0] * 3).double()
    third = (tags[:, 2] > 2).double()
    said = (tags[:, 0] - 2).sigmoid()
    truth, weights = torch.stack([third, third, said], 1), torch.ones(400, 3).double()
    near = torch.tensor([1e6, 1e-3, 1e-3]).double()
    found, bias = lessons.fitted(tags, truth, weights, (rows, biases), near)
    torch.testing.assert_close(found[0], rows[0], atol=1e-3, rtol=0)
    assert found[1, 2] > 5 * found[1, 0].abs()
    right = ((tags @ found[1] + bias[1] > 0) == (third > 0.5)).double().mean()
    assert right > 0.97
    # Where truth is what the prior says already, nothing changes.
    torch.testing.assert_close(found[2], rows[2], atol=1e-2, rtol=0)
    torch.testing.assert_close(bias[2], biases[2], atol=1e-2, rtol=0)


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
    scripts: tuple[ModuleType, ModuleType, ModuleType],
) -> None:
    genre, lessons, _ = scripts
    shipped = Catalog().load("genre")
    plain = genre.without_recordings(shipped)
    assert plain.card.labels == list(lessons.GENRE)
    assert not set(lessons.SYNTHETIC) & set(plain.card.labels)
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


def test_every_style_plays_long_enough(
    scripts: tuple[ModuleType, ModuleType, ModuleType],
) -> None:
    styles = scripts[2]
    assert {"reggae", "disco"} < set(styles.STYLES)
    for style in styles.STYLES.values():
        score = styles.Band(style, np.random.default_rng(3)).score
        beats = max(tick for tick, _, _ in score.events) / 480
        assert beats * 60 / score.beats_per_minute >= styles.SECONDS
        pitches = [m[1] for _, _, m in score.events if m[0] & 0xF0 == 0x90]
        assert min(pitches) >= 24
        assert max(pitches) <= 100
