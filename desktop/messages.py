"""Messages to the user: text, urgency and possible actions.

Pages speak, the window shows (`desktop/widgets/toasts.py`); neither knows the other.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QObject, Signal

FADE_SECONDS, CHOOSE_SECONDS = 6.0, 25.0  # the longer where there is something to choose
Kind = Literal["success", "info", "warning", "error"]
Action = tuple[str, Callable[[], object]]  # words of its button, and what that does


@dataclass(frozen=True, eq=False)
class Message:
    """One sentence or two.

    Attributes:
        lasts: whether it stays until somebody dismisses it or it is taken back.
        seconds: that it is shown for otherwise.
        pages: where it is of use, by their keys; empty: everywhere.
    """

    text: str
    actions: tuple[Action, ...]
    kind: Kind
    lasts: bool
    pages: frozenset[str] = frozenset()
    seconds: float = FADE_SECONDS


class Messages(QObject):
    """All that is said and not dismissed yet, the oldest first."""

    said = Signal(object)  # a Message
    dismissed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.current: list[Message] = []

    def notify(
        self,
        text: str,
        actions: Sequence[Action] = (),
        kind: Kind = "info",
        pages: Sequence[str] = (),
    ) -> Message:
        """Say something; what is said twice takes the place of the first.

        Args:
            text: a sentence or two.
            actions: buttons; each dismisses the message and does what it says.
            kind: success fades, info too if it has no actions; all others stay until dismissed.
            pages: keys of those on which it is shown; empty: all.
        """
        for former in [m for m in self.current if (m.text, m.kind) == (text, kind)]:
            self.dismiss(former)
        lasts = kind in ("warning", "error") or (kind == "info" and bool(actions))
        seconds = CHOOSE_SECONDS if actions else FADE_SECONDS
        message = Message(text, tuple(actions), kind, lasts, frozenset(pages), seconds)
        self.current.append(message)
        self.said.emit(message)
        return message

    def dismiss(self, message: Message) -> None:
        """Take a message away; one that has gone already is none of our concern."""
        if message in self.current:
            self.current.remove(message)
            self.dismissed.emit(message)


class Notices:
    """What one page says, so that it can take back what holds no longer."""

    def __init__(self, messages: Messages) -> None:
        self._messages = messages
        self._mine: list[Message] = []
        self._advice: str | None = None
        self._advised: Message | None = None

    @property
    def current(self) -> list[Message]:
        """What it said and nobody has dismissed, the oldest first."""
        return [message for message in self._messages.current if message in self._mine]

    @property
    def text(self) -> str:
        """All of that in one text; empty when there is nothing."""
        return "\n".join(message.text for message in self.current)

    def notify(self, text: str, actions: Sequence[Action] = (), kind: Kind = "info") -> None:
        """Say something; see :meth:`Messages.notify`."""
        self._mine = [*self.current, self._messages.notify(text, actions, kind)]

    def fail(self, text: str) -> None:
        """Say what went wrong; takes the sentence of a job's error as it comes."""
        self.notify(text, kind="error")

    def advise(self, text: str | None, pages: Sequence[str] = ()) -> None:
        """Say what holds at present; None, or other advice, takes it back.

        One who has dismissed it is not told again before it has changed.

        Args:
            text: the advice.
            pages: on which it is of use; empty: all.
        """
        if text == self._advice:
            return
        if self._advised is not None:
            self._messages.dismiss(self._advised)
        self._advice = text
        self._advised = None
        if text:
            self._advised = self._messages.notify(text, kind="warning", pages=pages)
            self._mine = [*self.current, self._advised]

    def clear(self) -> None:
        """Take back all that it said: something new begins."""
        for message in self.current:
            self._messages.dismiss(message)
        self._mine, self._advice, self._advised = [], None, None
