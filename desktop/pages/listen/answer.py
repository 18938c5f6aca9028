"""The Listen page's answer: the large line with its button, the kind of sound, and the panels."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QVBoxLayout, QWidget

from desktop.pages.listen.worker import LiveFrame
from desktop.session import Session
from desktop.settings import LEADING
from desktop.shared.prediction_panels import PredictionPanels
from desktop.widgets.headline import Headline
from desktop.widgets.listen_button import ListenButton
from desktop.widgets.situation import SituationStrip
from engine.recognition.said.headline import headline, leading
from engine.recognition.said.situation import SITUATIONS

if TYPE_CHECKING:
    from engine.classifier.card import Card
    from engine.classifier.classifier import Classifier

_SHARE = 0.17  # of the page's height
_LEAST, _MOST = 100, 280  # pixels
_LEAD_WIDTH, _LEAD_FRAME = 170, 44  # pixels; the frame holds the arrow of a menu, too


class AnswerBar(QWidget):
    """The round button and the answer beside it; as high as the page allows, and no higher.

    Args:
        session: remembers which classifier leads.
    """

    lead_changed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.button = ListenButton(_LEAST)
        self.line = Headline()
        self.lead = QPushButton()
        self.lead.setFixedWidth(_LEAD_WIDTH)  # beside tabs, which it would push into each other
        self.lead.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._menu = QMenu(self.lead)
        self.lead.setMenu(self._menu)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(14)
        layout.addWidget(self.button)
        layout.addWidget(self.line, 1)
        self._cards: dict[str, Card] = {}
        self._taught: dict[str, frozenset[str]] = {}  # labels that the user's corrections name
        self._speaker = ""

    @property
    def leader(self) -> str:
        """The classifier whose answer is the large one; empty: none."""
        return leading(self._cards, self._session.settings.get(LEADING))

    @property
    def speaker(self) -> str:
        """The classifier whose words are the large ones now."""
        return self._speaker if self._speaker in self._cards else self.leader

    def fit(self, page_height: int) -> None:
        """Take a share of the page's height."""
        height = min(max(_LEAST, round(_SHARE * page_height)), _MOST)
        self.line.setFixedHeight(height)
        self.button.set_size(min(height, 150))

    def set_classifiers(self, classifiers: "Mapping[str, Classifier]") -> None:
        """Which may lead."""
        self._taught = {name: classifier.taught for name, classifier in classifiers.items()}
        cards = {name: classifier.card for name, classifier in classifiers.items()}
        # What gives values says no word; its panel and its curves show them.
        self._cards = {name: card for name, card in cards.items() if not card.is_regression}
        if self.line.named:  # by those of before, whose panels begin anew
            self.show_words(self.tr("listening..."))
        self._menu.clear()
        group = QActionGroup(self._menu)
        for name, card in self._cards.items():
            if leading(self._cards, name) != name:
                continue  # it answers as one with another
            action = self._menu.addAction(card.title)
            action.setCheckable(True)
            action.setChecked(name == self.leader)
            group.addAction(action)
            action.triggered.connect(lambda _=False, name=name: self.choose(name))
        self._show_leader()

    def choose(self, name: str) -> None:
        """Let a classifier lead."""
        self._session.settings.set(LEADING, name)
        self._show_leader()
        self.lead_changed.emit()

    def _show_leader(self) -> None:
        title = self._cards[self.leader].title if self.leader else ""
        words, room = self.tr("Answer: {}").format(title), _LEAD_WIDTH - _LEAD_FRAME
        mode = Qt.TextElideMode.ElideRight
        self.lead.setText(self.lead.fontMetrics().elidedText(words, mode, room))
        whole = self.tr("Which classifier gives the large answer: {}").format(title)
        self.lead.setAccessibleName(whole)
        self.lead.setToolTip(whole)
        self.lead.setVisible(len(self._cards) > 1)

    def show_frame(self, frame: LiveFrame) -> None:
        """What one moment says."""
        said = frame.said
        cards = {name: self._cards[name] for name in self._cards if name in said.waits}
        words = headline(said.situation, said.answers, cards, self.leader, said.waits)
        note = said.late or words.note
        self._speaker = words.by
        answer = said.answers.get(words.by)
        named = {one.label for one in answer.named} if answer is not None else set()
        if words.named and named & self._taught.get(words.by, frozenset()):
            note = "   ".join(filter(None, (note, self.tr("as you corrected it"))))
        self.line.say(words.words, named=words.named, note=note, aside=words.aside)

    def show_words(self, words: str, note: str = "") -> None:
        """What stands there while nothing is heard."""
        self.line.say(words, named=False, note=note)


class AnswerPanels(QWidget):
    """The kind of sound over the panels of the classifiers."""

    def __init__(self) -> None:
        super().__init__()
        self.situation = SituationStrip(SITUATIONS)
        self.panels = PredictionPanels(self.tr("Now"))
        self.panels.fill()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(4)
        layout.addWidget(self.situation)
        layout.addWidget(self.panels, 1)

    def show_frame(self, frame: LiveFrame) -> None:
        """What one moment says."""
        said = frame.said
        self.situation.show_kind(said.situation)
        self.panels.leave_out(said.quiet)
        for name, words in said.waits.items():
            answer, decision = said.answers.get(name), frame.decisions.get(name)
            if decision is not None and self.panels.shows_values(name):
                self.panels.show_decision(name, decision)
            elif words:
                self.panels.step_back(name, words)
            elif answer is not None:
                self.panels.show_answer(name, answer)
            else:  # what it said of the sound before, silence say, is no longer so
                self.panels.step_back(name, self.tr("listening..."))
