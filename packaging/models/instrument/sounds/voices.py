"""Voices: people who speak many languages, and the same voices made to sing.

Speech is parted into pitch, spectral envelope and aperiodicity by the vocoder WORLD (Morise,
Yokomori and Ozawa, 2016), and put together again on a melody's pitches, its vowels held as long as
the notes. Needs ``pip install pyworld "setuptools<80"``.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyworld
from numpy.typing import NDArray

from instrument.batches import HELD
from instrument.classes import VOICE, Instrument
from instrument.sounds.others import NOTHING
from instrument.sounds.play import RATE, Event, Melodies, Samples, load, trimmed
from instrument.sounds.recordings import Stretch

_FRAME_MS = 5.0
_LINES = 16  # sung by each voice
_SYLLABLES = 16  # of each voice
_ONSET = 16  # frames of a consonant that are kept before its vowel
Frames = NDArray[np.float64]


def languages(folder: Path, package: str) -> dict[str, list[Path]]:
    """Recordings of a package (``klettres``, ``ktuberling``) by language."""
    found: dict[str, list[Path]] = {}
    for path in sorted(p for e in ("ogg", "wav") for p in (folder / package).rglob(f"*.{e}")):
        found.setdefault(path.relative_to(folder / package).parts[0], []).append(path)
    return found


def spoken(folder: Path, rng: np.random.Generator) -> Iterator[Stretch]:
    """Words, letters and syllables said by people, five in a row."""
    for package in ("klettres", "ktuberling"):
        for language, paths in languages(folder, package).items():
            for _ in range(10):
                parts = []
                for index in rng.integers(len(paths), size=5):
                    parts += [trimmed(load(paths[index], 2.0))]
                    parts += [np.zeros(int(RATE * rng.uniform(0.02, 0.3)), np.float32)]
                yield Stretch(np.concatenate(parts), NOTHING, f"spoken {language}", "other")


@dataclass(frozen=True)
class Syllable:
    """A consonant's end and a vowel, in frames of 5 ms.

    Attributes:
        envelope, aperiodicity: shape (frames, bins).
        onset: frames before the vowel.
        pitch: the vowel's mean, as a MIDI note.
    """

    envelope: Frames
    aperiodicity: Frames
    onset: int
    pitch: float


def syllable(sound: Samples) -> Syllable | None:
    """Around the longest voiced stretch; None: shorter than 80 ms."""
    wave = sound.astype(np.float64)
    rough, time = pyworld.dio(wave, RATE, frame_period=_FRAME_MS)
    pitch = pyworld.stonemask(wave, rough, time, RATE)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], pitch > 0, [0]])))
    if len(edges) == 0:
        return None
    first, last = max(edges.reshape(-1, 2), key=lambda run: run[1] - run[0])
    first, last = first + 2, last - 2
    if last - first < 16:
        return None
    envelope = pyworld.cheaptrick(wave, pitch, time, RATE)
    rough_noise = pyworld.d4c(wave, pitch, time, RATE)
    begin = max(0, first - _ONSET)
    power = envelope[first:last].sum(1)
    # A held vowel does not die away as a spoken one does.
    envelope[first:last] *= (np.median(power) / np.maximum(power, 1e-12))[:, None] ** 0.7
    note = 69 + 12 * np.log2(float(np.median(pitch[first:last])) / 440)
    return Syllable(envelope[begin:last], rough_noise[begin:last], first - begin, note)


def sing(syllables: list[Syllable], line: list[Event], rng: np.random.Generator) -> Samples:
    """One voice, one line, note tied to note; now and then a syllable has several."""
    count = int((max(e.start + e.length for e in line) + 0.3) * 1000 / _FRAME_MS)
    bins = syllables[0].envelope.shape[1]
    pitch, envelope = np.zeros(count), np.full((count, bins), 1e-12)
    noise = np.ones((count, bins))
    rate_hz, depth, before = rng.uniform(4.5, 6.8), rng.uniform(0.1, 0.8), line[0].pitch
    for word in _words(line, rng):
        one = syllables[rng.integers(len(syllables))]
        first = int(word[0].start * 1000 / _FRAME_MS)
        vowel = max(12, int((word[-1].start + word[-1].length) * 1000 / _FRAME_MS) - first)
        onset, held = min(one.onset, first), len(one.envelope) - one.onset
        stretched = one.onset + (np.linspace(0, 1, vowel) ** 0.8 * (held - 1)).astype(int)
        taken = np.concatenate([np.arange(one.onset - onset, one.onset), stretched])
        taken = taken[: count - first + onset]
        place = slice(first - onset, first - onset + len(taken))
        loud = (word[0].velocity / 100) ** 2
        fade = np.minimum(1, np.arange(len(taken), 0, -1) / 12) ** 2 * loud
        envelope[place] = one.envelope[taken] * fade[:, None]
        noise[place] = one.aperiodicity[taken]
        pitch[first - onset : first] = 0
        for event in word:
            begin = int(event.start * 1000 / _FRAME_MS)
            seconds = np.arange(max(0, first - onset + len(taken) - begin)) * _FRAME_MS / 1000
            vibrato = depth * np.minimum(1, seconds / 0.5) * np.sin(2 * np.pi * rate_hz * seconds)
            glide = (before - event.pitch) * np.exp(-seconds / rng.uniform(0.01, 0.06))
            drift = np.cumsum(rng.normal(0, 0.02, len(seconds)))
            notes = event.pitch + vibrato + np.clip(glide, -4, 4) + drift
            pitch[begin : begin + len(notes)] = 440 * 2 ** ((notes - 69) / 12)
            before = event.pitch
    wave = pyworld.synthesize(pitch, envelope, noise, RATE, _FRAME_MS)
    return np.asarray(wave, dtype=np.float32)


def _words(line: list[Event], rng: np.random.Generator) -> list[list[Event]]:
    """Notes that share a syllable, each held to the next one's start, for 1.5 s at most."""
    line = sorted(line, key=lambda e: e.start)
    ends = [e.start for e in line[1:]] + [line[-1].start + max(0.6, line[-1].length)]
    words: list[list[Event]] = []
    for event, end in zip(line, ends, strict=True):
        length = min(end - event.start, 1.5)
        if length < 0.05:
            continue
        tied = Event(event.start, length, event.pitch, event.velocity)
        joined = words and words[-1][-1].start + words[-1][-1].length > event.start - 0.02
        if joined and rng.random() < 0.4:
            words[-1].append(tied)
        else:
            words.append([tied])
    return words


def sung(folder: Path, melodies: Melodies, rng: np.random.Generator) -> Iterator[Stretch]:
    """Lines sung by the voices of KLettres, but for those that judging hears speak."""
    for language, paths in languages(folder, "klettres").items():
        if f"spoken {language}" in HELD:
            continue
        drawn = [paths[i] for i in rng.permutation(len(paths))[: 3 * _SYLLABLES]]
        heard = (syllable(load(path, 2.0)) for path in drawn)
        found = list(itertools.islice((one for one in heard if one), _SYLLABLES))
        if not found:
            continue
        usual = float(np.median([one.pitch for one in found]))
        voice = Instrument(VOICE, (), round(usual - 4), round(usual + 13))
        for _ in range(_LINES):
            line = melodies.draw(voice, 6.0)
            if line:
                sound = trimmed(sing(found, line, rng))
                # WORLD now and then gives no numbers for what was hardly voiced.
                if len(sound) > RATE // 2 and np.isfinite(sound).all():
                    yield Stretch(sound, "voice", f"sung {language}", "phrase")
