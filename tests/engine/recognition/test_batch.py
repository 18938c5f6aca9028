"""Many files: each gets its result or its sentence, whatever happens to the others."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from engine.recognition import files
from engine.recognition.events import BatchResult, BatchStep
from engine.recognition.files import analyse, classify_files
from tests.planted import RATE, beeper


def sound(path: Path, samples: np.ndarray | None = None, subtype: str = "PCM_16") -> Path:
    time = np.arange(2 * RATE) / RATE
    tone = (0.3 * np.sin(2 * np.pi * 3000 * time)).astype(np.float32)
    with open(os.fsencode(path), "wb") as file:
        data = tone if samples is None else samples
        soundfile.write(file, data, RATE, subtype=subtype, format="WAV")
    return path


def results(paths: list[Path]) -> dict[Path, BatchResult]:
    events = list(classify_files(paths, {"x": beeper()}))
    steps = [event for event in events if isinstance(event, BatchStep)]
    assert all(0 <= step.share <= 1 for step in steps)
    return {event.path: event for event in events if isinstance(event, BatchResult)}


@pytest.mark.parametrize(
    "error",
    [
        RecursionError("deep"),
        MemoryError(),
        ValueError("negative dimensions"),
        RuntimeError("\udcff"),
    ],
)
def test_one_bad_file_never_ends_a_batch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    first, bad, last = (sound(tmp_path / f"{name}.wav") for name in ("a", "bad", "z"))
    real = files.stream

    def stream(path: Path, **more: Any) -> Iterator[Any]:
        for block in real(path, **more):
            if path == bad:
                raise error
            yield block

    monkeypatch.setattr(files, "stream", stream)
    found = results([first, bad, last])
    assert list(found) == [first, bad, last]
    assert found[bad].result is None
    assert found[bad].problem.startswith("bad.wav ")
    for good in (first, last):
        assert found[good].problem == ""
        assert found[good].result is not None
        assert found[good].result.verdicts["x"].heard == ("beep",)


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS takes no names that are not UTF-8")
def test_files_as_they_come(tmp_path: Path) -> None:
    """Missing, empty, no sound, not UTF-8, far too loud: one sentence each, or finite results."""
    rng = np.random.default_rng(3)
    noise = rng.standard_normal(2 * RATE).astype(np.float32)
    loud = [
        sound(tmp_path / f"{x:g}.wav", np.clip(noise, -1, 1) * np.float32(x), "FLOAT")
        for x in (1e4, 1e20, 3e38)
    ]
    not_numbers = noise.copy()
    not_numbers[100:200] = np.nan
    not_numbers[300] = np.inf
    odd = [
        sound(tmp_path / "caf\udce9.wav"),
        sound(tmp_path / "a:b\n[red].wav"),
        sound(tmp_path / "nan.wav", not_numbers, "FLOAT"),
    ]
    (tmp_path / "empty.wav").write_bytes(b"")
    (tmp_path / "words.wav").write_bytes(b"words, not sound" * 100)
    bad = [tmp_path / name for name in ("missing.wav", "empty.wav", "words.wav", ".")]
    found = results([*loud, *odd, *bad])
    assert len(found) == 10
    for path in bad:
        assert found[path].result is None
        assert found[path].problem.endswith(".") or found[path].problem.endswith("?")
    for path in odd:
        assert found[path].result is not None, found[path].problem
    assert found[odd[2]].repaired == 101
    for path in loud + odd:
        result = found[path].result
        if result is None:
            assert "loud" in found[path].problem or "numbers" in found[path].problem
            continue
        for part in ("probabilities", "presence", "level_db", "times"):
            assert np.isfinite(getattr(result.timelines["x"], part)).all()


def test_a_classifier_that_gives_no_numbers_is_said(tmp_path: Path) -> None:
    path, broken = sound(tmp_path / "a.wav"), beeper()
    for parameter in broken.network.parameters():
        parameter.data.fill_(float("nan"))
    (found,) = (e for e in classify_files([path], {"x": broken}) if isinstance(e, BatchResult))
    assert found.result is None
    assert "not numbers" in found.problem


def test_closing_a_batch_closes_its_file(tmp_path: Path) -> None:
    paths = [sound(tmp_path / "a.wav"), sound(tmp_path / "b.wav")]
    events = classify_files(paths, {"x": beeper()})
    next(events)
    next(events)
    events.close()
    assert not any(path.samefile(p) for path in paths for p in _open_files())


def test_what_is_analysed_alone_is_the_same(tmp_path: Path) -> None:
    path = sound(tmp_path / "a.wav")
    found = results([path])[path].result
    assert found is not None
    steps = analyse(path, {"x": beeper()})
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            alone = stop.value.timelines["x"]
            break
    assert np.array_equal(found.timelines["x"].probabilities, alone.probabilities)


def _open_files() -> list[Path]:
    folder = Path("/proc/self/fd")
    if not folder.is_dir():
        pytest.skip("no /proc here")
    return [path for path in map(Path.resolve, folder.iterdir()) if path.is_file()]
