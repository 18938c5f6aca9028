"""Sounds that are no instrument's: surroundings, speech, noise; and music without a label."""

import itertools
import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile

from instrument.sounds.play import RATE, load, trimmed
from instrument.sounds.recordings import Stretch

NOTHING, UNLABELLED = "", "?"


def not_music(shared: Path, games: list[Path], rng: np.random.Generator) -> Iterator[Stretch]:
    """Environment, speech and what games sound like besides music; as groups: folds, speakers."""
    for path in sorted((shared / "esc10").glob("*/*.ogg")):
        yield Stretch(load(path), NOTHING, f"esc fold {path.name[0]}", "other")
    by_speaker: dict[str, list[Path]] = {}
    for path in sorted((shared / "fsdd" / "recordings").glob("*.wav")):
        by_speaker.setdefault(path.stem.split("_")[1], []).append(path)
    for speaker, paths in by_speaker.items():
        for _ in range(25):
            words = [load(paths[rng.integers(len(paths))]) for _ in range(6)]
            gap = np.zeros(int(RATE * rng.uniform(0.02, 0.4)), np.float32)
            joined = list(itertools.chain.from_iterable((word, gap) for word in words))
            yield Stretch(np.concatenate(joined), NOTHING, f"speech {speaker}", "other")
    yield from synthetic_speech(rng)
    yield from computed_noise(rng)
    musical = re.compile(
        "music|zik|tada|fanfare|theme|jingle|bell|organ|piano|sing|hymn|welldone|title|song|guitar",
        re.I,
    )
    for package in sorted(p for folder in games for p in folder.iterdir() if p.is_dir()):
        paths = sorted(p for e in ("ogg", "wav") for p in package.rglob(f"*.{e}"))
        effects = [p for p in paths if not musical.search(str(p.relative_to(package)))]
        for path in [effects[i] for i in rng.permutation(len(effects))[:50]]:
            sound = trimmed(load(path, 5.0))
            if len(sound) > RATE // 3:
                yield Stretch(sound, NOTHING, f"effects {package.name}", "other")


def synthetic_speech(rng: np.random.Generator) -> Iterator[Stretch]:
    words = "the quick brown fox jumps over the lazy dog while seven wizards watch the rain"
    languages = "en-us en-gb de fr es it pl ru tr hi sv pt nl cs".split()  # noqa: SIM905
    for voice, variant in itertools.product(languages, ("+m3", "+f2", "+m7", "+f4")):
        with tempfile.NamedTemporaryFile(suffix=".wav") as file:
            tone = ["-s", str(rng.integers(110, 220)), "-p", str(rng.integers(20, 80))]
            command = ["espeak-ng", "-v", voice + variant, *tone, "-w", file.name, words]
            subprocess.run(command, check=True, capture_output=True)
            yield Stretch(load(Path(file.name), 8.0), NOTHING, f"espeak {voice}", "other")


def computed_noise(rng: np.random.Generator) -> Iterator[Stretch]:
    """Coloured noise, mains hum, clicks, sweeps."""
    length = 4 * RATE
    time = np.arange(length) / RATE
    for index in range(200):
        spectrum = np.fft.rfft(rng.standard_normal(length))
        spectrum /= np.maximum(np.arange(len(spectrum)), 40.0) ** (rng.uniform(-0.2, 2.2) / 2)
        sound = np.fft.irfft(spectrum, length)
        sound /= np.abs(sound).max()
        if index % 4 == 1:
            base = float(rng.choice([50.0, 60.0, 100.0, 120.0]))
            parts = [rng.random() / k * np.sin(2 * np.pi * base * k * time) for k in range(1, 12)]
            sound = 0.1 * sound + np.sum(parts, axis=0)
        elif index % 4 == 2:
            gate = rng.random(length) < rng.uniform(1, 60) / RATE
            sound = np.convolve(gate * rng.uniform(0.1, 1, length), sound[:600], "same")
        elif index % 4 == 3:
            slow = 1 + 0.9 * np.sin(2 * np.pi * rng.uniform(0.1, 6) * time)
            sound = sound * slow
        yield Stretch(sound.astype(np.float32), NOTHING, f"noise {index % 10}", "other")


def hums(rng: np.random.Generator) -> Iterator[Stretch]:
    """Mains hum without noise, or nearly: 50 and 60 Hz, or their double after a rectifier."""
    time = np.arange(2 * RATE) / RATE
    for index in range(300):
        base = rng.choice([50.0, 60.0, 100.0, 120.0]) * rng.uniform(0.995, 1.005)
        count = int(rng.integers(3, 17))
        shares = rng.random(count) / np.arange(1, count + 1) ** rng.uniform(0.5, 1.5)
        turns = rng.uniform(0, 2 * np.pi, count) * rng.integers(0, 2)
        sound = 10 ** rng.uniform(-4, -1) * rng.standard_normal(len(time))
        for k in range(count):
            sound += shares[k] * np.sin(2 * np.pi * base * (k + 1) * time + turns[k])
        yield Stretch(sound.astype(np.float32), NOTHING, f"hum {index % 10}", "other")


def mixtures(games: list[Path], rng: np.random.Generator) -> Iterator[Stretch]:
    """Excerpts of whole music, without a label: the teacher says what is in them."""
    for folder in games:
        for package in sorted(p for p in folder.iterdir() if p.is_dir()):
            paths = [p for p in sorted(package.rglob("*.ogg")) if soundfile.info(p).duration > 30]
            for path in [paths[i] for i in rng.permutation(len(paths))[:12]]:
                sound = load(path, 240.0)
                for start in rng.uniform(0, len(sound) - 4 * RATE, 12).astype(int):
                    piece = sound[start : start + 4 * RATE]
                    if np.square(piece).mean() > 1e-6:
                        yield Stretch(piece, UNLABELLED, f"music {package.name}", "other")
