"""Correcting what a classifier said: asks for the class, learns it in a job, and can take it back.

What a page has to bring: the sound of the stretch, when it is wanted, and what was said of it.
"""

import contextlib
import queue
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtWidgets import QWidget

from desktop import jobs
from desktop.messages import Kind
from desktop.requests import AddRegion
from desktop.session import Session
from desktop.settings import CORRECTED
from desktop.widgets.class_chooser import ClassChoice, ClassChooser
from engine.classifier.card import Card
from engine.classifier.personal.card import Said

if TYPE_CHECKING:
    from engine.classifier.personal.learning import Learned
    from engine.classifier.personal.process import StandBy
    from engine.classifier.personal.stretch import Stretch

_MOST_RECENT = 12
_MOST_NAMED = 3
_ROOM_BYTES = 2_000_000_000  # with less free memory no process stands by: it takes 0.5 GB
AROUND_SECONDS = 10.0  # of sound on either side that a page should bring along

# Gives the sound; called in a job's thread. Raises AudioError.
Fetch = Callable[[], "Stretch"]


# What the person says, from the window's thread to the job's.
_Answers = queue.SimpleQueue[Said]


class Correcting(QObject):
    """One correction at a time, for one page.

    Args:
        session: knows the classifiers, and loads them anew once they are corrected.
        parent: the page.
    """

    learned = Signal(str)  # the classifier's name: its answers have changed
    busy_changed = Signal(bool)

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self._session, self._page = session, parent
        self._job: jobs.Job | None = None
        self.chooser: ClassChooser | None = None
        self._ready: StandBy | None = None
        self._wanted = ""  # the classifier that a process stands by for, or is to

    @property
    def busy(self) -> bool:
        """Whether a correction is being asked for or learned."""
        return self._job is not None

    def ask(
        self,
        name: str,
        said: Sequence[str],
        fetch: Fetch,
        place: QPoint,
        over: QWidget | None = None,
    ) -> None:
        """Ask what a stretch is, and learn it.

        Args:
            name: of the classifier that spoke.
            said: the labels it gave the stretch; may be empty.
            fetch: gives the sound.
            place: on the screen, where the popup opens.
            over: in whose window; None: the page's.
        """
        classifier = self._session.classifiers.get(name)
        if classifier is None:
            return
        if classifier.card.is_regression:
            words = self.tr("'{}' gives numbers: there is no label to correct.")
            self._session.notify(words.format(classifier.card.title))
            return
        self.cancel()
        answers: _Answers = queue.SimpleQueue()
        ready = self._take_ready()
        self._job = jobs.run(
            lambda: _correcting(name, fetch, answers, ready),
            on_result=self._learned,
            on_error=self._failed,
            on_crash=lambda _: self._ended(),
            parent=self,
        )
        self.busy_changed.emit(True)
        chooser = self._chooser(classifier.card, said, over or self._page)
        chooser.chosen.connect(lambda choice: self._said(choice, said, answers))
        chooser.open_at(place)

    def cancel(self) -> None:
        """Ask and learn no longer; what is kept stays."""
        if self.chooser is not None:
            self.chooser.dismiss()
        if self._job is not None:
            self._job.cancel()
            self._ended()

    def stand_by(self, name: str) -> None:
        """Have a process ready for a correction of a classifier, where there is memory for one.

        May be called again and again: it starts once, and again when it has been used.
        """
        if name == self._wanted or self.busy or not name:
            return
        self.stand_down()
        self._wanted = name

        def begun(ready: "StandBy | None") -> None:
            if ready is not None and (self._wanted != name or self.busy):
                ready.close()  # nobody wants it any more
            else:
                self._ready = ready

        jobs.run(lambda: _standing_by(name), on_result=begun, on_error=lambda _: None, parent=self)

    def stand_down(self) -> None:
        """No process stands by any more."""
        if (ready := self._take_ready()) is not None:
            ready.close()

    def _take_ready(self) -> "StandBy | None":
        ready, self._ready, self._wanted = self._ready, None, ""
        return ready

    def undo(self, name: str, numbers: Sequence[int]) -> None:
        """Take corrections of a classifier back; what is being asked for is asked no more."""
        self.cancel()
        self._job = jobs.run(
            lambda: _undoing(name, numbers),
            on_result=self._undone,
            on_error=self._failed,
            on_crash=lambda _: self._ended(),
            parent=self,
        )
        self.busy_changed.emit(True)

    def _chooser(self, card: Card, said: Sequence[str], over: QWidget) -> ClassChooser:
        heard = self.tr(" and ").join(said)
        heading = self.tr("{}. What is it?").format(heard or self.tr("Unknown"))
        nothing = ""
        if card.calibration.gate is not None or card.multi_label:
            kind = (
                self.tr(" (not {})").format(card.calibration.gate) if card.calibration.gate else ""
            )
            nothing = self.tr("None of these") + kind
        recent = self._session.settings.get(CORRECTED)
        chooser = ClassChooser(heading, said, card.labels, recent, nothing, over.window())
        self.chooser = chooser
        chooser.cancelled.connect(self._cancelled)
        return chooser

    def _said(self, choice: ClassChoice, said: Sequence[str], answers: _Answers) -> None:
        self.chooser = None
        if choice.kind == "is":
            former = [one for one in self._session.settings.get(CORRECTED) if one != choice.label]
            self._session.settings.set(CORRECTED, [choice.label, *former][:_MOST_RECENT])
        answers.put(Said(choice.kind, choice.label, tuple(said)))

    def _cancelled(self) -> None:
        self.chooser = None
        self.cancel()

    def _learned(self, learned: "Learned") -> None:
        self._ended()
        self._session.set_loaded(self._session.loaded_names)
        self.learned.emit(learned.name)
        actions = [(self.tr("Undo"), lambda: self.undo(learned.name, [learned.number]))]
        if learned.label and learned.sound is not None:
            adding = AddRegion(learned.sound[0], 0.0, learned.sound[1], learned.label)
            actions.append((self.tr("Add to my sounds"), lambda: self._session.request(adding)))
        words = [
            self.tr("Learned. '{}' has {} of your corrections.").format(
                self.title(learned.name), learned.count
            )
        ]
        kind: Kind = "success"
        if not learned.followed:
            kind = "warning"
            words.append(self.tr("Correct one or two more places: this one is not enough yet."))
        if not learned.check.fine:
            kind = "warning"
            words.append(self._changed(learned.check.changed, learned.check.count))
        self._session.notify(" ".join(words), actions, kind)

    def title(self, name: str) -> str:
        """What the person calls a classifier."""
        classifier = self._session.classifiers.get(name)
        return name if classifier is None else classifier.card.title.removesuffix(", corrected")

    def _changed(self, changed: Sequence[str], count: int) -> str:
        named = list(dict.fromkeys(changed))[:_MOST_NAMED]
        words = self.tr("It also changes {} of {} answers that were certain before, such as {}.")
        return words.format(len(changed), count, ", ".join(named))

    def _undone(self, learned: "Learned") -> None:
        self._ended()
        self._session.set_loaded(self._session.loaded_names)
        self.learned.emit(learned.name)
        words = self.tr("Undone. '{}' has {} of your corrections.")
        self._session.notify(words.format(self.title(learned.name), learned.count), kind="success")

    def _failed(self, text: str) -> None:
        if self.chooser is not None:
            chooser, self.chooser = self.chooser, None
            chooser.blockSignals(True)
            chooser.dismiss()
        self._ended()
        self._session.notify(text, kind="error")

    def _ended(self) -> None:
        self._job = None
        self.busy_changed.emit(False)


def _standing_by(name: str) -> "Generator[None, None, StandBy | None]":
    from engine.classifier.catalog import Catalog
    from engine.classifier.personal.process import StandBy
    from engine.memory import available_bytes

    yield
    free = available_bytes()
    if free is not None and free < _ROOM_BYTES:
        return None
    catalog = Catalog()
    return StandBy(catalog.find(name).path, catalog.folder)


def _correcting(
    name: str, fetch: Fetch, answers: _Answers, ready: "StandBy | None"
) -> "Generator[None, None, Learned]":
    from engine.classifier.catalog import Catalog
    from engine.classifier.personal.process import correct_in_process

    with contextlib.ExitStack() as stack:
        if ready is not None:
            stack.callback(ready.close)
        yield
        catalog = Catalog()
        entry, stretch = catalog.find(name), fetch()
        stack.pop_all()  # who learns closes it

    def answer() -> Said | None:
        try:
            return answers.get_nowait()
        except queue.Empty:
            return None

    return (yield from correct_in_process(entry.path, catalog.folder, stretch, answer, ready))


def _undoing(name: str, numbers: Sequence[int]) -> "Generator[None, None, Learned]":
    from engine.classifier.catalog import Catalog
    from engine.classifier.personal.process import undo_in_process

    yield
    catalog = Catalog()
    return (yield from undo_in_process(catalog.find(name).path, catalog.folder, numbers))


def of_file(path: Path, begin: float, end: float) -> Fetch:
    """The sound of a stretch of a file, in seconds, with what is around it."""

    def fetch() -> "Stretch":
        from engine.audio.files import read
        from engine.classifier.personal.stretch import Stretch

        first = max(0.0, begin - AROUND_SECONDS)
        sound = read(
            path, mono=True, start_seconds=first, duration_seconds=end - first + AROUND_SECONDS
        )
        return Stretch(sound, begin - first, min(end - first, sound.duration_seconds), path.name)

    return fetch
