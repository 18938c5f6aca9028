"""Everything Earmark brings along that is not code: classifiers, sounds, icons, credits."""

import sysconfig
from importlib.resources import files
from pathlib import Path


def resource(*parts: str) -> Path:
    """The path of a bundled file, e.g. ``resource("sounds", "demo.ogg")``."""
    return Path(str(files(__package__).joinpath(*parts)))


def documentation() -> Path | None:
    """The folder that holds ``docs`` and ``CHANGELOG.md``; None: they were not installed.

    They lie beside this package in a copy of the repository and in an installed program, and among
    the data of the Python environment where pip installed it.
    """
    environment = Path(sysconfig.get_path("data")) / "share" / "doc" / "earmark"
    for folder in (Path(str(files(__package__))).parent, environment):
        if (folder / "docs" / "guide" / "listen.md").is_file():
            return folder
    return None
