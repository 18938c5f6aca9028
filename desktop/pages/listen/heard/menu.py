"""What the right button offers on a detected label: the answer, a lane, a row of the log."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QCoreApplication, QObject, QPoint
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QMenu, QWidget

from desktop.pages.listen.heard.replay import Replay
from desktop.pages.listen.heard.stretch import Stream, Stretch

# Words, with a place for the label, and what is done about the stretch.
Correction = tuple[str, Callable[[Stretch], object]]


_LOOK_BACK = 5.0  # seconds that are meant by what is said now, at most
_UNNAMED_SECONDS = 2.0  # that are meant where nothing is said


class Offers(QObject):
    """Menus on whatever was heard.

    Args:
        stream: that is heard.
        replay: plays and keeps parts of it.
        parent: of the menus.

    Attributes:
        corrections: what they offer about a label, before all else.
    """

    def __init__(self, stream: Stream, replay: Replay, parent: QWidget) -> None:
        super().__init__(parent)
        self._stream, self._replay, self._parent = stream, replay, parent
        self.corrections: list[Correction] = []

    def show(self, stretch: Stretch | None, place: QPoint) -> QMenu | None:
        """On a part of the stream, in a menu of its own; None: there is nothing."""
        if stretch is None:
            return None
        menu = QMenu(self._parent)
        menu.aboutToHide.connect(menu.deleteLater)
        offer(menu, stretch, self._replay, self.corrections)
        menu.popup(place)
        return menu

    def on_answer(self, classifier: str, place: QPoint) -> None:
        """On what a classifier says now."""
        self.show(self.answered(classifier), place)

    def on_label(self, classifier: str, label: str, place: QPoint) -> None:
        """On a class of a classifier, now."""
        self.show(self._now(classifier, label), place)

    def add_to(self, menu: QMenu, lane: str, label: str, begin: float, end: float) -> None:
        """On a segment of a lane, in the menu of its track."""
        stretch = self._stream.stretch(begin, end, label, lane)
        if stretch is not None:
            offer(menu, stretch, self._replay, self.corrections)

    def answered(self, classifier: str) -> Stretch | None:
        """What a classifier says now and since when; None: it names nothing."""
        latest = self._stream.latest
        answer = latest.said.answers.get(classifier) if latest is not None else None
        if answer is None or not answer.named:
            return None
        return self._now(classifier, answer.named[0].label)

    def latest(self, classifier: str) -> Stretch | None:
        """The last seconds, whatever a classifier says of them; None: there are none."""
        latest = self._stream.latest
        if latest is None or not classifier:
            return None
        now = latest.stats.seconds
        return self._stream.stretch(now - _UNNAMED_SECONDS, now, "", classifier)

    def _now(self, classifier: str, label: str) -> Stretch | None:
        latest = self._stream.latest
        answer = latest.said.answers.get(classifier) if latest is not None else None
        if latest is None or answer is None:
            return None
        since = next((n.since for n in answer.named if n.label == label), answer.time - 1.0)
        begin = max(since - 0.5, answer.time - _LOOK_BACK)
        return self._stream.stretch(begin, latest.stats.seconds, label, classifier)


def offer(
    menu: QMenu, stretch: Stretch, replay: Replay, corrections: Sequence[Correction] = ()
) -> None:
    """Put the actions on a stretch and its label before all others of a menu.

    Args:
        menu: that is about to be shown.
        stretch: that is meant.
        replay: plays and keeps it.
        corrections: of its label.
    """
    there = replay.there(stretch)
    made = [(words.format(stretch.label), do, True) for words, do in corrections if stretch.label]
    made += [
        (_tr("Play"), replay.play, there),
        (_tr("Open as a file"), replay.open, there),
        (_tr("Keep as a file"), replay.keep, there),
        (_tr("Find similar in the archive"), replay.find_similar, there),
    ]
    if stretch.label:
        made.append((_tr("Copy '{}'").format(stretch.label), _copy, True))
    actions = [_action(menu, *one, stretch) for one in made]
    others = menu.actions()
    if others:
        menu.insertActions(others[0], actions)
        menu.insertSeparator(others[0])
    else:
        menu.addActions(actions)


def _action(
    menu: QMenu, words: str, do: Callable[[Stretch], object], enabled: bool, stretch: Stretch
) -> QAction:
    action = QAction(words, menu)
    action.setEnabled(enabled)
    action.triggered.connect(lambda: do(stretch))
    return action


def _copy(stretch: Stretch) -> None:
    QGuiApplication.clipboard().setText(stretch.label)


def _tr(text: str) -> str:
    return QCoreApplication.translate("HeardMenu", text)
