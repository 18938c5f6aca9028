"""Classes as cards: name, how much there is of each, and what one can do with it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QMimeData, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from desktop.style import colours, label_look, pattern_brush
from desktop.widgets.controls import Elided, hold_back

ROWS_MIME = "application/x-earmark-rows"
_KEYS = 9
_MANY = 12  # classes from which cards are compact, can be searched and sorted


@dataclass(frozen=True)
class ClassFacts:
    """What a card shows."""

    name: str
    count: int
    seconds: float | None  # None: not known yet
    share: float  # of the largest class, 0 to 1


def local_files(data: QMimeData) -> list[Path]:
    """Files and folders that are being dragged."""
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]


class ClassCard(QFrame):
    """One class. Enter chooses it, arrows go to the next, F2 renames; files and rows drop on it."""

    chosen = Signal(str)
    renamed = Signal(str, str)
    merge_wanted = Signal(str, str)
    delete_wanted = Signal(str)
    files_wanted = Signal(str)
    files_dropped = Signal(str, list)
    rows_dropped = Signal(str)
    step_wanted = Signal(int)  # to the card above (-1) or below (1)

    def __init__(self, number: int) -> None:
        super().__init__()
        self.name = ""
        self._others: list[str] = []
        self._share = 0.0
        self._selected = self._hovered = self._fixed = False
        self._compact = False
        self._label = Elided("")
        self._label.setStyleSheet("font-weight: 600; font-size: 15px;")
        self._label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.editor = QLineEdit()
        self.editor.setAccessibleName(self.tr("Name of the class"))
        self.editor.setMaxLength(80)
        self.editor.hide()
        self.editor.editingFinished.connect(self._edited)
        self._amount = QLabel()
        self._amount.setObjectName("faint")
        self._key = QLabel(str(number) if number <= _KEYS else "")
        self._key.setObjectName("faint")
        self._key.setToolTip(self.tr("Key that moves the selected sounds here"))
        self.add_button = QPushButton(self.tr("Add files..."))
        self.add_button.clicked.connect(lambda: self.files_wanted.emit(self.name))
        self.menu_button = QPushButton("...")
        self.menu_button.setToolTip(self.tr("Rename, merge or delete"))
        self.menu_button.setFixedWidth(44)
        self.menu_button.clicked.connect(self._open_menu)
        self._lay_out()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAcceptDrops(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def _lay_out(self) -> None:
        top, below = QHBoxLayout(), QHBoxLayout()
        top.addWidget(self._label, 1)
        top.addWidget(self.editor, 1)
        top.addWidget(self._key)
        below.addWidget(self._amount, 1)
        below.addWidget(self.add_button)
        below.addWidget(self.menu_button)
        self._brief = QLabel()  # of a compact card: the count alone
        self._brief.setObjectName("faint")
        self._brief.hide()
        top.insertWidget(2, self._brief)
        self._below = QWidget()
        below.setContentsMargins(0, 0, 0, 0)
        self._below.setLayout(below)
        layout = QVBoxLayout(self)
        layout.setSpacing(6)
        layout.addLayout(top)
        layout.addWidget(self._below)
        self.set_compact(False)

    def set_compact(self, on: bool) -> None:
        """One line: where there are many classes. The right button has what the buttons do."""
        self._compact = on
        self._below.setVisible(not on)
        self._brief.setVisible(on)
        self._key.setVisible(not on)  # two numbers side by side would be read as one
        layout = self.layout()
        if layout is not None:
            layout.setContentsMargins(*((14, 5, 10, 11) if on else (14, 10, 10, 18)))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if not self._fixed:
            self.menu().popup(event.globalPos())

    def show_facts(self, facts: ClassFacts, others: Sequence[str], *, selected: bool) -> None:
        """Show a class; ``others`` are those it can be merged into."""
        self.name, self._share, self._selected = facts.name, facts.share, selected
        self._others = list(others)
        self._label.setText(facts.name)
        words = self.tr("{} sounds").format(facts.count)
        if facts.count == 1:
            words = self.tr("1 sound")
        if facts.seconds is not None and facts.count:
            minutes = self.tr("{:.1f} min").format(facts.seconds / 60)
            short = self.tr("{:.0f} s").format(facts.seconds)
            words += "  \u00b7  " + (minutes if facts.seconds >= 60 else short)
        self._amount.setText(words)
        self._brief.setText(str(facts.count))
        self._brief.setToolTip(words)
        self.setAccessibleName(self.tr("Class {}").format(facts.name))
        self.setAccessibleDescription(words)
        self.add_button.setAccessibleName(self.tr("Add files to {}").format(facts.name))
        self.menu_button.setAccessibleName(self.tr("More actions for {}").format(facts.name))
        self.update()

    def hold_back(self, reason: str) -> None:
        """Nothing can be changed, for this reason; empty: it can."""
        self._fixed = bool(reason)
        self.setAcceptDrops(not reason)
        for button in (self.add_button, self.menu_button):
            hold_back(button, reason)

    def rename(self) -> None:
        """Let the name be typed."""
        if self._fixed:
            return
        self.editor.setText(self.name)
        self._label.hide()
        self.editor.show()
        self.editor.setFocus()
        self.editor.selectAll()

    def _edited(self) -> None:
        if self.editor.isHidden():
            return
        self.editor.hide()
        self._label.show()
        if self.editor.text().strip() not in ("", self.name):
            self.renamed.emit(self.name, self.editor.text())

    def menu(self) -> QMenu:
        """What can be done with the class."""
        menu = QMenu(self)
        name = self.name
        add = menu.addAction(self.tr("Add files..."))
        add.triggered.connect(lambda: self.files_wanted.emit(name))
        menu.addAction(self.tr("Rename (F2)")).triggered.connect(self.rename)
        merge = menu.addMenu(self.tr("Merge into"))
        merge.setEnabled(bool(self._others))
        for other in self._others:
            action = merge.addAction(other)
            action.triggered.connect(lambda _=False, to=other: self.merge_wanted.emit(name, to))
        menu.addSeparator()
        delete = menu.addAction(self.tr("Delete (you can undo this)"))
        delete.triggered.connect(lambda: self.delete_wanted.emit(name))
        return menu

    def _open_menu(self) -> None:
        if self._fixed:
            return
        self.menu().popup(self.menu_button.mapToGlobal(self.menu_button.rect().bottomLeft()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_F2:
            self.rename()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.chosen.emit(self.name)
        elif event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.step_wanted.emit(1 if event.key() == Qt.Key.Key_Down else -1)
        elif event.key() == Qt.Key.Key_Menu:
            self._open_menu()
        elif event.key() == Qt.Key.Key_Escape and not self.editor.isHidden():
            self.editor.setText(self.name)
            self.setFocus()
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.setFocus()
        self.chosen.emit(self.name)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.rename()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        data = event.mimeData()
        if data.hasFormat(ROWS_MIME) or local_files(data):
            event.acceptProposedAction()
            self._hover(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._hover(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self._hover(False)
        data = event.mimeData()
        event.acceptProposedAction()
        if data.hasFormat(ROWS_MIME):
            self.rows_dropped.emit(self.name)
        elif files := local_files(data):
            self.files_dropped.emit(self.name, files)

    def _hover(self, on: bool) -> None:
        self._hovered = on
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, use = QPainter(self), colours()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        strong = self._selected or self._hovered
        width = 2.0 if strong else 1.0
        painter.setPen(QPen(QColor(use.accent if strong else use.line), width))
        painter.setBrush(QColor(use.panel))
        edge = width / 2
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(edge, edge, -edge, -edge), 8, 8)
        if self.hasFocus():  # the keys are here, whichever class is shown
            painter.setPen(QPen(QColor(use.text), 1.5, Qt.PenStyle.DotLine))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(4, 4, -4, -4), 5, 5)
        bar = QRectF(14, self.height() - (8 if self._compact else 12), self.width() - 28, 5)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(use.line))
        painter.drawRoundedRect(bar, 2.5, 2.5)
        if self._share:
            bar.setWidth(max(5.0, bar.width() * self._share))
            colour, pattern = label_look(self.name)
            painter.setBrush(colour)
            painter.drawRoundedRect(bar, 2.5, 2.5)
            if pattern:
                painter.setBrush(pattern_brush(colour, pattern))
                painter.drawRoundedRect(bar, 2.5, 2.5)


class ClassCards(QWidget):
    """All cards, one under the other; with many, a line to search and a choice of order above."""

    made = Signal(ClassCard)

    def __init__(self) -> None:
        super().__init__()
        self.cards: list[ClassCard] = []
        self._facts: list[ClassFacts] = []
        self._selected = ""
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Search the classes"))
        self.search.setAccessibleName(self.tr("Search the classes"))
        self.search.setClearButtonEnabled(True)
        self.order = QComboBox()
        self.order.setAccessibleName(self.tr("Order of the classes"))
        for words, key in (
            (self.tr("As added"), "added"),
            (self.tr("By name"), "name"),
            (self.tr("Most first"), "most"),
            (self.tr("Fewest first"), "fewest"),
        ):
            self.order.addItem(words, key)
        self.words = QLabel()
        self.words.setObjectName("faint")
        self._tools = QWidget()
        self._build()
        self.search.textChanged.connect(lambda _: self._arrange())
        self.order.currentIndexChanged.connect(lambda _: self._arrange())

    def _build(self) -> None:
        body = QWidget()
        self._layout = QVBoxLayout(body)
        self._layout.setContentsMargins(0, 0, 6, 0)
        self._layout.setSpacing(8)
        self._layout.addStretch(1)
        self._area = QScrollArea()
        self._area.setWidget(body)
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setAccessibleName(self.tr("Classes"))
        tools = QGridLayout(self._tools)
        tools.setContentsMargins(0, 0, 6, 0)
        tools.addWidget(self.search, 0, 0, 1, 2)
        tools.addWidget(self.words, 1, 0)
        tools.addWidget(self.order, 1, 1)
        tools.setColumnStretch(0, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._tools)
        layout.addWidget(self._area, 1)

    def sizeHint(self) -> QSize:
        return QSize(310, 400)

    def show_classes(self, facts: Sequence[ClassFacts], selected: str) -> None:
        """Show these; cards stay where they are while only their figures change."""
        while len(self.cards) > len(facts):
            card = self.cards.pop()
            self._layout.removeWidget(card)
            card.hide()
            card.deleteLater()
        while len(self.cards) < len(facts):
            card = ClassCard(len(self.cards) + 1)
            self._layout.insertWidget(len(self.cards), card)
            self.cards.append(card)
            card.step_wanted.connect(lambda by, card=card: self._step(card, by))
            self.made.emit(card)
        self._facts, self._selected = list(facts), selected
        names = [one.name for one in facts]
        for card, one in zip(self.cards, facts, strict=True):
            others = [name for name in names if name != one.name]
            card.show_facts(one, others, selected=one.name == selected)
        self._arrange()

    def _arrange(self) -> None:
        """Order and hide the cards; a few need neither."""
        many = len(self.cards) >= _MANY
        self._tools.setVisible(many)
        wanted = self.search.text().strip().casefold() if many else ""
        orders: dict[str, Callable[[int], object]] = {
            "added": lambda n: n,
            "name": lambda n: self._facts[n].name.casefold(),
            "most": lambda n: -self._facts[n].count,
            "fewest": lambda n: self._facts[n].count,
        }
        order = orders[self.order.currentData() if many else "added"]
        places = sorted(range(len(self.cards)), key=lambda n: (order(n), n))
        for place, number in enumerate(places):
            card = self.cards[number]
            if self._layout.indexOf(card) != place:
                self._layout.insertWidget(place, card)
            card.set_compact(many)
            card.setVisible(wanted in card.name.casefold())
        self._layout.setSpacing(4 if many else 8)
        shown = sum(wanted in card.name.casefold() for card in self.cards)
        self.words.setText(self.tr("{} of {} classes").format(shown, len(self.cards)))

    def hold_back(self, reason: str) -> None:
        """No class can be changed, for this reason; empty: all can."""
        for card in self.cards:
            card.hold_back(reason)

    def _step(self, card: ClassCard, by: int) -> None:
        shown = [c for c in self._in_order() if not c.isHidden()]
        place = shown.index(card) + by
        if 0 <= place < len(shown):
            shown[place].setFocus()
            self.ensureWidgetVisible(shown[place])

    def _in_order(self) -> list[ClassCard]:
        return sorted(self.cards, key=self._layout.indexOf)

    def ensureWidgetVisible(self, card: QWidget) -> None:
        """Scroll to a card."""
        self._area.ensureWidgetVisible(card)

    def card(self, name: str) -> ClassCard | None:
        """The card of a class."""
        return next((card for card in self.cards if card.name == name), None)
