"""Earmark's engine: recognises instruments, genres and composers. It never imports Qt.

The names below are what scripts need; each is loaded when first used, so that importing the engine
costs nothing:

    from engine import Catalog, analyse, read
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.audio import Audio, probe, read, stream, write
    from engine.audio.microphone import Microphone
    from engine.classifier.catalog import Catalog
    from engine.classifier.classifier import Classifier
    from engine.errors import EarmarkError
    from engine.recognition.decisions import decide, segments
    from engine.recognition.files import analyse
    from engine.recognition.live import listen
    from engine.recognition.timeline import Timeline, smooth, summary
    from engine.recognition.verdict import conclude, verdict_on

_HOMES = {
    "Audio": "engine.audio",
    "probe": "engine.audio",
    "read": "engine.audio",
    "stream": "engine.audio",
    "write": "engine.audio",
    "Microphone": "engine.audio.microphone",
    "analyse": "engine.recognition.files",
    "Catalog": "engine.classifier.catalog",
    "Classifier": "engine.classifier.classifier",
    "decide": "engine.recognition.decisions",
    "segments": "engine.recognition.decisions",
    "EarmarkError": "engine.errors",
    "listen": "engine.recognition.live",
    "Timeline": "engine.recognition.timeline",
    "smooth": "engine.recognition.timeline",
    "summary": "engine.recognition.timeline",
    "conclude": "engine.recognition.verdict",
    "verdict_on": "engine.recognition.verdict",
}

__all__ = [
    "Audio",
    "Catalog",
    "Classifier",
    "EarmarkError",
    "Microphone",
    "Timeline",
    "analyse",
    "conclude",
    "decide",
    "listen",
    "probe",
    "read",
    "segments",
    "smooth",
    "stream",
    "summary",
    "verdict_on",
    "write",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'engine' has no attribute '{name}'")
    return getattr(import_module(_HOMES[name]), name)
