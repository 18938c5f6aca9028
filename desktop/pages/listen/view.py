"""The Listen page's widgets and their places."""

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedWidget, QTabWidget, QVBoxLayout, QWidget

from desktop.messages import Notices
from desktop.pages.listen.answer import AnswerBar, AnswerPanels
from desktop.pages.listen.frozen import FrozenBar
from desktop.pages.listen.heard.log import LogPanel
from desktop.pages.listen.toolbar import ListenBar
from desktop.pages.listen.welcome import Welcome
from desktop.session import Session
from desktop.shared.picture_controls import PictureControls
from desktop.shared.tracks import Tracks
from desktop.shared.wording import in_order
from desktop.widgets.why_strip import WhyStrip

_SIDE = 356  # pixels of the panels and the log


class ListenView(QWidget):
    """How to begin; once something listens: the answer first, then bars and log, then pictures.

    Args:
        session: shared by the pages.
        notices: of the page.
        tracks: with the rolling pictures.
        over: lies over them while they are frozen.
        strip: for explanations.
    """

    def __init__(
        self,
        session: Session,
        notices: Notices,
        tracks: Tracks,
        over: FrozenBar,
        strip: WhyStrip,
        bar: ListenBar,
    ) -> None:
        super().__init__()
        self.bar, self.tracks, self._over = bar, tracks, over
        self.answer = AnswerBar(session)
        self.now = AnswerPanels()
        self.log = LogPanel(notices)
        self.controls = PictureControls(session.settings)
        self.welcome = Welcome()
        self.words = QLabel()
        self.words.setObjectName("faint")
        self.side = QTabWidget()
        self.side.setFixedWidth(_SIDE)
        self.side.addTab(self.now, self.tr("Predictions"))
        self.side.addTab(self.log, self.tr("Log"))
        corner = QWidget()  # is asked for its size, where a button's own is that of its words
        beside = QHBoxLayout(corner)
        beside.setContentsMargins(0, 0, 0, 0)
        beside.addWidget(self.answer.lead)
        self.side.setCornerWidget(corner)
        self._pages = QStackedWidget()
        self._pages.addWidget(self.welcome)
        self._pages.addWidget(self._live(strip))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 8)
        layout.setSpacing(8)
        layout.addWidget(self.bar)
        layout.addWidget(self._pages, 1)
        self._order(strip)

    def _live(self, strip: WhyStrip) -> QWidget:
        middle = QHBoxLayout()
        middle.addWidget(self.tracks, 1)
        middle.addWidget(self.side)
        below = QHBoxLayout()
        below.addWidget(self.controls)
        below.addStretch(1)
        below.addWidget(self.words)
        live = QWidget()
        layout = QVBoxLayout(live)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.answer)
        layout.addWidget(strip)
        layout.addLayout(middle, 1)
        layout.addLayout(below)
        return live

    def _order(self, strip: WhyStrip) -> None:
        welcome, over, tracks = self.welcome, self._over, self.tracks
        in_order(self.bar.why, welcome.button, welcome.demo, welcome.teach)
        in_order(welcome.teach, self.answer.button, self.answer.line, strip.close_button)
        in_order(strip.close_button, *tracks.all[:3])
        in_order(tracks.lanes, over.playing, over.keeping, over.leaving, self.side.tabBar())
        log = self.log
        in_order(
            self.side.tabBar(), self.answer.lead, log.search, log.table, log.copying, log.exporting
        )
        self.now.panels.follow(log.exporting)

    @property
    def live(self) -> bool:
        """Whether it shows what is heard, not how to begin."""
        return self._pages.currentIndex() == 1

    def show_live(self, *, on: bool) -> None:
        """Show what is heard, or how to begin."""
        self._pages.setCurrentIndex(1 if on else 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.answer.fit(self.height())
