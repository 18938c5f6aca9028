"""Entry point of ``earmark-app`` and ``python -m desktop``."""

import multiprocessing
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from engine.threads import wait_without_spinning


def main(arguments: Sequence[str] | None = None) -> int:
    """Open the window; gives the exit code."""
    # First of all: a frozen program that starts processes would otherwise open window after window.
    multiprocessing.freeze_support()
    wait_without_spinning()
    arguments = list(sys.argv if arguments is None else arguments)
    # macOS tells a program of an old Finder its process by -psn_...; Linux may give a URL.
    files = [_path(word) for word in arguments[1:] if not word.startswith("-")]
    headless = _no_display()
    if headless:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    if sys.platform == "win32" and getattr(sys, "frozen", False):
        import torch  # noqa: F401  # 2.9 and later fail to load there after Qt (c10.dll)
    from desktop.application import keep_one, make_application, open_paths, open_window
    from desktop.crash import crash_file

    application = make_application(arguments[:1])
    instance = None if headless else keep_one(files)
    if not headless and instance is None:
        _close_splash()
        return 0
    crash_file.begin()
    session, window = open_window(application, files, demo=headless)
    _close_splash()
    if headless:
        from desktop.headless import run

        code = run(application, window)
    else:
        if instance is not None:
            instance.asked.connect(lambda paths: open_paths(session, window, paths, front=True))
        window.offer_report(crash_file.crashed)
        code = application.exec()
        if instance is not None:
            instance.close()
    crash_file.end()
    return code


def _path(word: str) -> Path:
    if word.startswith("file://"):
        from PySide6.QtCore import QUrl

        return Path(QUrl(word).toLocalFile())
    return Path(word).absolute()


def _close_splash() -> None:
    """The picture that the frozen Windows program shows while torch loads."""
    if sys.platform == "win32" and getattr(sys, "frozen", False):
        import pyi_splash  # type: ignore[import-not-found, unused-ignore]  # of PyInstaller

        pyi_splash.close()


def _no_display() -> bool:
    if not sys.platform.startswith("linux") or os.environ.get("QT_QPA_PLATFORM"):
        return False
    return not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


if __name__ == "__main__":
    sys.exit(main())
