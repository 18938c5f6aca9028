"""Wear of real recordings: rooms, microphones, noise, another level, and codecs at low rates."""

import io
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from instrument.sounds.play import load
from instrument.windows import MODEL_RATE, Collection, Samples, Wear

_CLIPS = 120  # surroundings that serve as noise
_OGG = 0.2  # share that goes through Ogg Vorbis


class Noises(Collection):
    """Surroundings as what is heard behind the music.

    Args:
        folder: of recordings, a folder a class.
        without: how names begin that are left out.
    """

    def __init__(self, folder: Path, without: str = "-") -> None:
        paths = [p for p in sorted(folder.glob("*/*.ogg")) if not p.name.startswith(without)]
        rows, sounds, position = [], [], 0
        for path in paths[:: max(1, len(paths) // _CLIPS)][:_CLIPS]:
            sound = load(path)
            peak = max(1e-6, float(np.abs(sound).max()))
            sounds.append(np.round(sound / peak * 30000).astype(np.int16))
            rows.append((position, position + len(sound), "", path.parent.name, "other"))
            position += len(sound)
        super().__init__(np.concatenate(sounds), rows)


def worn(sound: Samples, wear: Wear, length: int) -> Samples:
    """The last ``length`` samples, changed, at a drawn level."""
    rng = wear.rng
    changed = wear(sound)
    if rng.random() < _OGG:
        changed = through_vorbis(changed, float(rng.uniform(0.85, 1.0)))
    power = float(np.square(changed).mean())
    level = 10 ** (rng.uniform(-45, -12) / 20)
    return np.asarray(changed[-length:] * level / np.sqrt(power + 1e-12), np.float32)


def through_vorbis(sound: Samples, level: float) -> Samples:
    """Coded with few bits, then decoded.

    Args:
        sound: at 16 kHz.
        level: of compression, as libsndfile has it: 1 is the least quality, about 20 kbit/s here.
    """
    buffer = io.BytesIO()
    peak = max(1e-6, float(np.abs(sound).max()))
    with soundfile.SoundFile(
        buffer, "w", MODEL_RATE, 1, format="OGG", subtype="VORBIS", compression_level=level
    ) as file:
        file.write(sound / peak * 0.9)
    buffer.seek(0)
    decoded: NDArray[np.float32] = soundfile.read(buffer, dtype="float32")[0]
    return np.asarray(np.resize(decoded, len(sound)) * peak / 0.9, dtype=np.float32)
