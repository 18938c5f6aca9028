"""Makes windows without end of all real sound, and lets the teacher say what is in them.

    python packaging/models/run.py instrument.real.views SHARED_DATA SOUNDS OUT MINUTES [SEED]

SOUNDS is what ``real.sounds`` wrote. A view is three seconds of one to four sounds, notes of one
player joined to phrases, at a drawn pitch and level each: the teacher hears it as it is, the
student a second of it, as it is and through rooms, microphones, noise and codecs. Writes
``OUT/SEED-NUMBER.npz`` of 400 views each until the time is over, and goes on where it stopped:
``features`` (windows, 2, bands, frames), ``views`` (of each window), ``embeddings`` and ``logits``
(of each view), all float16. ``real.learn`` may read while this writes. About 15 views a second.
"""

import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import soxr
import torch
from numpy.typing import NDArray

from engine.features import build_feature
from engine.networks.musicnn.mobile import decibels
from instrument.real.sounds import KINDS, RATE
from instrument.real.wear import Noises, through_vorbis
from instrument.teacher.network import Teacher
from instrument.windows import FEATURE_ARGUMENTS, FEATURE_NAME, MODEL_RATE, WINDOW, Wear

VIEWS, PER_VIEW = 400, 2
_LENGTH = 3 * RATE
_BEFORE = int(0.4 * MODEL_RATE)
_OGG, _AAC = 0.12, 0.12  # shares of worn windows that go through these
_RATES = ("16k", "24k", "32k", "48k")
_PRIMING = 1024  # samples of silence that the AAC coder puts ahead
Samples = NDArray[np.float32]


class Bank:
    """What ``real.sounds`` wrote, drawn from by kind and cell."""

    def __init__(self, path: Path, rng: np.random.Generator) -> None:
        self._sound = np.load(path.with_suffix(".npy"), mmap_mode="r")
        self._rng = rng
        self._cells: dict[str, dict[str, list[tuple[int, int]]]] = {kind: {} for kind in KINDS}
        for row in json.loads(path.with_suffix(".json").read_text()):
            cell = self._cells[row["kind"]].setdefault(row["cell"], [])
            cell.append((row["first"], row["last"]))
        self._kinds = [kind for kind in KINDS if self._cells[kind]]
        weights = np.asarray([KINDS[kind] for kind in self._kinds])
        self._weights = weights / weights.sum()

    def draw(self) -> Samples:
        """Three seconds of one kind, pitch and speed changed together, of power 1."""
        rng = self._rng
        kind = str(rng.choice(self._kinds, p=self._weights))
        cells = list(self._cells[kind].values())
        cell = cells[int(rng.integers(len(cells)))]
        ratio = 2 ** (rng.uniform(-4, 4) / 12) if rng.random() < 0.6 else 1.0
        wanted = int((_LENGTH + 2000) * ratio)
        sound = self._phrase(cell, wanted)
        if ratio != 1.0:
            sound = np.asarray(soxr.resample(sound, ratio, 1.0), np.float32)
        sound = np.pad(sound, (0, max(0, _LENGTH - len(sound))))[:_LENGTH]
        return np.asarray(sound / np.sqrt(float(np.square(sound).mean()) + 1e-9), np.float32)

    def _phrase(self, cell: list[tuple[int, int]], wanted: int) -> Samples:
        """Part of a long sound, or notes one after the other."""
        rng, out, place = self._rng, np.zeros(wanted, np.float32), 0
        short = rng.uniform(0.25, 1.5) if rng.random() < 0.5 else 10.0
        if rng.random() < 0.15:
            place = int(rng.uniform(0, 0.4) * wanted)
        while place < wanted:
            first, last = cell[int(rng.integers(len(cell)))]
            length = last - first
            if length > wanted + RATE // 4:
                first += int(rng.uniform(0, length - wanted))
                length = wanted
            elif len(cell) > 1:
                length = min(length, int(short * RATE))
            note = self._sound[first : first + min(length, wanted - place)].astype(np.float32)
            fade = min(len(note), RATE // 50)
            note[len(note) - fade :] *= np.linspace(1, 0, fade, dtype=np.float32)
            out[place : place + len(note)] += note / 32768
            place += max(length, RATE // 10) + int(rng.exponential(0.05) * RATE)
        return out

    def view(self) -> Samples:
        """One to four sounds together, shape (samples,)."""
        rng = self._rng
        several = int(rng.choice([1, 2, 3, 4], p=[0.66, 0.2, 0.09, 0.05]))
        mixed = self.draw()
        for _ in range(several - 1):
            mixed = mixed + 10 ** (rng.uniform(-15, 0) / 20) * self.draw()
        return np.asarray(mixed * (0.1 / np.sqrt(several)), np.float32)


def through_aac(windows: Samples, rate: str) -> Samples:
    """Coded by ffmpeg one after the other, then decoded; shape kept (windows, samples)."""
    raw = ["-f", "s16le", "-ar", str(MODEL_RATE), "-ac", "1"]
    peaks = np.maximum(np.abs(windows).max(1, keepdims=True), 1e-6)
    sound = np.round(windows / peaks * 29000).astype("<i2").tobytes()
    begin = ["ffmpeg", "-loglevel", "error", "-threads", "1"]
    coded = [*begin, *raw, "-i", "pipe:", "-c:a", "aac", "-b:a", rate, "-f", "adts", "pipe:"]
    data = subprocess.run(coded, input=sound, check=True, capture_output=True).stdout
    back = [*begin, "-f", "aac", "-i", "pipe:", *raw, "pipe:"]
    decoded = subprocess.run(back, input=data, check=True, capture_output=True).stdout
    heard = np.frombuffer(decoded, "<i2").astype(np.float32)[_PRIMING:]
    heard = np.pad(heard, (0, max(0, windows.size - len(heard))))[: windows.size]
    return np.asarray(heard.reshape(windows.shape) * peaks / 29000, np.float32)


def windows_of(views: list[Samples], wear: Wear) -> tuple[Samples, Samples, NDArray[np.int64]]:
    """Dry and worn windows at 16 kHz, and the view of each."""
    rng, dry, worn, which = wear.rng, [], [], []
    for number, view in enumerate(views):
        sound = np.asarray(soxr.resample(view, RATE, MODEL_RATE), np.float32)
        sound = np.pad(sound, (_BEFORE, 0))
        for _ in range(PER_VIEW):
            start = int(rng.integers(0, len(sound) - _BEFORE - WINDOW))
            piece = sound[start : start + _BEFORE + WINDOW]
            if float(np.square(piece[-WINDOW:]).mean()) < 1e-6:
                continue
            changed = wear(piece)
            if rng.random() < _OGG:
                changed = through_vorbis(changed, float(rng.uniform(0.8, 1.0)))
            dry.append(_levelled(piece[-WINDOW:], rng))
            worn.append(_levelled(changed, rng))
            which.append(number)
    both = np.stack(worn)
    chosen = np.flatnonzero(rng.random(len(both)) < _AAC)
    if len(chosen):
        both[chosen] = through_aac(both[chosen], str(rng.choice(_RATES)))
    return np.stack(dry), both, np.asarray(which)


def _levelled(window: Samples, rng: np.random.Generator) -> Samples:
    level = 10 ** (rng.uniform(-45, -12) / 20)
    return np.asarray(window * level / np.sqrt(np.square(window).mean() + 1e-12), np.float32)


@torch.inference_mode()
def shard(bank: Bank, wear: Wear, teacher: Teacher) -> dict[str, NDArray[np.generic]]:
    """What one file holds."""
    feature = build_feature(FEATURE_NAME, FEATURE_ARGUMENTS)
    views = [bank.view() for _ in range(VIEWS)]
    dry, worn, which = windows_of(views, wear)
    features = [
        torch.cat(
            [decibels(feature(part)).half() for part in torch.split(torch.from_numpy(one), 64)]
        )
        for one in (dry, worn)
    ]
    said = [teacher(part) for part in torch.split(torch.from_numpy(np.stack(views)), 32)]
    embeddings, logits = (torch.cat(part).half() for part in zip(*said, strict=True))
    return {
        "features": torch.stack(features, dim=1).numpy(),
        "views": which,
        "embeddings": embeddings.numpy(),
        "logits": logits.numpy(),
    }


def main() -> None:
    torch.set_num_threads(1)
    shared, sounds, out = (Path(word) for word in sys.argv[1:4])
    end = time.monotonic() + 60 * float(sys.argv[4])
    seed = int(sys.argv[5]) if len(sys.argv) > 5 else 1
    out.mkdir(parents=True, exist_ok=True)
    number = len(list(out.glob(f"{seed}-*.npz")))
    rng = np.random.default_rng([seed, number])
    bank = Bank(sounds, rng)
    wear = Wear(Noises(shared / "esc10", without="5"), rng, WINDOW)
    teacher = Teacher(shared / "efficientat-mn04")
    while time.monotonic() < end:
        partial = out / f"{seed}-{number}.partial"
        with partial.open("wb") as file:
            np.savez(file, **shard(bank, wear, teacher))  # type: ignore[arg-type]
        partial.rename(out / f"{seed}-{number}.npz")
        number += 1
        sys.stdout.write(f"{number} files, {number * VIEWS} views\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
