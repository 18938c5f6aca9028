"""What stands on both sides is found, what does not is not."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from engine.datasets import open_dataset
from engine.datasets.leaks import find_leaks
from engine.datasets.splits import Split
from engine.features import build_feature
from tests import corpora

_FEATURES = ("log_mel", "mfcc", "waveform")


def _parts(training: list[int], validation: list[int], test: list[int]) -> Split:
    return Split(*(np.array(part, dtype=np.int64) for part in (training, validation, test)))


def _features(name: str, sounds: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    feature = build_feature(name, {"rate_hz": 22050})
    with torch.inference_mode():
        return feature(torch.from_numpy(np.stack(sounds))).numpy()


def _distinct(count: int = 30) -> list[NDArray[np.float32]]:
    return [corpora.sound(number % 10, number) for number in range(count)]


def _names(count: int) -> list[str]:
    return [f"{number}.wav" for number in range(count)]


def test_nothing_shared() -> None:
    found = find_leaks(_parts([0], [1], [2]), ["a", "b", "c"], _names(3))
    assert not found
    assert found.counts == {"group": 0, "repetition": 0, "near-duplicate": 0}
    assert found.sentence() == "nothing in both parts"


@pytest.mark.parametrize("parts", [([0, 1], [2], [3]), ([0, 1], [3], [2]), ([0], [2], [1, 3])])
def test_a_shared_group_on_any_two_sides(parts: tuple[list[int], ...]) -> None:
    groups = ["a", "b", "b", "c"]
    found = find_leaks(_parts(*parts), groups, _names(4))
    assert [(leak.kind, leak.first, leak.second) for leak in found.pairs] == [("group", "b", "b")]
    assert found.counts["group"] == 1
    assert found.sentence() == "1 recordings or groups in both parts (such as b and b)"


def test_a_group_on_all_sides_counts_once() -> None:
    assert find_leaks(_parts([0], [1], [2]), ["a"] * 3, _names(3)).counts["group"] == 1


def test_known_repetitions_of_gtzan(tmp_path: Path) -> None:
    for name in ("disco.00050", "disco.00051", "disco.00070", "metal.00058", "rock.00016"):
        path = tmp_path / name.split(".")[0] / f"{name}.wav"
        path.parent.mkdir(exist_ok=True)
        path.touch()
    dataset = open_dataset(corpora.gtzan(tmp_path, 1, 0.05, home=""))
    paths = [e.path for e in dataset.excerpts]
    chosen = {name: paths.index(f"{name[:-6]}/{name}.wav") for name in (
        "disco.00050", "disco.00070", "metal.00058", "rock.00016", "blues.00000", "jazz.00000"
    )}  # fmt: skip
    a, b, c, d, e, f = chosen.values()
    found = find_leaks(_parts([a, c, e], [d], [b, f]), paths, paths, dataset.repeats)
    pairs = {(leak.kind, leak.first, leak.second) for leak in found.pairs}
    assert pairs == {
        ("repetition", "disco/disco.00050.wav", "disco/disco.00070.wav"),
        ("repetition", "metal/metal.00058.wav", "rock/rock.00016.wav"),
    }
    between = find_leaks(_parts([e, f], [a], [b]), paths, paths, dataset.repeats)
    assert between.counts["repetition"] == 1
    together = find_leaks(_parts([a, b, c, d], [e], [f]), paths, paths, dataset.repeats)
    assert not together


@pytest.mark.parametrize("feature", _FEATURES)
def test_a_near_duplicate_is_found_and_nothing_else(feature: str) -> None:
    sounds = _distinct()
    sounds.append(corpora.near_duplicate(sounds[3]))
    names = _names(31)
    found = find_leaks(
        _parts(list(range(20)), list(range(20, 25)), list(range(25, 31))),
        names,
        names,
        features=_features(feature, sounds),
    )
    assert [(leak.first, leak.second) for leak in found.pairs] == [("3.wav", "30.wav")]
    assert found.counts["near-duplicate"] == 1
    assert 0.995 <= found.pairs[0].similarity <= 1


@pytest.mark.parametrize("feature", _FEATURES)
def test_distinct_sounds_are_not_reported(feature: str) -> None:
    sounds, names = _distinct(80), _names(80)
    parts = _parts(list(range(40)), list(range(40, 60)), list(range(60, 80)))
    assert not find_leaks(parts, names, names, features=_features(feature, sounds))


@pytest.mark.parametrize("feature", _FEATURES)
def test_silence_is_like_nothing(feature: str) -> None:
    sounds = [*_distinct(6), *(np.zeros(22050, dtype=np.float32) for _ in range(6))]
    names = _names(12)
    parts = _parts([0, 1, 6, 7], [2, 3, 8, 9], [4, 5, 10, 11])
    assert not find_leaks(parts, names, names, features=_features(feature, sounds))


def test_features_of_one_frame() -> None:
    rng = np.random.default_rng(0)
    values = (rng.standard_normal((50, 120, 1)) * np.geomspace(50, 0.5, 120)[:, None]).astype("f4")
    values[40] = values[5] * 1.001
    values[41:43] = 0.0
    values[0] = 0.0
    names = _names(50)
    found = find_leaks(_parts(list(range(30)), [], list(range(30, 50))), names, names,
                       features=values)  # fmt: skip
    assert [(leak.first, leak.second) for leak in found.pairs] == [("5.wav", "40.wav")]


def test_windows_of_a_copy_are_counted_and_its_pair_is_named_once() -> None:
    sounds = _distinct(12)
    names = [f"{number // 3}.wav" for number in range(12)] + ["copy.wav"] * 3
    sounds += sounds[:3]
    found = find_leaks(_parts(list(range(9)), [9, 10, 11], [12, 13, 14]), names, names,
                       features=_features("log_mel", sounds))  # fmt: skip
    near = [leak for leak in found.pairs if leak.kind == "near-duplicate"]
    assert [(leak.first, leak.second) for leak in near] == [("0.wav", "copy.wav")]
    assert found.counts["near-duplicate"] == 3
    assert "3 near-duplicate windows in both parts" in found.sentence()


def test_long_sound_in_many_blocks_is_projected_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.datasets.leaks._NUMBERS_AT_ONCE", 3 * 22050)
    monkeypatch.setattr("engine.datasets.leaks._AT_ONCE", 4)
    sounds = _distinct(20)
    sounds += [corpora.near_duplicate(sounds[number], seed=number) for number in range(10)]
    names = _names(30)
    found = find_leaks(_parts(list(range(20)), [], list(range(20, 30))), names, names,
                       features=_features("waveform", sounds))  # fmt: skip
    pairs = {(leak.first, leak.second) for leak in found.pairs}
    assert pairs == {(f"{number}.wav", f"{number + 20}.wav") for number in range(10)}


def test_one_window_like_everything_hides_no_other() -> None:
    rng = np.random.default_rng(1)
    values = rng.standard_normal((3000, 20, 4)).astype("f4")
    values[:2500] = values[0] + 0.001 * values[:2500]  # all of training is one sound
    values[2400] = values[2999]
    names = _names(3000)
    values[2500:2600] = values[0]
    found = find_leaks(_parts(list(range(2500)), [], list(range(2500, 3000))), names, names,
                       features=values)  # fmt: skip
    assert found.counts["near-duplicate"] == 101
    assert len(found.pairs) <= 50


def test_leaks_are_plain_values() -> None:
    found = find_leaks(_parts([0], [], [1]), ["a", "a"], _names(2))
    assert dataclasses.asdict(found)["pairs"][0]["kind"] == "group"


def test_noise_in_the_quiet_does_not_hide_a_copy() -> None:
    sounds = _distinct(20)
    for samples in sounds:
        samples[9000:] = 0.0  # a short note, filled up
    sounds.append(corpora.near_duplicate(sounds[4], noise_db=-40))
    names = _names(21)
    found = find_leaks(_parts(list(range(10)), [], list(range(10, 21))), names, names,
                       features=_features("log_mel", sounds))  # fmt: skip
    assert [(leak.first, leak.second) for leak in found.pairs] == [("4.wav", "20.wav")]


def test_a_band_that_all_share_does_not_make_all_alike() -> None:
    values = np.random.default_rng(0).standard_normal((60, 20, 10)).astype("f4")
    values[:, 0] = 1000 * np.exp(-np.arange(10) / 3) - 3000  # as notes decay in the first MFCC
    names = _names(60)
    assert not find_leaks(_parts(list(range(30)), [], list(range(30, 60))), names, names,
                          features=values)  # fmt: skip


def test_the_likeliest_candidates_are_compared() -> None:
    rng = np.random.default_rng(0)
    values = rng.standard_normal((40, 20, 10)).astype("f4")
    values[:20] = values[39] + 0.142 * values[:20]  # a similarity of 0.99
    values[7] = 0.5 * values[39]
    names = _names(40)
    found = find_leaks(_parts(list(range(20)), [], list(range(20, 40))), names, names,
                       features=values)  # fmt: skip
    assert [(leak.first, leak.second) for leak in found.pairs] == [("7.wav", "39.wav")]
