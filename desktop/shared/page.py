"""What the window knows of a page; each page overrides what it has to say to it."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from desktop.requests import Request


class Page(QWidget):
    """One page. The window makes it when it is first shown or asked for something."""

    status = Signal(str)  # a few words for the status bar
    microphone_changed = Signal()

    @property
    def microphone_open(self) -> bool:
        """Whether it has the microphone open: the window's light says so."""
        return False

    @property
    def commands(self) -> Mapping[str, Callable[[], object]]:
        """What the window's keys do while it is shown, by the names of `window.COMMANDS`."""
        return {}

    @property
    def steps(self) -> tuple[str, str]:
        """What Undo would take back and Redo make again, in words; empty: nothing."""
        return "", ""

    def undo(self) -> None:
        """Take the last change back, if there is one."""

    def redo(self) -> None:
        """Make again what was taken back, if there is anything."""

    def enter(self) -> None:
        """It is shown now, by rail, key or request."""

    def take(self, request: Request) -> None:
        """Do what another page or the window asks; only requests that name this page come."""
        raise NotImplementedError(request)

    def take_drop(self, paths: Sequence[Path]) -> bool:
        """Take files and folders dropped on the window while it is shown; False: not for it."""
        return False

    def may_close(self) -> bool:
        """Whether the window may close; asks the person if something would be lost."""
        return True

    def stop(self) -> None:
        """The window closes: end what runs. Jobs are cancelled by the window afterwards."""
