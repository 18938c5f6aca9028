"""Cuts the gathered sounds into one-second windows, dry and worn, with what the teacher hears.

    python packaging/models/run.py instrument.windows SOUNDS SHARED_DATA OUT [COLLECTION...]

SOUNDS is what ``instrument.sounds.gather`` wrote, SHARED_DATA holds mn04_as and musicnn. Writes
``OUT/<collection>.npz``: features in dB, float16 (windows, 2, bands, frames) - dry, then through a
room, a microphone and noise -, what musicnn's trunk says of both, the teacher's embedding and
logits (float16; all, and those of our labels) on three seconds of the dry sound around, and label,
group and kind of each window.
"""

import io
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.features import build_feature
from engine.networks.musicnn.levelled import levelled
from engine.networks.musicnn.mobile import decibels
from instrument.classes import LABELS
from instrument.sounds.others import NOTHING, UNLABELLED
from instrument.sounds.play import RATE
from instrument.teacher.labels import heard
from instrument.teacher.network import Teacher
from tags.weights import read_musicnn

SEED = 7
MODEL_RATE, WINDOW = 16000, 16000
FEATURE_NAME = "log_mel"
FEATURE_ARGUMENTS = {
    "rate_hz": MODEL_RATE,
    "n_fft": 512,
    "hop_length": 256,
    "n_mels": 96,
    "log": "compress",
    "center": False,
}
MUSICNN = "musicnn/MTT_musicnn.npz"
_BEFORE = 0.4  # seconds ahead of a window whose reverberation reaches into it
_AROUND = 3 * RATE
_BATCH = 64
Samples = NDArray[np.float32]


@dataclass
class Collection:
    """Sounds of one collection, end to end, and where each lies."""

    sound: NDArray[np.int16]
    rows: list[tuple[int, int, str, str, str]]

    @staticmethod
    def read(folder: Path, name: str) -> "Collection":
        rows = [tuple(row) for row in json.loads((folder / f"{name}.json").read_text())]
        return Collection(np.load(folder / f"{name}.npy", mmap_mode="r"), rows)

    def cut(self, row: int, start: int, length: int) -> Samples:
        """From one sound, with silence where it does not reach."""
        first, last = self.rows[row][:2]
        out = np.zeros(length, np.float32)
        begin, end = max(0, start), min(last - first, start + length)
        if end > begin:
            out[begin - start : end - start] = self.sound[first + begin : first + end] / 32768.0
        return out


class Wear:
    """Rooms, microphones, noise and codecs, drawn at random."""

    def __init__(self, noises: Collection, rng: np.random.Generator, length: int = WINDOW) -> None:
        self._noises, self._rng, self._length = noises, rng, length
        self.rng = rng

    def __call__(self, sound: Samples) -> Samples:
        """At 16 kHz; the sound's last ``length`` samples, changed."""
        rng = self._rng
        if rng.random() < 0.12:
            sound = np.tanh(sound / np.abs(sound).max() * rng.uniform(1, 6)).astype(np.float32)
        worn = self._coloured(sound)[-self._length :]
        worn = self._noisy(worn)
        if rng.random() < 0.08:
            worn = _through_mp3(worn, float(rng.uniform(0.4, 0.95)))
        return worn

    def _coloured(self, sound: Samples) -> Samples:
        """A room and a microphone in one filter."""
        rng = self._rng
        size = 1 << int(np.ceil(np.log2(len(sound) + MODEL_RATE // 2)))
        hz = np.fft.rfftfreq(size, 1 / MODEL_RATE)
        spectrum = np.fft.rfft(sound, size)
        if rng.random() < 0.75:
            spectrum = spectrum * np.fft.rfft(self._room(), size)
        bumps = np.interp(np.log2(np.maximum(hz, 30)), np.linspace(5, 13, 9), rng.normal(0, 5, 9))
        spectrum *= 10 ** (bumps / 20)
        if rng.random() < 0.35:
            spectrum /= np.sqrt(1 + (hz / rng.uniform(2200, 7500)) ** 16)
        if rng.random() < 0.35:
            spectrum *= 1 / np.sqrt(1 + (rng.uniform(60, 350) / np.maximum(hz, 1)) ** 4)
        return np.fft.irfft(spectrum, size)[: len(sound)].astype(np.float32)

    def _room(self) -> NDArray[np.float64]:
        rng = self._rng
        length = MODEL_RATE // 2
        time = np.arange(length) / MODEL_RATE
        tail = rng.standard_normal(length) * 10 ** (-3 * time / rng.uniform(0.15, 1.2))
        tail[: int(rng.uniform(0.001, 0.02) * MODEL_RATE)] = 0
        tail *= 10 ** (rng.uniform(-16, 4) / 20) / np.sqrt(np.square(tail).sum())
        tail[0] = 1.0
        for _ in range(6):
            tail[int(rng.uniform(0.0005, 0.03) * MODEL_RATE)] += rng.uniform(-0.6, 0.6)
        return tail

    def _noisy(self, sound: Samples) -> Samples:
        rng = self._rng
        noise: NDArray[np.float32] | NDArray[np.float64]
        if rng.random() < 0.25:
            return sound
        if rng.random() < 0.5:
            row = int(rng.integers(len(self._noises.rows)))
            first, last = self._noises.rows[row][:2]
            start = int(rng.integers(0, max(1, last - first - 2 * self._length)))
            noise = self._noises.cut(row, start, 2 * self._length)[::2]
        else:
            spectrum = np.fft.rfft(rng.standard_normal(self._length))
            spectrum /= np.maximum(np.arange(len(spectrum)), 30.0) ** (rng.uniform(-0.2, 2) / 2)
            noise = np.fft.irfft(spectrum, self._length)
        power = float(np.square(noise).mean())
        if power < 1e-10:
            return sound
        snr = rng.uniform(6, 40)
        scale = np.sqrt(float(np.square(sound).mean()) / power / 10 ** (snr / 10))
        return np.asarray(sound + scale * noise, np.float32)


def _through_mp3(sound: Samples, level: float) -> Samples:
    """Coded with about a tenth of the bits, then decoded."""
    buffer = io.BytesIO()
    peak = max(1e-6, float(np.abs(sound).max()))
    with soundfile.SoundFile(
        buffer, "w", MODEL_RATE, 1, format="MP3", compression_level=level
    ) as file:
        file.write(sound / peak)
    buffer.seek(0)
    decoded = soundfile.read(buffer, dtype="float32")[0]
    return np.asarray(np.resize(decoded, len(sound)) * peak, dtype=np.float32)


def _count(label: str, kind: str, seconds: float) -> int:
    if label == UNLABELLED:
        return 3
    if kind == "note":
        return 2
    return int(np.clip(seconds / 1.2, 1, 5))


def _at_level(window: Samples, rng: np.random.Generator) -> Samples:
    power = float(np.square(window).mean())
    level = 10 ** (rng.uniform(-45, -12) / 20)
    return np.asarray(window * level / np.sqrt(power + 1e-12), np.float32)


def windows_of(
    collection: Collection, wear: Wear, rng: np.random.Generator
) -> tuple[NDArray[np.int64], Samples, Samples, Samples]:
    """Rows, dry and worn windows (16 kHz) and the teacher's surroundings (32 kHz)."""
    rows, dry, worn, around = [], [], [], []
    for row, (first, last, label, _, kind) in enumerate(collection.rows):
        length = last - first
        for _ in range(_count(label, kind, length / RATE)):
            for _ in range(4):
                lowest = -0.7 * RATE if kind == "note" else -0.3 * RATE
                start = int(rng.uniform(lowest, max(0.0, length - 0.6 * RATE)))
                context = collection.cut(
                    row, start - int(_BEFORE * RATE), int((1 + _BEFORE) * RATE)
                )
                if np.sqrt(np.square(context[-RATE:]).mean()) > 0.004:
                    break
            else:
                continue
            ratio = 2 ** (rng.uniform(-0.6, 0.6) / 12)
            plain = soxr.resample(context, RATE, MODEL_RATE)
            bent = soxr.resample(context, RATE * ratio, MODEL_RATE)
            bent = np.pad(bent, (max(0, WINDOW - len(bent)), 0))
            rows.append(row)
            dry.append(_at_level(plain[-WINDOW:], rng))
            worn.append(_at_level(wear(bent), rng))
            around.append(collection.cut(row, start - RATE, _AROUND).astype(np.float16))
    return np.asarray(rows), np.stack(dry), np.stack(worn), np.stack(around)


class Listener:
    """What the student hears and what musicnn and the teacher make of it, as arrays to keep."""

    def __init__(self, shared: Path) -> None:
        self._feature = build_feature(FEATURE_NAME, FEATURE_ARGUMENTS)
        self._music = read_musicnn(shared / MUSICNN)[0]
        self._teacher = Teacher(shared / "efficientat-mn04")

    @torch.inference_mode()
    def __call__(self, dry: Samples, worn: Samples, around: Samples) -> dict[str, Tensor]:
        """Of a batch of windows; both of them at 16 kHz, the surroundings at 32 kHz."""
        both = [self._feature(torch.from_numpy(sound)) for sound in (dry, worn)]
        embeddings, said = self._teacher(torch.from_numpy(around).float())
        return {
            "features": torch.stack([decibels(one).half() for one in both], dim=1),
            "music": torch.stack([self._music(levelled(one)).half() for one in both], dim=1),
            "embeddings": embeddings.half(),
            "logits": said.half(),
            "named": heard(said, self._teacher.labels).half(),
        }


def main() -> None:
    torch.set_num_threads(1)
    sounds, listen, out = Path(sys.argv[1]), Listener(Path(sys.argv[2])), Path(sys.argv[3])
    out.mkdir(parents=True, exist_ok=True)
    noises = Collection.read(sounds, "not-music")
    for name in sys.argv[4:] or sorted(path.stem for path in sounds.glob("*.json")):
        rng = np.random.default_rng(SEED)
        collection = Collection.read(sounds, name)
        rows, *parts = windows_of(collection, Wear(noises, rng), rng)
        batches = [
            listen(*(part[start : start + _BATCH] for part in parts))
            for start in range(0, len(rows), _BATCH)
        ]
        info = [collection.rows[row] for row in rows]
        numbers = {NOTHING: -1, UNLABELLED: -2} | {n: i for i, n in enumerate(LABELS)}
        kept: dict[str, Any] = {
            "labels": np.asarray([numbers[r[2]] for r in info], np.int64),
            "groups": np.asarray([r[3] for r in info]),
            "kinds": np.asarray([r[4] for r in info]),
            "rows": rows,
        }
        kept |= {key: torch.cat([one[key] for one in batches]).numpy() for key in batches[0]}
        np.savez(out / f"{name}.npz", **kept)
        sys.stdout.write(f"{name}: {len(rows)} windows\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
