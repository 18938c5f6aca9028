"""The sounds to train on: those of the project or of another folder."""

from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout

from desktop import jobs
from desktop.pages.train import worker
from desktop.pages.train.data_kind import KindChooser
from desktop.pages.train.worker import DatasetSummary
from desktop.session import Session
from desktop.settings import LEARNED
from desktop.widgets.controls import button, heading, text

_MOST_CLASSES, _MOST_LETTERS = 12, 120  # shown; the tool tip has all


class TrainSource(QObject):
    """Which folder it is, and what lies in it.

    Attributes:
        summary: what lies in the folder, once it is known.
        words: why that is not known; empty: it is.
        kind: of data set as which the folder is opened; auto: found out by what lies there.
    """

    changed = Signal()

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._folder: Path | None = None  # other than the project's
        self._looking: jobs.Job | None = None
        self.summary: DatasetSummary | None = None
        self.words = ""
        self.kind = "auto"
        session.project_changed.connect(self._project_changed)

    @property
    def folder(self) -> Path:
        """The sounds to learn from."""
        return self._folder or self._session.project

    @property
    def name(self) -> str:
        """What the data set is called, as far as that is known."""
        return self.summary.name if self.summary is not None else self.folder.name

    @property
    def is_project(self) -> bool:
        """Whether they are those of the Sounds page."""
        return self._folder is None

    def recall(self, recipe: str) -> None:
        """Take the folder that a recipe of this name learned from last, if there is one."""
        folder = self._learned().get(recipe)
        if folder is not None and folder != self.folder and folder.is_dir():
            self.set_folder(folder)

    def remember(self, recipe: str) -> None:
        """Another time the recipe is chosen, its sounds are there."""
        known = self._learned()
        known.pop(recipe, None)
        if self._folder is not None:
            known[recipe] = self._folder
        pairs = [(name, str(folder)) for name, folder in known.items()]
        self._session.settings.set(LEARNED, [word for pair in pairs for word in pair])

    def _learned(self) -> dict[str, Path]:
        words = self._session.settings.get(LEARNED)
        return {name: Path(at) for name, at in zip(words[::2], words[1::2], strict=False)}

    def set_folder(self, folder: Path) -> None:
        """Learn from this folder."""
        self._folder, self.kind = folder, "auto"
        self.look()

    def _project_changed(self) -> None:
        """Another data set is open on Sounds: a folder chosen here is not replaced unasked."""
        if self._folder is None:
            self.look()
            return
        project, kept = self._session.project, self._folder
        words = self.tr("The Train page still uses '{}'. Train on '{}' instead?")
        self._session.notify(
            words.format(kept.name, project.name),
            [(self.tr("Use '{}'").format(project.name), self.take_project)],
        )

    def take_project(self) -> None:
        """Train on the project of the Sounds page."""
        self._folder, self.kind = None, "auto"
        self.look()

    def set_kind(self, kind: str) -> None:
        """Open the folder as this kind of data set."""
        self.kind = kind
        self.look()

    def look(self) -> None:
        """Find out what lies in the folder."""
        folder, kind = self.folder, self.kind
        if self._looking is not None:
            self._looking.cancel()
            self._looking = None
        if not folder.is_dir() and self.is_project:
            self._tell(
                self.tr(
                    "There are no sounds here yet. Collect some on the Sounds page, or choose "
                    "a folder."
                )
            )
            return
        self._tell(self.tr("Reading the folder..."))
        self._looking = jobs.run(
            lambda: worker.look_at_folder(folder, kind),
            on_result=self._seen,
            on_error=self._not_seen,
            parent=self,
        )

    def _seen(self, summary: DatasetSummary) -> None:
        self._looking, self.summary = None, summary
        self._tell("")

    def _not_seen(self, message: str) -> None:
        self._looking, self.summary = None, None
        self._tell(message)

    def _tell(self, words: str) -> None:
        self.words = words
        self.changed.emit()


class SourceChooser(QObject):
    """Says what the source is; buttons choose another."""

    def __init__(self, source: TrainSource, parent: QObject) -> None:
        super().__init__(parent)
        self._source = source
        self.folder = text()
        self.found = text(faint=True)
        self.choose = button(
            self.tr("Choose folder..."),
            self.tr("Choose another folder of sounds to train on; you can also drop one here"),
        )
        self.project = button(
            self.tr("My sounds"), self.tr("Train on the project of the Sounds page")
        )
        self.kinds = KindChooser(source)
        self.choose.clicked.connect(self._ask)
        self.project.clicked.connect(source.take_project)
        source.changed.connect(self._show)

    def lay_out(self, column: QVBoxLayout) -> None:
        """Put the widgets into the column."""
        row = QHBoxLayout()
        row.addWidget(self.choose, 1)
        row.addWidget(self.project, 1)
        column.addSpacing(6)
        for widget in (heading(self.tr("Sounds")), self.folder, self.found):
            column.addWidget(widget)
        column.addLayout(row)
        column.addWidget(self.kinds)

    def _ask(self) -> None:
        title = self.tr("Folder of sounds")
        start = str(self._source.folder)
        name = QFileDialog.getExistingDirectory(self.choose.window(), title, start)
        if name:
            self._source.set_folder(Path(name))

    def _show(self) -> None:
        source = self._source
        self.project.setVisible(not source.is_project)
        self.folder.setText(source.folder.name or str(source.folder))
        self.folder.setToolTip(str(source.folder))
        self.found.setText(source.words)
        self.found.setToolTip("")
        if not source.words and source.summary is not None:
            self._show_summary(source.summary)

    def _show_summary(self, summary: DatasetSummary) -> None:
        """What data set was recognised, and how much of each class."""
        counts = [f"{label} ({count})" for label, count in summary.counts.items()]
        some = counts[:_MOST_CLASSES]
        while len(some) > 1 and len(", ".join(some)) > _MOST_LETTERS:
            some.pop()
        shown = ", ".join(some)
        if len(counts) > len(some):
            shown += self.tr(" and {} more classes").format(len(counts) - len(some))
        words = self.tr("{} ({}), {} excerpts of {} classes: {}.").format(
            summary.name, summary.kind, sum(summary.counts.values()), len(counts), shown
        )
        self.found.setText("\n".join([words, *summary.warnings]))
        self.found.setToolTip("\n".join(counts))
