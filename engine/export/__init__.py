"""What was heard as CSV, JSON, Audacity labels and Raven tables; each can be read back."""

from engine.export.files import write_text
from engine.export.segments import (
    Lane,
    from_audacity,
    from_raven,
    to_audacity,
    to_raven,
)
from engine.export.timelines import from_csv, from_json, to_csv, to_json

__all__ = [
    "Lane",
    "from_audacity",
    "from_csv",
    "from_json",
    "from_raven",
    "to_audacity",
    "to_csv",
    "to_json",
    "to_raven",
    "write_text",
]
