"""Plays instruments: lines of real music on soundfonts and on recorded single notes."""

import json
import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from instrument.classes import Instrument
from midi import Score

RATE = 32000
Samples = NDArray[np.float32]
# How often each drum of a kit is struck on a sixteenth; hand percussion: on three of ten.
_CHANCES = {36: 0.3, 38: 0.2, 42: 0.6, 46: 0.1, 45: 0.12, 49: 0.04, 51: 0.2}
KIT = tuple(_CHANCES)
HAND_PERCUSSION = tuple(range(54, 82))  # and two crashes and a ride
_NOTES = "C Cs D Ds E F Fs G Gs A As B".split()  # noqa: SIM905


def load(path: Path, seconds: float = 60.0, rate_hz: int = RATE) -> Samples:
    rate = soundfile.info(path).samplerate
    samples, _ = soundfile.read(path, dtype="float32", always_2d=True, frames=int(seconds * rate))
    return np.asarray(soxr.resample(samples.mean(axis=1), rate, rate_hz), dtype=np.float32)


def trimmed(samples: Samples) -> Samples:
    """Without silence before and after (60 dB under the loudest 10 ms)."""
    step = RATE // 100
    count = len(samples) // step
    if count == 0:
        return samples
    level = np.square(samples[: count * step].reshape(count, step)).mean(axis=1)
    loud = np.flatnonzero(level > max(1e-12, level.max() * 1e-6))
    if len(loud) == 0:
        return samples[:0]
    return samples[max(0, loud[0] - 1) * step : (loud[-1] + 2) * step]


def midi_pitch(name: str) -> int | None:
    """``A4``, ``As4``, ``C#3`` to a MIDI note."""
    match = re.fullmatch(r"([A-G])([s#b]?)(-?\d)", name)
    if match is None:
        return None
    step = _NOTES.index(match[1]) + {"": 0, "s": 1, "#": 1, "b": -1}[match[2]]
    return step + 12 * (int(match[3]) + 1)


@dataclass(frozen=True)
class Event:
    """A note of a line, in seconds."""

    start: float
    length: float
    pitch: int
    velocity: int


class Melodies:
    """Lines of real music, fitted to an instrument's range and played at some speed."""

    def __init__(self, path: Path, rng: np.random.Generator) -> None:
        self._pieces = json.loads(path.read_text())
        self._rng = rng

    def draw(self, instrument: Instrument, seconds: float) -> list[Event]:
        """One line, or two and more together where the instrument plays chords."""
        rng = self._rng
        piece = self._pieces[rng.integers(len(self._pieces))]
        parts = piece["parts"]
        voices = int(rng.integers(1, 5)) if instrument.chords and rng.random() < 0.6 else 1
        chosen = rng.permutation(len(parts))[:voices]
        beat = float(rng.uniform(0.28, 0.8))
        last = max(onset for onset, _, _ in parts[chosen[0]])
        begin = float(rng.uniform(0, max(0.01, last - seconds / beat)))
        touch = float(rng.choice([0.35, 0.7, 0.95, 1.03]))
        events = []
        for index in chosen:
            line = [n for n in parts[index] if begin <= n[0] < begin + seconds / beat]
            for onset, length, pitches in line:
                for pitch in pitches if instrument.chords else pitches[-1:]:
                    start = (onset - begin) * beat + float(rng.normal(0, 0.008))
                    held = max(0.08, length * beat * touch)
                    events.append(Event(max(0.0, start), held, pitch, 0))
        return self._fitted(events, instrument)

    def _fitted(self, events: list[Event], instrument: Instrument) -> list[Event]:
        if not events:
            return []
        rng = self._rng
        lowest, highest = (f(e.pitch for e in events) for f in (min, max))
        room = range(instrument.lowest - lowest, instrument.highest - highest + 1)
        shift = int(rng.choice(room)) if len(room) else instrument.lowest - lowest
        loudness = int(rng.integers(45, 115))
        out = []
        for event in events:
            pitch = event.pitch + shift
            while pitch > instrument.highest:
                pitch -= 12
            velocity = int(np.clip(loudness + rng.normal(0, 8), 25, 127))
            out.append(Event(event.start, event.length, pitch, velocity))
        return out


def scale_notes(instrument: Instrument, count: int, rng: np.random.Generator) -> list[Event]:
    """Single notes over the range, one each three seconds, short and long, soft and loud."""
    pitches = np.linspace(instrument.lowest, instrument.highest, count) + rng.uniform(-1, 1, count)
    return [
        Event(
            3.0 * index,
            float(rng.uniform(0.3, 2.4)),
            int(np.clip(round(pitch), instrument.lowest, instrument.highest)),
            int(rng.integers(35, 125)),
        )
        for index, pitch in enumerate(pitches)
    ]


def drum_pattern(
    start: float, seconds: float, rng: np.random.Generator, keys: tuple[int, ...]
) -> list[Event]:
    """A rhythm on some drums: a random pattern of sixteenths, repeated with small changes."""
    step = float(rng.uniform(0.09, 0.2))
    pattern = [[rng.random() < _CHANCES.get(key, 0.3) for _ in range(16)] for key in keys]
    events = []
    for index in range(int(seconds / step)):
        for pitch, row in zip(keys, pattern, strict=True):
            if row[index % 16] != (rng.random() < 0.05):
                velocity = int(rng.integers(50, 127))
                events.append(Event(start + index * step, 0.1, pitch, velocity))
    return events


def synthesise(command: list[str], events: list[Event], program: tuple[int, int]) -> Samples:
    """Play events (program of a bank; bank 128: the drum channel) by ``command`` + MIDI + WAV."""
    bank, number = program
    channel = 9 if bank == 128 else 0
    score = Score(60.0)  # beats are seconds
    if bank and bank != 128:
        score.events.append((0, -1, bytes([0xB0, 0, bank])))
    score.program(channel, number)
    for event in events:
        score.note(channel, event.start, event.length, event.pitch, event.velocity)
    with tempfile.TemporaryDirectory() as folder:
        midi, wave = Path(folder, "score.mid"), Path(folder, "sound.wav")
        score.write(midi)
        filled = [part.format(midi=midi, wave=wave) for part in command]
        subprocess.run(filled, check=True, capture_output=True)
        return load(wave, 1000.0)


def fluidsynth(font: Path) -> list[str]:
    quiet = ["fluidsynth", "-ni", "-R", "0", "-C", "0", "-g", "0.4", "-r", str(RATE)]
    return [*quiet, "-o", "synth.midi-bank-select=gs", "-F", "{wave}", str(font), "{midi}"]


def timidity(config: Path) -> list[str]:
    """What plays the patches of a configuration and nothing else.

    Raises:
        SystemExit: TiMidity is set up to play what is missing on another font.
    """
    sounds = re.compile(r"(?m)^\s*(source|soundfont|bank|drumset)\b")
    for usual in (Path("/etc/timidity/timidity.cfg"), Path.home() / ".timidity.cfg"):
        if usual.is_file() and sounds.search(usual.read_text()):
            raise SystemExit(f"{usual} names another font; empty it: it would play for this one.")
    # Interpolation and 32 kHz; reverb and chorus off.
    plain = ["timidity", "-c", str(config), "-EFreverb=0", "-EFchorus=0", "-s", str(RATE)]
    return [*plain, "-Ow", "-o", "{wave}", "{midi}"]


class Sampler:
    """Plays lines on recorded single notes, moved by two semitones at most."""

    def __init__(self, notes: dict[int, list[Samples]]) -> None:
        self._notes = notes

    def play(self, events: list[Event], rng: np.random.Generator) -> Samples:
        """Silence where no recorded note is near."""
        end = max((e.start + e.length for e in events), default=0.0) + 0.6
        out = np.zeros(int(end * RATE), np.float32)
        for event in events:
            near = min(self._notes, key=lambda pitch: abs(pitch - event.pitch))
            if abs(near - event.pitch) > 2:
                continue
            choice = self._notes[near]
            note = choice[rng.integers(len(choice))]
            ratio = 2 ** ((near - event.pitch) / 12)
            if ratio != 1:
                note = soxr.resample(note, RATE, RATE * ratio)
            release = int(rng.uniform(0.04, 0.25) * RATE)
            held = min(len(note), int(event.length * RATE) + release)
            piece = note[:held].copy()
            fade = min(release, held)
            piece[held - fade :] *= np.linspace(1, 0, fade, dtype=np.float32) ** 2
            at = int(event.start * RATE)
            piece = piece[: len(out) - at] * (event.velocity / 100)
            out[at : at + len(piece)] += piece
        return out
