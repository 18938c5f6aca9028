"""What the thresholds of the Models page would report of the last minute that was heard."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QProgressBar, QSizePolicy, QVBoxLayout, QWidget

from desktop import jobs
from desktop.pages.models.worker import Adjustment, ListedClassifier, Trial, try_out
from desktop.session import Session

if TYPE_CHECKING:
    from engine.classifier.card import Card
    from engine.recognition.timeline import Timeline

_LINES = 5  # always so much room, so that nothing below moves
_STEPS = 1000
_BAR_HEIGHT, _SECONDS_WIDTH = 8, 44  # pixels
_LOOK_MS = 500  # for new sound


class TryOut(QWidget):
    """A bar for each label that is reported longest, at the setting that is being made.

    Args:
        session: knows what was heard.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._listed: ListedClassifier | None = None
        self._choice = Adjustment()
        self._job: jobs.Job | None = None
        self._again = False
        self._version = -1  # of what was heard when it was last looked at
        self.words = QLabel()
        self.words.setObjectName("faint")
        self.words.setWordWrap(True)
        self.words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.lines = [self._line() for _ in range(_LINES)]
        grid = QGridLayout()
        grid.setVerticalSpacing(2)
        for number, line in enumerate(self.lines):
            for column, widget in enumerate(line):
                grid.addWidget(widget, number, column)
        grid.setColumnStretch(1, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.words)
        layout.addLayout(grid)
        self.setAccessibleName(self.tr("Tried out on the last minute heard"))
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(self._look)

    def _line(self) -> tuple[QLabel, QProgressBar, QLabel]:
        name, bar, seconds = QLabel(), QProgressBar(), QLabel()
        bar.setRange(0, _STEPS)
        bar.setTextVisible(False)
        bar.setFixedHeight(_BAR_HEIGHT)
        seconds.setAlignment(Qt.AlignmentFlag.AlignRight)
        seconds.setFixedWidth(_SECONDS_WIDTH)
        for widget in (name, bar, seconds):
            policy = widget.sizePolicy()
            policy.setRetainSizeWhenHidden(True)
            widget.setSizePolicy(policy)
            widget.hide()
        return name, bar, seconds

    def show_of(self, listed: ListedClassifier) -> None:
        """Another classifier, with what is in force."""
        self.setVisible(not listed.card.is_regression)  # which reports no labels
        self._listed, self._choice = listed, Adjustment()
        self._try()

    def tried(self, name: str, choice: Adjustment) -> None:
        """Another setting, not kept yet perhaps."""
        if self._listed is not None and name == self._listed.name:
            self._choice = choice
            self._try()

    def _look(self) -> None:
        if self._session.last_minute.version != self._version:
            self._try()

    def _heard(self) -> "tuple[Timeline, Card] | None":
        """The rows of the classifier, and the card that has their labels."""
        listed = self._listed
        rows = self._session.last_minute.of(listed.name) if listed is not None else None
        if listed is None or rows is None:
            return None
        opened = self._session.classifiers.get(listed.name)  # a corrected one may know more labels
        cards = [listed.card, *([opened.card] if opened is not None else [])]
        return next(((rows, c) for c in cards if tuple(c.labels) == rows.labels), None)

    def _try(self) -> None:
        """One after the other; of those that were asked for meanwhile only the last."""
        if self._job is not None:
            self._again = True
            return
        self._version = self._session.last_minute.version
        heard, choice, listed = self._heard(), self._choice, self._listed
        if heard is None or listed is None or listed.card.is_regression:
            self._say_unheard()
            return
        rows, card = heard
        name = listed.name
        self._job = jobs.run(
            lambda: try_out(rows, card, choice),
            on_result=lambda trial: self._done(name, trial),
            on_crash=lambda _: self._done(name, None),
            parent=self,
        )

    def _done(self, name: str, trial: Trial | None) -> None:
        again, self._job, self._again = self._again, None, False
        if trial is not None and self._listed is not None and self._listed.name == name:
            self._show(trial)
        if again:
            self._try()

    def _say_unheard(self) -> None:
        self._fill(())
        self.words.setText(
            self.tr(
                "It has not heard anything yet. Enable it and let it listen on the Listen page: "
                "then the settings are tried out here on the last minute."
            )
        )
        self.setAccessibleDescription(self.words.text())

    def _show(self, trial: Trial) -> None:
        count = len(trial.reported)
        if count == 0:
            words = self.tr("Of the last {:.0f} s heard, nothing would be reported.")
        elif count > _LINES:
            words = self.tr("Of the last {:.0f} s heard, {} labels would be reported, longest:")
        else:
            words = self.tr("Of the last {:.0f} s heard, this would be reported:")
        self.words.setText(words.format(trial.seconds, count))
        self._fill(trial.reported[:_LINES], trial.seconds)
        told = ", ".join(f"{label} {seconds:.0f} s" for label, seconds in trial.reported)
        self.setAccessibleDescription(f"{self.words.text()} {told}".strip())

    def _fill(self, reported: tuple[tuple[str, float], ...], of_seconds: float = 1.0) -> None:
        for number, line in enumerate(self.lines):
            for widget in line:
                widget.setVisible(number < len(reported))
            if number < len(reported):
                label, seconds = reported[number]
                name, bar, told = line
                name.setText(label.replace("&", "&&"))
                bar.setValue(round(_STEPS * min(1.0, seconds / of_seconds)))
                bar.setAccessibleName(label)
                told.setText(self.tr("{:.0f} s").format(seconds))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._look()
        self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        self._timer.stop()
        super().hideEvent(event)
