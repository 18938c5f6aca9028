"""Tempo, beats, key and tuning of what was made with known ones."""

import itertools
import json
from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from engine.cli.app import run
from engine.errors import AudioError
from engine.music import facts as working
from engine.music.beats import tracked
from engine.music.facts import RATE_HZ, MusicFacts, analyse_music
from engine.music.pitch import MAJOR, NAMES, key_of
from resources import resource

Sound = NDArray[np.float32]


def finish(work: Generator[float, None, Any]) -> Any:
    shares = []
    while True:
        try:
            shares.append(next(work))
        except StopIteration as stop:
            assert shares == sorted(shares)
            assert all(0 <= share <= 1 for share in shares)
            return stop.value


def analysed(sound: Sound, folder: Path, rate_hz: int = RATE_HZ) -> MusicFacts:
    soundfile.write(folder / "sound.wav", sound, rate_hz)
    found: MusicFacts = finish(analyse_music(folder / "sound.wav"))
    return found


def clicks(bpm: float, seconds: float = 16.0, rate_hz: int = RATE_HZ) -> tuple[Sound, Any]:
    """Clicks, every fourth louder, over faint noise; and when they come."""
    rng = np.random.default_rng(5)
    sound = 1e-4 * rng.standard_normal(int(seconds * rate_hz))
    times = np.arange(0.25, seconds - 0.1, 60 / bpm)
    click = rng.standard_normal(int(0.05 * rate_hz)) * np.exp(-np.arange(int(0.05 * rate_hz)) / 300)
    for number, time in enumerate(times):
        at = int(time * rate_hz)
        sound[at : at + len(click)] += (0.4 if number % 4 == 0 else 0.25) * click
    return sound.astype(np.float32), times


def cadences(tonic: int, mode: str, a4_hz: float = 440.0, bpm: float = 100.0) -> Sound:
    """I IV V I with their basses, four times, of decaying tones with five partials."""
    third = 4 if mode == "major" else 3
    chords = [(0, third, 7), (5, 5 + third, 12), (7, 11, 14), (0, third, 7)] * 3
    beat = int(60 / bpm * RATE_HZ)
    time = np.arange(2 * beat) / RATE_HZ
    sound = np.zeros(beat * (2 * len(chords) + 2))
    for number, chord in enumerate(chords):
        for half, degree in itertools.product((0, 1), (chord[0] - 12, *chord)):
            hz = a4_hz * 2 ** ((tonic - 9 + degree) / 12)
            tone = sum(np.sin(2 * np.pi * hz * k * time) / k for k in range(1, 6))
            at = (2 * number + half) * beat
            sound[at : at + len(time)] += 0.1 * tone * np.exp(-3 * time)
    return sound.astype(np.float32)


@pytest.mark.parametrize("bpm", [50, 72, 100, 113, 128, 160, 174])
def test_tempo_and_beats_of_clicks(bpm: int, tmp_path: Path) -> None:
    sound, times = clicks(bpm)
    found = analysed(sound, tmp_path)
    assert found.tempo is not None
    assert found.tempo.clear
    assert found.tempo.bpm == pytest.approx(bpm, rel=0.002)
    assert found.tempo.candidates[0] == found.tempo.bpm
    assert len(times) - 1 <= len(found.beats) <= len(times)
    assert np.abs(found.beats[:, None] - times).min(axis=1).max() < 0.015
    assert found.key is not None
    assert not found.key.clear


def test_twice_the_tempo_is_named_where_half_is_taken(tmp_path: Path) -> None:
    tempo = analysed(clicks(200)[0], tmp_path).tempo
    assert tempo is not None
    assert tempo.bpm == pytest.approx(100, rel=0.01)
    assert tempo.candidates[1] == pytest.approx(200, rel=0.02)


@pytest.mark.parametrize("mode", ["major", "minor"])
@pytest.mark.parametrize("tonic", range(12))
def test_key_of_cadences(tonic: int, mode: str, tmp_path: Path) -> None:
    found = analysed(cadences(tonic, mode), tmp_path)
    assert found.key is not None
    assert found.key.name == f"{NAMES[tonic]} {mode}"
    assert found.key.clear
    assert found.tempo is not None
    assert found.tempo.bpm == pytest.approx(100, rel=0.01)


@pytest.mark.parametrize(
    ("a4_hz", "heard_hz", "key"),
    [(430, 430, "C"), (435, 435, "C"), (442, 442, "C"), (445, 445, "C"), (415, 439.7, "B")],
)
def test_tuning(a4_hz: float, heard_hz: float, key: str, tmp_path: Path) -> None:
    """A4 = 415 Hz is a semitone lower but for 1 cent: C major is heard as B major."""
    found = analysed(cadences(0, "major", a4_hz), tmp_path)
    assert found.tuning is not None
    assert found.tuning.clear
    assert found.tuning.a4_hz == pytest.approx(heard_hz, abs=0.6)
    assert found.tuning.cents == pytest.approx(1200 * np.log2(heard_hz / 440), abs=2.0)
    assert found.key is not None
    assert found.key.name == f"{key} major"


def test_the_bundled_sounds() -> None:
    """As they were written: packaging/sounds/make_sounds.py."""
    flute = finish(analyse_music(resource("sounds", "flute.ogg")))
    assert flute.tempo.bpm == pytest.approx(84, abs=0.3)
    assert flute.key.name == "D major"
    found = finish(analyse_music(resource("sounds", "harpsichord.ogg")))
    assert found.tempo.bpm == pytest.approx(104, abs=0.2)
    assert np.diff(found.beats) == pytest.approx(60 / 104, abs=0.03)
    assert found.key.name == "C minor"
    assert found.tuning.a4_hz == pytest.approx(440, abs=0.5)


def test_noise_speech_and_silence_are_not_told_a_tempo(tmp_path: Path, shared_data: Path) -> None:
    noise = (0.1 * np.random.default_rng(1).standard_normal(16 * RATE_HZ)).astype(np.float32)
    found = [analysed(noise, tmp_path)]
    spoken = sorted((shared_data / "ravdess" / "speech").glob("*.opus"))[:6]
    found += [finish(analyse_music(path)) for path in spoken]
    assert len(found) == 7
    for one in found:
        assert one.tempo is not None
        assert not one.tempo.clear
        assert len(one.beats) == 0
        assert one.key is not None
        assert not one.key.clear
    silent = analysed(np.zeros(5 * RATE_HZ, dtype=np.float32), tmp_path)
    assert (silent.tempo, silent.key, silent.tuning, len(silent.beats)) == (None, None, None, 0)


@pytest.mark.parametrize("samples", [1, 500, 3000, 12000])
def test_short_sounds_do_no_harm(samples: int, tmp_path: Path) -> None:
    found = analysed(clicks(120)[0][5000 : 5000 + samples], tmp_path)
    assert found.tempo is None or not found.tempo.clear
    assert found.seconds == pytest.approx(samples / RATE_HZ, abs=1e-3)


def test_blocks_do_not_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sound, times = clicks(120, 24.0, 44100)
    monkeypatch.setattr(working, "_BLOCK_SECONDS", 7.0)
    found = analysed(sound, tmp_path, 44100)
    assert found.tempo is not None
    assert found.tempo.bpm == pytest.approx(120, rel=0.002)
    assert len(found.beats) >= len(times) - 1
    assert np.abs(found.beats[:, None] - times).min(axis=1).max() < 0.015


def test_it_can_be_left(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "sound.wav", clicks(100)[0], RATE_HZ)
    work = analyse_music(tmp_path / "sound.wav")
    assert next(work) == 0.0
    next(work)
    work.close()
    with pytest.raises(AudioError):
        next(analyse_music(tmp_path / "none.wav"))


def test_beats_skip_what_is_missing() -> None:
    strength = np.zeros(900)
    strength[10::50] = 1.0
    strength[260] = 0.0  # a rest
    beats = finish(tracked(strength, 50.0))
    assert beats.tolist() == list(range(10, 900, 50))
    assert len(finish(tracked(np.zeros(900), 50.0))) == 0


def test_flat_classes_are_no_key() -> None:
    assert not key_of(np.ones(12)).clear
    one = key_of(np.roll(MAJOR, 3))
    assert (one.name, round(one.score, 6), one.clear) == ("Eb major", 1.0, True)


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(resource("sounds", "harpsichord.ogg"))
    assert run(["analyse-music", path]) == 0
    text = capsys.readouterr().out
    assert "104.0 beats per minute" in text
    assert "C minor" in text
    assert "A4 = 440.0 Hz (+0 cents)" in text
    (tmp_path / "bad.wav").write_bytes(b"no sound")
    assert run(["analyse-music", "--json", path, str(tmp_path / "bad.wav")]) == 1
    told = capsys.readouterr()
    assert told.out.count("\n") == 1
    told_facts = json.loads(told.out)
    assert told_facts["tempo"]["bpm"] == pytest.approx(104, abs=0.2)
    assert len(told_facts["beats"]) == 16
    assert "bad.wav" in told.err
    assert run(["analyse-music", str(tmp_path / "bad.wav")]) == 2
    assert "bad.wav" in capsys.readouterr().err
    soundfile.write(tmp_path / "silent.wav", np.zeros(RATE_HZ * 2), RATE_HZ)
    assert run(["analyse-music", str(tmp_path / "silent.wav")]) == 0
    assert "no clear tempo" in capsys.readouterr().out
