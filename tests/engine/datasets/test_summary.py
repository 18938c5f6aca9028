"""Figures of a data set at a glance."""

import threading
from collections import Counter
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from engine.datasets import Dataset, open_dataset, summary
from engine.datasets.summary import Summary, summarise
from tests import corpora


def _finish(work: Generator[float, None, Summary]) -> tuple[list[float], Summary]:
    shares: list[float] = []
    while True:
        try:
            shares.append(next(work))
        except StopIteration as done:
            return shares, done.value


@pytest.fixture
def mixed(tmp_path: Path) -> Dataset:
    """Two classes of unlike size, rate and channels, one file clipped, one broken."""
    tone = corpora.sound(3, 0, 1.0)
    for number in range(3):
        corpora.write(tmp_path / "a" / f"{number}.wav", tone)
    corpora.write(tmp_path / "a" / "loud.wav", np.clip(30 * tone, -1, 1))
    one_side = np.stack([np.clip(30 * tone, -1, 1), np.zeros_like(tone)], axis=1)
    corpora.write(tmp_path / "b" / "stereo.wav", one_side, 44100)
    (tmp_path / "b" / "broken.wav").write_bytes(b"RIFF nothing")
    return open_dataset(tmp_path)


def test_a_summary(mixed: Dataset) -> None:
    shares, found = _finish(summarise(mixed))
    assert shares[:6] == pytest.approx([(n + 1) / 6 for n in range(6)])
    assert set(shares[6:]) == {1.0}  # equal files are compared
    assert found.copies == {"a/1.wav": "a/0.wav", "a/2.wav": "a/0.wav"}
    assert found.counts == {"a": 4, "b": 2}
    assert found.groups == {"a": 4, "b": 2}
    assert found.imbalance == 2
    assert found.rates_hz == Counter({22050: 4, 44100: 1})
    assert found.channels == Counter({1: 4, 2: 1})
    assert found.seconds == pytest.approx({"a": 4.0, "b": 0.5})
    assert found.clipped == ["a/loud.wav", "b/stereo.wav"]
    assert list(found.broken) == ["b/broken.wav"]
    assert "broken.wav" in found.broken["b/broken.wav"]


def test_levels(tmp_path: Path) -> None:
    for name, level in (("half", 0.5), ("tenth", 0.1), ("none", 0.0)):
        corpora.write(tmp_path / name / "x.wav", np.full(2205, level, dtype=np.float32))
    _, found = _finish(summarise(open_dataset(tmp_path)))
    assert found.level_db["half/x.wav"] == pytest.approx(-6.02, abs=0.01)
    assert found.level_db["tenth/x.wav"] == pytest.approx(-20, abs=0.01)
    assert found.level_db["none/x.wav"] == pytest.approx(-120)


def test_stretches_count_by_their_own_length(tmp_path: Path) -> None:
    corpora.audacity(tmp_path, files=2, seconds=0.5)
    (tmp_path / "song 0.txt").write_text("0.25\t9\tbell\n", encoding="utf-8")
    _, found = _finish(summarise(open_dataset(tmp_path)))
    assert found.seconds == pytest.approx({"bell": 0.75 + 0.5, "drum": 0.5})
    assert found.groups == {"bell": 2, "drum": 1}


def test_finished_features_have_no_sound(tmp_path: Path) -> None:
    shares, found = _finish(summarise(open_dataset(corpora.iowa(tmp_path))))
    assert shares == []
    assert sum(found.counts.values()) == 260
    assert found.rates_hz == Counter()


def test_who_stops_listening_does_not_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corpora.folders(tmp_path, files=50, seconds=0.02)
    go, looked = threading.Event(), []

    def slow(_dataset: Dataset, path: str) -> summary._Looked:
        looked.append(path)
        if len(looked) > 1:
            go.wait(120)
        return summary._Looked()

    class Pool(ThreadPoolExecutor):
        def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
            super().shutdown(wait=False, cancel_futures=cancel_futures)
            go.set()  # what is being looked at ends; the others are begun unless they are cancelled
            super().shutdown(wait)

    monkeypatch.setattr(summary, "_look", slow)
    monkeypatch.setattr(summary, "ThreadPoolExecutor", Pool)
    work = summarise(open_dataset(tmp_path))
    next(work)
    work.close()
    assert len(looked) < 20
