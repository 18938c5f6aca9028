"""Sound in and out: files, resampling, microphone, playback. Needs numpy, never torch."""

from engine.audio.audio import Audio
from engine.audio.files import AudioInfo, probe, read, stream
from engine.audio.formats import EXTENSIONS
from engine.audio.resample import Resampler, resample
from engine.audio.ring import Ring
from engine.audio.writing import write

__all__ = [
    "EXTENSIONS",
    "Audio",
    "AudioInfo",
    "Resampler",
    "Ring",
    "probe",
    "read",
    "resample",
    "stream",
    "write",
]
