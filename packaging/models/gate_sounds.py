"""Sounds for the gate: what is music and what is not, each with the group that must stay together.

Real recordings from the shared folder and from folders of music one names, sounds that fluidsynth
and espeak-ng make, and noises computed here.
"""

import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from midi import DRUMS, Score

RATE = 16000
WINDOW = 512 + 186 * 256
HELD_OUT_PACKAGES = {
    "colobot-common-sounds",
    "lincity-ng-data",
    "lugaru-data",
    "sectoid",
    "warzone2100-music",
}
_MUSIC_NAME = re.compile("music|zik|^(song|guitar|rhythm)$")
_MUSICAL_NAME = re.compile(
    "tada|fanfare|theme|invincible|welldone|title|hymn|bell|organ|piano|sing|jingle|endofact", re.I
)
_VOICE = re.compile("voice|speech|comments")
Samples = NDArray[np.float32]


@dataclass(frozen=True)
class Sound:
    kind: str
    group: str
    music: bool
    held_out: bool
    samples: Samples


def load(path: Path, seconds: float = 240.0) -> Samples:
    rate = soundfile.info(path).samplerate
    samples, _ = soundfile.read(path, dtype="float32", always_2d=True, frames=int(seconds * rate))
    return np.asarray(soxr.resample(samples.mean(axis=1), rate, RATE), dtype=np.float32)


def environment(shared: Path) -> Iterator[Sound]:
    """ESC-10; its fifth fold is held out."""
    for path in sorted((shared / "esc10").glob("*/*.ogg")):
        yield Sound(f"esc {path.parent.name}", path.stem, False, path.name[0] == "5", load(path))


def speech(shared: Path, rng: np.random.Generator) -> Iterator[Sound]:
    """Spoken digits strung together; two of the six speakers are held out."""
    by_speaker: dict[str, list[Path]] = {}
    for path in sorted((shared / "fsdd" / "recordings").glob("*.wav")):
        by_speaker.setdefault(path.stem.split("_")[1], []).append(path)
    for speaker, paths in by_speaker.items():
        for _ in range(12):
            parts: list[Samples] = []
            while sum(map(len, parts)) < 3 * WINDOW:
                parts += [load(paths[rng.integers(len(paths))])]
                parts += [np.zeros(int(RATE * rng.uniform(0.02, 0.5)), np.float32)]
            talk = np.concatenate(parts)
            yield Sound("speech", speaker, False, speaker in ("theo", "yweweler"), loud(talk, rng))


def voices(rng: np.random.Generator) -> Iterator[Sound]:
    """Synthetic speech in fourteen languages, four of them held out."""
    words = "the quick brown fox jumps over the lazy dog while seven boxing wizards watch the rain "
    languages = "en-us en-gb de fr es it pl ru tr hi sv pt nl cs".split()  # noqa: SIM905
    for index, voice in enumerate(languages):
        for variant in ("+m3", "+f2", "+m7", "+f4"):
            pace, pitch = str(rng.integers(110, 220)), str(rng.integers(20, 80))
            with tempfile.NamedTemporaryFile(suffix=".wav") as file:
                command = [
                    "espeak-ng",
                    "-v",
                    voice + variant,
                    "-s",
                    pace,
                    "-p",
                    pitch,
                    "-w",
                    file.name,
                ]
                subprocess.run([*command, words * 2], check=True, capture_output=True)
                yield Sound("synthetic speech", voice, False, index % 4 == 0, load(Path(file.name)))


def noises(rng: np.random.Generator) -> Iterator[Sound]:
    """Coloured noise, hum, fans, clicks, applause."""
    for index in range(160):
        kind = ("noise", "hum", "fan", "clicks", "applause", "tone")[index % 6]
        makers: dict[str, Callable[[], NDArray[np.floating]]] = {
            "noise": lambda: coloured(rng, rng.uniform(0, 2.2)),
            "hum": lambda: hum(rng),
            "fan": lambda: coloured(rng, 1.2) * 0.5 + hum(rng) * 0.2,
            "clicks": lambda: clicks(rng, rng.uniform(0.5, 12)),
            "applause": lambda: clicks(rng, rng.uniform(60, 900)),
            "tone": lambda: tone(rng),
        }
        sound = makers[kind]()
        yield Sound(kind, f"{kind} {index}", False, index % 5 == 0, loud(sound, rng))


def recordings(shared: Path) -> Iterator[Sound]:
    """Notes and phrases of orchestral players; saxophone and oboe are held out."""
    for folder in sorted((shared / "philharmonia").iterdir()):
        paths = sorted(folder.glob("*.mp3"))
        for path in paths[:: max(1, len(paths) // 40)]:
            held_out = folder.name in ("saxophone", "oboe")
            yield Sound("orchestral note", f"{folder.name} {path.stem}", True, held_out, load(path))
    for path in sorted((shared / "weresax").glob("*.flac"))[::2]:
        yield Sound("saxophone note", path.stem, True, True, load(path))


def songs(folders: list[Path]) -> Iterator[Sound]:
    """Music of at least half a minute, ten windows of each piece; whole packages are held out."""
    for package, path, named in sounds_in(folders):
        if named == "music" and soundfile.info(path).duration > 30:
            samples = load(path)
            starts = np.linspace(0, len(samples) - WINDOW, 10).astype(int)
            piece = np.concatenate([samples[start : start + WINDOW] for start in starts])
            yield Sound("song", package, True, package in HELD_OUT_PACKAGES, piece)


def effects(folders: list[Path], rng: np.random.Generator) -> Iterator[Sound]:
    """Sounds and voices of games, short ones strung together; whole packages are held out."""
    waiting: dict[str, list[Samples]] = {}
    for package, path, kind in sounds_in(folders):
        if kind == "music" or _MUSICAL_NAME.search(path.stem) or soundfile.info(path).frames == 0:
            continue
        samples = loud(load(path, 30.0), rng)
        line = waiting.setdefault(f"{package}/{kind}", [])
        line += [samples, np.zeros(int(RATE * rng.uniform(0.02, 0.6)), np.float32)]
        if len(samples) > WINDOW or sum(map(len, line)) > 3 * WINDOW:
            held_out = package in HELD_OUT_PACKAGES
            yield Sound(kind, package, False, held_out, np.concatenate(line))
            line.clear()


def sounds_in(folders: list[Path]) -> Iterator[tuple[str, Path, str]]:
    """Every sound with its package, the folder right under the one given, and its kind.

    The kind is told by the names games give to folders and files.
    """
    for folder in folders:
        paths = sorted(p for e in ("ogg", "mp3", "opus", "wav") for p in folder.rglob(f"*.{e}"))
        for path in paths:
            package, *inside = path.relative_to(folder).parts
            within = "/".join(inside[:-1]).lower()
            if "music" in within or _MUSIC_NAME.search(path.stem.lower()):
                kind = "music"
            else:
                kind = "game voice" if _VOICE.search(within) else "game effect"
            yield package, path, kind


def rendered(soundfonts: list[Path], rng: np.random.Generator) -> Iterator[Sound]:
    """Made-up phrases for one instrument, and small ensembles; the last soundfont is held out."""
    for font in soundfonts:
        for program in range(0, 112, 3 if font is soundfonts[-1] else 2):
            score = Score(float(rng.uniform(60, 160)))
            phrase(score, 0, program, rng)
            if rng.random() < 0.4:
                phrase(score, 1, int(rng.integers(32, 40)), rng)
                for beat in range(24):
                    score.note(DRUMS, beat, 0.3, 36 if beat % 2 == 0 else 38, 100)
                    score.note(DRUMS, beat + 0.5, 0.3, 42, 80)
            held_out = font is soundfonts[-1] and len(soundfonts) > 1
            sound = play(score, font)[: 3 * WINDOW]
            yield Sound("rendered", f"{font.stem} {program}", True, held_out, loud(sound, rng))


def phrase(score: Score, channel: int, program: int, rng: np.random.Generator) -> None:
    score.program(channel, program)
    beat, pitch = 0.0, int(rng.integers(45, 76))
    while beat < 24:
        length = float(rng.choice([0.25, 0.5, 0.5, 1.0, 1.0, 2.0, 3.0]))
        pitch = int(np.clip(pitch + rng.choice([-5, -3, -2, -1, 1, 2, 2, 4, 7]), 38, 88))
        for tone_above in (0, 4, 7) if rng.random() < 0.2 else (0,):
            score.note(channel, beat, length * 0.95, pitch + tone_above, int(rng.integers(60, 120)))
        beat += length + (0.5 if rng.random() < 0.1 else 0.0)


def play(score: Score, font: Path) -> Samples:
    with tempfile.TemporaryDirectory() as folder:
        midi, wave = Path(folder, "score.mid"), Path(folder, "sound.wav")
        score.write(midi)
        command = ["fluidsynth", "-ni", "-r", "44100", "-F", str(wave), str(font), str(midi)]
        subprocess.run(command, check=True, capture_output=True)
        return load(wave)


def loud(samples: Samples, rng: np.random.Generator) -> Samples:
    """The same at a random level, so that loudness tells nothing."""
    peak = max(1e-6, float(np.abs(samples).max()))
    return np.asarray(samples / peak * 10 ** (rng.uniform(-36, -1) / 20), dtype=np.float32)


def worn(samples: Samples, rng: np.random.Generator) -> Samples:
    """Through a room and a noisy microphone, at another level."""
    decay = int(RATE * rng.uniform(0.1, 0.6))
    room = rng.standard_normal(decay) * np.exp(-6.9 * np.arange(decay) / decay)
    room = np.concatenate([[1.0], 0.1 * rng.uniform(0.2, 1) * room])
    size = len(samples) + len(room)
    wet = np.fft.irfft(np.fft.rfft(samples, size) * np.fft.rfft(room, size), size)[: len(samples)]
    noise = coloured(rng, rng.uniform(0, 1.5), len(samples))
    snr = rng.uniform(12, 40)
    noise *= np.sqrt((wet**2).mean() / (noise**2).mean() / 10 ** (snr / 10) + 1e-20)
    return loud((wet + noise).astype(np.float32), rng)


def coloured(rng: np.random.Generator, slope: float, length: int = 2 * WINDOW) -> Samples:
    spectrum = np.fft.rfft(rng.standard_normal(length))
    spectrum /= np.maximum(np.arange(len(spectrum)), 20.0) ** (slope / 2)
    sound = np.fft.irfft(spectrum, length)
    return np.asarray(sound / np.abs(sound).max(), dtype=np.float32)


def hum(rng: np.random.Generator) -> Samples:
    time = np.arange(2 * WINDOW) / RATE
    base = rng.choice([50.0, 60.0, 100.0, 120.0]) * rng.uniform(0.995, 1.005)
    tones = [rng.uniform(0, 1) / k * np.sin(2 * np.pi * base * k * time + k) for k in range(1, 12)]
    return np.asarray(np.sum(tones, axis=0) + 0.02 * coloured(rng, 1.0), dtype=np.float32)


def tone(rng: np.random.Generator) -> Samples:
    time = np.arange(2 * WINDOW) / RATE
    first, last = rng.uniform(80, 4000), rng.uniform(80, 4000)
    if rng.random() < 0.6:
        last = first
    hz = first + (last - first) * time / time[-1]
    return np.asarray(np.sin(2 * np.pi * np.cumsum(hz) / RATE), dtype=np.float32)


def clicks(rng: np.random.Generator, per_second: float) -> Samples:
    sound = np.zeros(2 * WINDOW)
    hands = [band(rng) for _ in range(24)]
    for start in rng.integers(0, len(sound) - 800, int(per_second * len(sound) / RATE)):
        hand = hands[rng.integers(len(hands))]
        sound[start : start + len(hand)] += hand * rng.uniform(0.1, 1)
    return np.asarray(sound + 1e-4 * rng.standard_normal(len(sound)), dtype=np.float32)


def band(rng: np.random.Generator) -> Samples:
    """One clap: a burst of noise in a band, dying away in some 10 ms."""
    length = int(rng.integers(200, 700))
    burst = rng.standard_normal(length) * np.exp(-np.arange(length) / (length / 6))
    carrier = np.sin(2 * np.pi * rng.uniform(600, 2500) / RATE * np.arange(length))
    return np.asarray(burst * (0.4 + carrier), dtype=np.float32)
