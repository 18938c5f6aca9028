"""Entry point of ``earmark-app`` and ``python -m desktop``."""

import multiprocessing
import os
import sys
from collections.abc import Sequence
from pathlib import Path


def main(arguments: Sequence[str] | None = None) -> int:
    """Open the window; gives the exit code."""
    # First of all: a frozen program that starts processes would otherwise open window after window.
    multiprocessing.freeze_support()
    arguments = list(sys.argv if arguments is None else arguments)
    files = [word for word in arguments[1:] if not word.startswith("-")]
    headless = _no_display()
    if headless:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    if sys.platform == "win32" and getattr(sys, "frozen", False):
        import torch  # noqa: F401  # 2.9 and later fail to load there after Qt (c10.dll)
    from desktop.application import make_application, open_window

    application = make_application(arguments[:1])
    _, window = open_window(application, Path(files[0]).absolute() if files else None)
    if headless:
        from desktop.headless import run

        return run(application, window)
    return application.exec()


def _no_display() -> bool:
    if not sys.platform.startswith("linux") or os.environ.get("QT_QPA_PLATFORM"):
        return False
    return not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


if __name__ == "__main__":
    sys.exit(main())
