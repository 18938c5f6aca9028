"""What musicnn hears without gradients, by its living filters, is what it was taught."""

import pytest
import torch
import torch.nn.functional as functional
from torch import Tensor

from engine.classifier.catalog import Catalog
from engine.networks.musicnn import products
from engine.networks.musicnn.products import MelFilters, TimeFilters, living
from engine.networks.musicnn.trunk import MusicnnTrunk

BANDS = 96


def drawn(*shape: int, seed: int = 1) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(("filters", "height"), [(35, 38), (3, 67), (1, 96), (2, 1)])
@pytest.mark.parametrize(("batch", "frames"), [(1, 7), (3, 55), (1, 210)])
def test_filters_over_mel_are_a_convolution(
    filters: int, height: int, batch: int, frames: int
) -> None:
    weight, image = drawn(filters, 7, height) / 20, drawn(batch, frames, BANDS, seed=2)
    wanted = functional.conv2d(image[:, None].double(), weight[:, None].double()).amax(3)
    found = MelFilters(weight, BANDS)(image)
    torch.testing.assert_close(found.double(), wanted, atol=5e-6, rtol=0)


def test_where_all_filters_faded_nothing_answers() -> None:
    image = drawn(2, 12, BANDS)
    assert MelFilters(drawn(0, 7, 38), BANDS)(image).shape == (2, 0, 6)
    assert TimeFilters(drawn(0, 7))(image).shape == (2, 0, 6)


@pytest.mark.parametrize("bands", [40, 41])
def test_any_number_of_bands(bands: int) -> None:
    weight, image = drawn(2, 3, 10), drawn(1, 9, bands, seed=2)
    wanted = functional.conv2d(image[:, None], weight[:, None]).amax(3)
    torch.testing.assert_close(MelFilters(weight, bands)(image), wanted, atol=2e-5, rtol=0)


def test_no_matrix_holds_numbers_that_processors_are_slow_with() -> None:
    filters = MelFilters(drawn(3, 7, 38), BANDS)
    matrices = [filters._forward, filters._cosines, filters._sines]
    matrices += [group.weight for group in filters._groups]
    for matrix in matrices:
        assert not bool(((matrix != 0) & (matrix.abs() < products._NOTHING)).any())


@pytest.mark.parametrize("blank", [(0, 0), (15, 16), (0, 16), (15, 0)])
@pytest.mark.parametrize("frames", [1, 20, 61])
def test_filters_over_time_are_a_convolution(frames: int, blank: tuple[int, int]) -> None:
    length = max(32, 1 + sum(blank))
    weight = drawn(5, length)
    inside = drawn(2, frames + length - 1 - sum(blank), BANDS, seed=2)
    image = functional.pad(inside, (0, 0, *blank))
    wanted = functional.conv2d(image[:, None], weight[:, None, :, None]).amax(3)
    torch.testing.assert_close(TimeFilters(weight)(image, blank), wanted, atol=1e-4, rtol=0)
    assert wanted.shape[2] == frames


def test_filters_that_faded_are_passed_over() -> None:
    weight = drawn(4, 7, 38)
    weight[1] = 0.0
    weight[2] *= 1e-30
    assert living(weight).tolist() == [0, 3]


def damaged(what: str) -> MusicnnTrunk:
    """A trunk of which something has faded wholly, or is not a number any more."""
    trunk = MusicnnTrunk().eval()
    with torch.no_grad():
        if what in ("front", "all"):
            for block in (*trunk.timbre, *trunk.rhythm):
                block.convolution.weight.zero_()  # type: ignore[union-attr,operator]
        if what in ("middle", "all"):
            trunk.middle[0].weight.zero_()  # type: ignore[operator]
        if what == "diverged":
            trunk.middle[0].weight[3] = torch.nan  # type: ignore[index,operator]
            trunk.timbre[0].convolution.weight[5] = torch.nan  # type: ignore[union-attr,index,operator]
    return trunk


@pytest.mark.parametrize("what", ["front", "middle", "all", "diverged"])
def test_what_has_faded_wholly_or_is_no_number_is_heard_as_it_is(what: str) -> None:
    trunk, features = damaged(what), drawn(2, BANDS, 61).abs()
    with torch.no_grad():
        heard = trunk(features)
    taught = trunk(features.requires_grad_()).detach()
    torch.testing.assert_close(heard, taught, atol=1e-4, rtol=1e-4, equal_nan=True)
    assert bool(heard.isnan().any()) == (what == "diverged")


def test_another_precision_is_heard() -> None:
    trunk, features = MusicnnTrunk().eval(), drawn(1, BANDS, 61).abs()
    with torch.no_grad():
        single = trunk(features)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            half = trunk(features)
        double = trunk.double()(features.double())
    assert double.dtype == torch.float64
    torch.testing.assert_close(single.double(), double, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(half.float(), single, atol=0.2, rtol=0.1)


@pytest.mark.parametrize("frames", [187, 61, 8])
@pytest.mark.parametrize("name", ["genre", "instrument"])
def test_a_trunk_hears_what_it_was_taught(name: str, frames: int) -> None:
    """The bundled weights: the whole of the first network, a third of the other's filters."""
    for trunk in Catalog().load(name).network.trunks:
        if isinstance(trunk, MusicnnTrunk):
            features = drawn(3, BANDS, frames).abs()
            with torch.no_grad():
                heard = trunk(features)
            taught = trunk(features.requires_grad_()).detach()
            torch.testing.assert_close(heard, taught, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("hop", [5, 31, 62, 187, 200])
def test_sliding_gives_each_window_alone(hop: int) -> None:
    trunk = Catalog().load("genre").network.trunks[1]
    features = drawn(BANDS, 187 + 18 * hop).abs()
    sliding = trunk.sliding(187, hop)
    with torch.no_grad():
        found = torch.cat([sliding.push(part) for part in torch.split(features, 333, 1)])
        wanted = trunk(features.unfold(1, 187, hop).transpose(0, 1))
    torch.testing.assert_close(found, wanted, atol=2e-5, rtol=1e-5)
    assert len(found) == 19


def test_it_follows_when_weights_change() -> None:
    trunk = MusicnnTrunk().eval()
    features = drawn(1, BANDS, 61).abs()
    with torch.no_grad():
        before = trunk(features)
        for parameter in trunk.parameters():
            parameter.mul_(1.5)
        after = trunk(features)
        assert not torch.allclose(before, after)
    torch.testing.assert_close(after, trunk(features.requires_grad_()).detach(), atol=1e-3, rtol=0)
