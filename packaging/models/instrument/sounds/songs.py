"""Sentences made into songs: speech stretched syllable by syllable onto a melody.

After "speech to song" (Saitou, Goto, Unoki and Akagi, 2007): the vocoder WORLD parts a sentence
into pitch, spectral envelope and aperiodicity; each syllable lasts as long as its note, its vowel
stretched and its consonants not, and the pitch is the melody's, with glides, vibrato and drift.
Unlike single syllables on notes, what lies between two vowels stays as it was said.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyworld
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.signal import find_peaks

from instrument.classes import VOICE, Instrument
from instrument.sounds.others import NOTHING
from instrument.sounds.play import RATE, Melodies, Samples, load, trimmed
from instrument.sounds.recordings import Stretch
from instrument.sounds.voices import languages

_FRAME_MS = 5.0
_SECOND = int(1000 / _FRAME_MS)  # frames
_LONGEST = 12 * RATE
# Recordings of a package that make up what one song is made of, and songs of each speaker.
_PACKAGES = {"asterisk": (1, 30), "ktuberling": (4, 12), "klettres": (6, 8)}
_SENTENCES = 30  # said by each speaker of asterisk
Frames = NDArray[np.float64]


@dataclass(frozen=True)
class Sentence:
    """Speech in frames of 5 ms.

    Attributes:
        envelope, aperiodicity: shape (frames, bins).
        voiced: shape (frames,).
        bounds: frames where syllables begin, and the end of the last one.
        pitch: the speaker's median, as a MIDI note.
    """

    envelope: Frames
    aperiodicity: Frames
    voiced: NDArray[np.bool_]
    bounds: list[int]
    pitch: float


def sentence(speech: Samples) -> Sentence | None:
    """Parted into syllables at the dips between vowels; None: fewer than three are heard."""
    wave = speech.astype(np.float64)
    rough, time = pyworld.dio(wave, RATE, f0_floor=70, f0_ceil=500, frame_period=_FRAME_MS)
    pitch = pyworld.stonemask(wave, rough, time, RATE)
    voiced = pitch > 0
    if voiced.sum() < _SECOND // 4:
        return None
    envelope = pyworld.cheaptrick(wave, pitch, time, RATE)
    aperiodicity = pyworld.d4c(wave, pitch, time, RATE)
    if not (np.isfinite(envelope).all() and np.isfinite(aperiodicity).all()):
        return None
    hz = np.linspace(0, RATE / 2, envelope.shape[1])
    loud = 10 * np.log10(envelope[:, (hz > 200) & (hz < 2500)].sum(1) + 1e-12)
    loud = gaussian_filter1d(np.where(voiced, loud, loud.min()), 4)
    vowels = find_peaks(loud, distance=_SECOND // 10, prominence=2.5, height=loud.max() - 30)[0]
    if len(vowels) < 3:
        return None
    dips = [a + int(loud[a:b].argmin()) for a, b in itertools.pairwise(vowels)]
    first = max(0, int(vowels[0]) - _SECOND // 6)
    last = min(len(voiced), int(vowels[-1]) + _SECOND // 4)
    middle = 69 + 12 * np.log2(float(np.median(pitch[voiced])) / 440)
    return Sentence(envelope, aperiodicity, voiced, [first, *dips, last], middle)


def other_singer(said: Sentence, rng: np.random.Generator) -> Sentence:
    """The same with a longer or shorter throat, and darker or brighter."""
    bins = said.envelope.shape[1]
    place = np.clip(np.arange(bins) * rng.uniform(0.85, 1.15), 0, bins - 1).astype(int)
    octaves = np.log2(np.maximum(np.linspace(0, RATE / 2, bins), 400) / 400)
    tilt = 10 ** (rng.uniform(-9, 2) * octaves / 10)
    return replace(said, envelope=said.envelope[:, place] * tilt)


def song(said: Sentence, melody: list[float], rng: np.random.Generator) -> Samples:
    """A note a syllable, now and then two; the last one is held longer.

    Args:
        said: the words.
        melody: MIDI notes, as many as there are syllables or more.
        rng: draws rhythm, vibrato and glides.
    """
    beat = rng.uniform(0.22, 0.6)
    taken: list[NDArray[np.int64]] = []
    notes: list[NDArray[np.float64]] = []
    spans = list(itertools.pairwise(said.bounds))
    lines = iter(melody)
    for index, (first, last) in enumerate(spans):
        beats = rng.choice([0.5, 1, 1, 1, 1.5, 2, 3]) + 1.5 * (index == len(spans) - 1)
        frames = stretched(said.voiced[first:last], int(beats * beat * _SECOND)) + first
        pitch = np.full(len(frames), next(lines, melody[-1]), dtype=float)
        if rng.random() < 0.12 and len(frames) > _SECOND // 3:
            pitch[len(frames) // 2 :] = next(lines, melody[-1])
        taken.append(frames)
        notes.append(pitch)
    chosen = np.concatenate(taken)
    pitch = expressed(np.concatenate(notes), rng)
    hz = np.where(said.voiced[chosen], 440 * 2 ** ((pitch - 69) / 12), 0.0)
    envelope = _evened(said.envelope[chosen], said.voiced[chosen])
    wave = pyworld.synthesize(hz, envelope, said.aperiodicity[chosen], RATE, _FRAME_MS)
    return np.asarray(wave, dtype=np.float32)


def stretched(voiced: NDArray[np.bool_], wanted: int) -> NDArray[np.int64]:
    """Which frames of a syllable sound when it lasts ``wanted``: its vowel's middle gives most."""
    count = len(voiced)
    span = np.flatnonzero(voiced)
    if len(span) == 0 or wanted <= count:
        return np.arange(count)
    middle = np.exp(-0.5 * ((np.arange(count) - span.mean()) / (0.3 * len(span) + 1)) ** 2)
    each = middle * voiced
    lengths = 1 + each * (wanted - count) / each.sum()
    ends = np.cumsum(lengths)
    return np.searchsorted(ends, np.arange(int(ends[-1])), side="right").clip(max=count - 1)


def expressed(notes: Frames, rng: np.random.Generator) -> Frames:
    """Pitch as it is sung: notes tied by glides, vibrato on what is held, drift, mistuning."""
    glide = rng.uniform(3, 12)
    pitch = gaussian_filter1d(notes, glide, mode="nearest")
    since = np.zeros(len(notes))
    changes = np.flatnonzero(np.diff(notes)) + 1
    for first, last in zip([0, *changes], [*changes, len(notes)], strict=True):
        since[first:last] = np.arange(last - first) / _SECOND
        pitch[first:last] += rng.normal(0, 0.15)
    depth, rate_hz = rng.choice([0.0, 0.15, 0.35, 0.6]), rng.uniform(4.5, 6.5)
    turns = 2 * np.pi * np.cumsum(rate_hz + rng.normal(0, 0.3, len(notes))) / _SECOND
    vibrato = depth * np.clip((since - 0.2) / 0.4, 0, 1) * np.sin(turns)
    drift = gaussian_filter1d(rng.normal(0, 1, len(notes)), 20) * rng.uniform(0.3, 1.2)
    return np.asarray(gaussian_filter1d(pitch, 2) + vibrato + drift)


def _evened(envelope: Frames, voiced: NDArray[np.bool_]) -> Frames:
    """Vowels closer to one loudness than when spoken."""
    power = gaussian_filter1d(envelope.sum(1), 10)
    usual = np.median(power[voiced]) if voiced.any() else 1.0
    gain = np.clip(usual / np.maximum(power, 1e-12), 0.1, 10) ** 0.5
    return np.asarray(envelope * np.where(voiced, gain, 1.0)[:, None])


def melody(said: Sentence, melodies: Melodies, rng: np.random.Generator) -> list[float]:
    """Notes of a line of real music, about as high as the speaker's voice or somewhat higher."""
    middle = said.pitch + rng.uniform(-1, 7)
    voice = Instrument(VOICE, (), round(middle - 7), round(middle + 8))
    line = sorted(melodies.draw(voice, 30.0), key=lambda event: event.start)
    notes = [float(event.pitch) for event in line]
    return notes * -(-2 * len(said.bounds) // max(1, len(notes)))


def sung(
    paths: list[Path], count: int, melodies: Melodies, rng: np.random.Generator
) -> Samples | None:
    """A song of so many recordings of one speaker; None where no syllables were found."""
    drawn = (trimmed(load(paths[i], 7.0)) for i in rng.integers(len(paths), size=count))
    speech = np.concatenate(list(drawn))
    said = sentence(speech) if len(speech) > RATE else None
    notes = melody(said, melodies, rng) if said else []
    if said is None or len(notes) < 4:
        return None
    sound = song(other_singer(said, rng), notes, rng)[:_LONGEST]
    # WORLD now and then gives no numbers for what was hardly voiced.
    return sound if len(sound) > RATE and np.isfinite(sound).all() else None


def speakers(folder: Path, melodies: Melodies, rng: np.random.Generator) -> Iterator[Stretch]:
    """What people of three packages say, as songs; and some sentences as they are."""
    for package, (count, songs) in _PACKAGES.items():
        for language, paths in languages(folder, package).items():
            if "@" in language:  # the same speaker's words in another script
                continue
            for _ in range(songs):
                sound = sung(paths, count, melodies, rng)
                if sound is not None:
                    yield Stretch(sound, "voice", f"song {package}-{language}", "phrase")
    for language, paths in languages(folder, "asterisk").items():
        for index in rng.permutation(len(paths))[:_SENTENCES]:
            sound = trimmed(load(paths[index], 7.0))
            yield Stretch(sound, NOTHING, f"spoken asterisk-{language}", "other")
