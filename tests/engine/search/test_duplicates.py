"""Near-duplicates: other codecs, levels and trims are found, other takes are not."""

import tracemalloc
import weakref
from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.search import duplicates
from engine.search.building import build
from engine.search.duplicates import near_duplicates
from engine.search.index import Index
from tests.engine.search.planted import PlantedEar, finished, tone

RATE = 22050


def melody(seed: int, notes: int = 12, take: int = 0) -> np.ndarray:  # type: ignore[type-arg]
    """Half-second notes of three partials, each with a decay of its own."""
    rng, other = np.random.default_rng(seed), np.random.default_rng(take)
    time = np.arange(RATE // 2) / RATE
    parts = []
    for pitch in 220 * 2 ** (rng.integers(0, 24, notes) / 12):
        partials = sum(np.sin(2 * np.pi * pitch * n * time) / n for n in (1, 2, 3))
        parts.append(partials * np.exp(-time * other.uniform(2, 9)))
    whole = 0.3 * np.concatenate(parts) + rng.normal(0, 0.0005, RATE // 2 * notes)
    return whole.astype(np.float32)


@pytest.fixture
def archive(tmp_path: Path) -> Index:
    sounds = tmp_path / "sounds"
    sounds.mkdir()
    one = melody(1)
    soundfile.write(sounds / "a-whole.wav", one, RATE)
    soundfile.write(sounds / "b-quiet.mp3", 0.25 * one, RATE, format="MP3")
    late = np.concatenate([np.zeros(RATE // 4, dtype=np.float32), one[RATE:]])
    soundfile.write(sounds / "c-trimmed.ogg", late, RATE, format="OGG", subtype="VORBIS")
    # The same notes once more, played otherwise: a candidate, but no copy.
    soundfile.write(sounds / "a-whole-take2.wav", melody(1, take=1), RATE)
    for number in range(4):
        soundfile.write(sounds / f"d-other{number}.wav", melody(10 + number), RATE)
    soundfile.write(sounds / "e-tone.wav", tone(440, 6.0), 8000)
    soundfile.write(sounds / "f-tone.wav", tone(466, 6.0, seed=1), 8000)
    ear = PlantedEar()
    index = Index(tmp_path / "index", make=ear.projection)
    finished(build(index, ear, sorted(sounds.iterdir())))  # type: ignore[arg-type]
    return index


def test_copies_are_found_and_nothing_else(archive: Index) -> None:
    with archive:
        pairs = finished(near_duplicates(archive))
    found = {(pair.first.name, pair.second.name): pair for pair in pairs}  # type: ignore[attr-defined]
    assert set(found) == {
        ("a-whole.wav", "b-quiet.mp3"),
        ("a-whole.wav", "c-trimmed.ogg"),
        ("b-quiet.mp3", "c-trimmed.ogg"),
    }
    assert found["a-whole.wav", "b-quiet.mp3"].offset_seconds == pytest.approx(0.0, abs=0.05)
    # Silence at the edges is cut off before: only what lacks counts.
    assert found["a-whole.wav", "c-trimmed.ogg"].offset_seconds == pytest.approx(1.0, abs=0.15)
    assert all(pair.likeness > 0.98 for pair in found.values())


def test_few_pictures_are_held_however_many_files_there_are(
    archive: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: weakref.WeakSet[_Held] = weakref.WeakSet()
    most, made = 0, duplicates.picture

    def noted(samples: np.ndarray) -> object:
        nonlocal most
        found = made(samples)
        if found is not None:
            found = found.view(_Held)
            held.add(found)
            most = max(most, len(held))
        return found

    monkeypatch.setattr(duplicates, "picture", noted)
    monkeypatch.setattr(duplicates, "_MOST_PICTURES", 2)
    with archive:
        pairs = finished(near_duplicates(archive))
    assert len(pairs) == 3  # type: ignore[arg-type]
    assert 2 <= most <= 4  # those held, and those that are compared


def test_many_files_are_compared_in_little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """As by one matrix of all; of 60,000 files that would take 120 MB here, and its order more."""
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((8000, 128)).astype(np.float32)
    means = np.concatenate([centres, centres[::-1] + 0.1, centres[::2] * 1.1 + 0.05])
    means = (means / np.linalg.norm(means, axis=1, keepdims=True)).astype(np.float32)
    seconds = rng.uniform(1, 3, len(means))
    monkeypatch.setattr(duplicates, "_COMPARED_WITH", 1000)
    tracemalloc.start()
    found = duplicates._candidates(means, seconds, 300)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 30e6
    rows = np.arange(300, 812)
    alike = means[rows] @ means.T
    ratio = seconds[rows][:, None] / seconds
    fine = (alike >= duplicates._CANDIDATE) & (ratio >= 0.6) & (ratio <= 1 / 0.6)
    fine &= rows[:, None] < np.arange(len(means))
    assert fine.sum(axis=1).max() <= 5
    assert sorted(found) == [(300 + int(a), int(b)) for a, b in np.argwhere(fine)]
    assert len(found) > 300
    # Of more than five the best.
    many = means[:1] + 0.02 * rng.standard_normal((40, 128)).astype(np.float32)
    many /= np.linalg.norm(many, axis=1, keepdims=True)
    monkeypatch.setattr(duplicates, "_COMPARED_WITH", 7)
    best = [other for row, other in duplicates._candidates(many, np.ones(40), 0) if row == 0]
    assert best == (1 + np.argsort(-(many[1:] @ many[0]))[:5]).tolist()


class _Held(np.ndarray):
    """A picture that can be asked after."""

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> bool:  # type: ignore[override]
        return self is other
