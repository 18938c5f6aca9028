"""Everything Earmark brings along that is not code: classifiers, sounds, icons, credits."""

from importlib.resources import files
from pathlib import Path


def resource(*parts: str) -> Path:
    """The path of a bundled file, e.g. ``resource("sounds", "demo.ogg")``."""
    return Path(str(files(__package__).joinpath(*parts)))
