"""Writes gathered sounds: all of a collection end to end, and where each lies."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from instrument.sounds.play import RATE
from instrument.sounds.recordings import Stretch


def store(stretches: Iterator[Stretch], out: Path, collection: str) -> None:
    """``OUT/<collection>.npy``, int16, and ``.json``: [start, end, label, group, kind] of each."""
    sounds, rows, position = [], [], 0
    for stretch in stretches:
        peak = max(1e-6, float(np.abs(stretch.samples).max()))
        samples = np.round(stretch.samples / peak * 30000).astype(np.int16)
        rows.append((position, position + len(samples), stretch.label, stretch.group, stretch.kind))
        position += len(samples)
        sounds.append(samples)
    np.save(out / f"{collection}.npy", np.concatenate(sounds))
    (out / f"{collection}.json").write_text(json.dumps(rows))
    sys.stdout.write(f"{collection}: {len(rows)} stretches, {position / RATE / 60:.0f} min\n")
    sys.stdout.flush()
