"""Lets the networks hear real recordings once: windows, dry and worn, and what the teacher says.

    python packaging/models/run.py instrument.real.hear SHARED_DATA DOWNLOADS OUT [SOURCE...]

SHARED_DATA holds what ``real/sources.py`` names, and the weights of musicnn and mn04_as; DOWNLOADS
``spoken/``, a folder each of recorded speech. With ``--licences=commercial`` what must not be used
commercially is left out, with ``--each=N`` only N recordings of each folder are heard, and with
``--plain`` neither wear nor the teacher. A source that OUT has already is not heard again. Writes
``OUT/<source>.npz``:

- ``names``, ``labels``, ``groups`` and ``rows`` (how many windows) of each recording;
- of each window ``features`` in dB, float16 (windows, bands, frames), what musicnn's trunk says of
  it (``music``) and its level in dBFS (``levels``), as the application hears it, every quarter of a
  second (of sources that only teach: every half or whole);
- of some windows, numbered by ``chosen``: the same once more as ``worn_features`` and
  ``worn_music``, and the teacher's ``embeddings`` and ``logits`` on the three seconds around.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from engine.audio import read
from engine.features import build_feature
from engine.networks.musicnn.levelled import levelled
from engine.networks.musicnn.mobile import decibels
from engine.windows import Windows
from instrument.real.sources import Recording, gathered
from instrument.real.wear import Noises, worn
from instrument.teacher.network import RATE as TEACHER_RATE
from instrument.teacher.network import Teacher
from instrument.windows import FEATURE_ARGUMENTS, FEATURE_NAME, MODEL_RATE, MUSICNN, WINDOW, Wear
from tags.weights import read_musicnn

SEED = 11
HOP = 4000
_BEFORE = int(0.4 * MODEL_RATE)  # ahead of a window, whose reverberation reaches into it
_AROUND = 3 * TEACHER_RATE
_GAP = MODEL_RATE // 5
_BATCH = 64


@dataclass(frozen=True)
class Plan:
    """How much of a source is heard: seconds of a recording, and steps in quarters of a second."""

    seconds: float = 6.0
    step: int = 1
    taught: int = 4  # each so many windows the teacher hears, and they are worn


PLANS = {
    "philharmonia": Plan(3.0, 2, 2),
    "emotify": Plan(12.0, 4, 1),
    "esc10": Plan(5.0, 2, 2),
    "fsdd": Plan(8.0, 2, 4),
    "spoken": Plan(8.0, 2, 4),
}
Samples = NDArray[np.float32]


class Ears:
    """What the student gets of windows, and what the teacher says of what is around them."""

    def __init__(self, shared: Path) -> None:
        self._feature = build_feature(FEATURE_NAME, FEATURE_ARGUMENTS)
        self._music = read_musicnn(shared / MUSICNN)[0]
        self.teacher = Teacher(shared / "efficientat-mn04")

    @torch.inference_mode()
    def hear(self, windows: Samples) -> tuple[NDArray[np.float16], NDArray[np.float16]]:
        """Windows at 16 kHz to features in dB and musicnn's answer."""
        heard, said = [], []
        for start in range(0, len(windows), _BATCH):
            features = self._feature(torch.from_numpy(windows[start : start + _BATCH]))
            heard.append(decibels(features).half())
            said.append(self._music(levelled(features)).half())
        return torch.cat(heard).numpy(), torch.cat(said).numpy()

    @torch.inference_mode()
    def ask(self, around: Samples) -> tuple[NDArray[np.float16], NDArray[np.float16]]:
        """Three seconds each at 32 kHz to the teacher's embeddings and logits."""
        found = [
            self.teacher(torch.from_numpy(around[start : start + 32]))
            for start in range(0, len(around), 32)
        ]
        embeddings, logits = (torch.cat(part).half().numpy() for part in zip(*found, strict=True))
        return embeddings, logits


def sound_of(recording: Recording, rate_hz: int, seconds: float) -> Samples:
    """Mono; of several files one after the other, with a pause between."""
    parts = [read(path, mono=True, rate_hz=rate_hz).samples[0] for path in recording.paths]
    if len(parts) > 1:
        pause = _GAP * rate_hz // MODEL_RATE
        parts = [np.pad(part, (0, pause)) for part in parts]
    return np.asarray(np.concatenate(parts)[: int(seconds * rate_hz)], np.float32)


def cut(sound: Samples, start: int, length: int) -> Samples:
    """With silence where the sound does not reach."""
    out = np.zeros(length, np.float32)
    begin, end = max(0, start), min(len(sound), start + length)
    if end > begin:
        out[begin - start : end - start] = sound[begin:end]
    return out


@dataclass
class Kept:
    """What becomes a source's file."""

    parts: dict[str, list[Any]] = field(default_factory=dict)
    total: int = 0

    def add(self, **values: Any) -> None:
        for key, value in values.items():
            self.parts.setdefault(key, []).append(value)

    def write(self, path: Path) -> None:
        single = ("names", "labels", "groups", "rows")
        arrays = {
            key: np.asarray(values) if key in single else np.concatenate(values)
            for key, values in self.parts.items()
        }
        partial = path.with_suffix(".partial.npz")
        np.savez(partial, **arrays)  # type: ignore[arg-type]
        partial.rename(path)


def hear_recording(
    recording: Recording, plan: Plan, ears: Ears, wear: Wear | None, kept: Kept
) -> None:
    """Add all windows of one recording; without wear as they are, and no teacher is asked."""
    sound = sound_of(recording, MODEL_RATE, plan.seconds)
    rule = Windows(WINDOW, HOP * plan.step)
    starts = [number * rule.hop for number in range(rule.count(len(sound)))]
    windows = np.stack([cut(sound, start, WINDOW) for start in starts])
    levels = 10 * np.log10(np.maximum(np.square(windows).mean(1), 1e-12))
    loud = np.flatnonzero(levels > max(-60.0, levels.max() - 30.0))
    chosen = loud[:: plan.taught]
    features, music = ears.hear(windows)
    kept.add(
        names=recording.name,
        labels=recording.label,
        groups=recording.group,
        rows=len(starts),
        features=features,
        music=music,
        levels=levels.astype(np.float32),
    )
    if wear is not None and len(chosen):
        sharp = sound_of(recording, TEACHER_RATE, plan.seconds)
        ratio = TEACHER_RATE // MODEL_RATE
        around = [cut(sharp, (starts[i] - MODEL_RATE) * ratio, _AROUND) for i in chosen]
        changed = [
            worn(cut(sound, starts[i] - _BEFORE, WINDOW + _BEFORE), wear, WINDOW) for i in chosen
        ]
        worn_features, worn_music = ears.hear(np.stack(changed))
        embeddings, logits = ears.ask(np.stack(around))
        kept.add(
            chosen=chosen + kept.total,
            worn_features=worn_features,
            worn_music=worn_music,
            embeddings=embeddings,
            logits=logits,
        )
    kept.total += len(starts)


def thinned(recordings: list[Recording], most: int) -> list[Recording]:
    """At most so many recordings of each folder, evenly spread."""
    folders: dict[str, list[Recording]] = {}
    for one in recordings:
        folders.setdefault(one.name.rpartition("/")[0], []).append(one)
    return [
        mine[place]
        for mine in folders.values()
        for place in sorted(set(np.linspace(0, len(mine) - 1, most).round().astype(int)))
    ]


def missing(found: dict[str, list[Recording]], out: Path) -> Iterator[str]:
    return (name for name in found if not (out / f"{name}.npz").exists())


def main() -> None:
    torch.set_num_threads(1)
    words = [word for word in sys.argv[1:] if not word.startswith("--")]
    shared, downloads, out = (Path(word) for word in words[:3])
    out.mkdir(parents=True, exist_ok=True)
    commercial = "--licences=commercial" in sys.argv
    found = gathered(shared, downloads, commercial=commercial)
    for each in [int(w.removeprefix("--each=")) for w in sys.argv if w.startswith("--each=")]:
        found = {name: thinned(recordings, each) for name, recordings in found.items()}
    ears, noises = Ears(shared), Noises(shared / "esc10")
    for source in words[3:] or list(missing(found, out)):
        wear = None
        if "--plain" not in sys.argv:
            wear = Wear(noises, np.random.default_rng(SEED), WINDOW)
        kept = Kept()
        for recording in found[source]:
            hear_recording(recording, PLANS.get(source, Plan()), ears, wear, kept)
        kept.write(out / f"{source}.npz")
        sys.stdout.write(f"{source}: {len(found[source])} recordings, {kept.total} windows\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
