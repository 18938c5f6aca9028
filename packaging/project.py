"""What packaging needs to know of the project: read from pyproject.toml, written nowhere else."""

import os
import time
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
VERSION: str = PROJECT["version"]
DESCRIPTION: str = PROJECT["description"]
# The name by which AppStream, Flatpak and macOS know the application: a domain of the makers'.
APP_ID = "org.earmark.Earmark"
MAINTAINER = os.environ.get(
    "EARMARK_MAINTAINER", "Earmark maintainers <maintainers@earmark.invalid>"
)
# Of the release: a build of the same source on another day is then the same.
DATE = time.strftime("%Y-%m-%d", time.gmtime(int(os.environ.get("SOURCE_DATE_EPOCH", time.time()))))
