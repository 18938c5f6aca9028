"""The left side of the Train page: what to learn, from what, and the buttons."""

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from desktop.pages.train.presets import RecipeList
from desktop.pages.train.worker import Looked
from engine.recipes.recipe import Recipe
from engine.training.sweeps.plan import PRESETS, Preset

_WIDTH = 320
_MOST_CLASSES = 12


class TrainSetup(QScrollArea):
    """Shows and offers; the page decides."""

    recipe_chosen = Signal()
    own_recipe_asked = Signal()
    folder_asked = Signal()
    project_asked = Signal()
    sweep_asked = Signal()
    course_sweep_asked = Signal(object)  # a sweep's preset

    def __init__(self, presets: Mapping[str, Recipe]) -> None:
        super().__init__()
        self._own: dict[str, Recipe] = {}
        self._presets = dict(presets)
        inner = QFrame()
        inner.setObjectName("panel")
        self._column = QVBoxLayout(inner)
        self._column.setContentsMargins(14, 10, 14, 10)
        self._column.setSpacing(6)
        self._build_recipe()
        self._build_data()
        self._build_buttons()
        self.setWidget(inner)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFixedWidth(_WIDTH)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # what is in it takes it, and is scrolled to
        self.setAccessibleName(self.tr("What to train"))

    def _build_recipe(self) -> None:
        self.recipes = RecipeList()
        self.recipes.setAccessibleName(self.tr("Recipe"))
        self.recipes.setAccessibleDescription(self.tr("What is learned and how"))
        for name, recipe in self._presets.items():
            self.recipes.add(name, recipe.title, recipe.description)
        self.own = self._button(self.tr("Open file..."), self.tr("A recipe file of your own"))
        head = QHBoxLayout()
        head.addWidget(self._heading(self.tr("Recipe")), 1)
        head.addWidget(self.own)
        self._column.addLayout(head)
        self.description = self._label(faint=False)
        self.origin = self._label()
        self.variants = QComboBox()
        self.variants.setAccessibleName(self.tr("Variant"))
        self.variants.addItem(self.tr("Corrected"), "corrected")
        self.variants.addItem(self.tr("As published, mistakes and all"), "as-published")
        self._column.addWidget(self.recipes, 2)
        self._add(self.description, self.origin, self.variants)
        self.recipes.taken.connect(self.recipe_chosen)
        self.own.clicked.connect(self.own_recipe_asked)
        self.variants.activated.connect(lambda _: self.recipe_chosen.emit())

    def _build_data(self) -> None:
        self.folder = self._label(faint=False)
        self.found = self._label()
        self.choose = self._button(
            self.tr("Choose folder..."),
            self.tr("Another folder of sounds to learn from; you can drop one here, too"),
        )
        self.project = self._button(
            self.tr("My sounds"), self.tr("Learn from the project of the Sounds page")
        )
        row = QHBoxLayout()
        row.addWidget(self.choose, 1)
        row.addWidget(self.project, 1)
        self._column.addSpacing(6)
        self._add(self._heading(self.tr("Sounds")), self.folder, self.found)
        self._column.addLayout(row)
        self.choose.clicked.connect(self.folder_asked)
        self.project.clicked.connect(self.project_asked)

    def _build_buttons(self) -> None:
        self.start = self._button(self.tr("Start"), self.tr("Train with these sounds"))
        self.start.setObjectName("main")
        self.sweep = self._button(
            self.tr("Sweep..."), self.tr("Train many times with one or two fields varied")
        )
        self.sweep.clicked.connect(self.sweep_asked)
        self.pause = self._button(self.tr("Pause"), self.tr("Hold the training; nothing is lost"))
        self.stop = self._button(
            self.tr("Stop and keep the best"), self.tr("End it; the best epoch becomes usable")
        )
        self.queue = QListWidget()
        self.queue.setAccessibleName(self.tr("Trainings"))
        self.queue.setToolTip(self.tr("Select one that is done to see its results"))
        self.queue.setMinimumHeight(76)
        self.queue.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self.queue.setWordWrap(True)
        self.remove = self._button(
            self.tr("Remove"), self.tr("Take the selected training out of the queue")
        )
        row = QHBoxLayout()
        row.addWidget(self.pause)
        row.addWidget(self.stop, 1)
        first = QHBoxLayout()
        first.addWidget(self.start, 1)
        first.addWidget(self.sweep)
        self._column.addSpacing(8)
        self._column.addLayout(first)
        self._build_course()
        self._column.addLayout(row)
        self._column.addSpacing(6)
        self._trainings = self._heading(self.tr("Trainings"))
        self._add(self._trainings)
        self._column.addWidget(self.queue, 1)
        self._add(self.remove)
        self._column.addStretch(0)
        self.set_state(running=False, paused=False)
        self.show_queue(False, False)

    def _build_course(self) -> None:
        """Sweeps that belong to a preset, one click each."""
        self.course = QWidget()
        row = QHBoxLayout(self.course)
        row.setContentsMargins(0, 0, 0, 0)
        self._course: list[tuple[QPushButton, Preset]] = []
        for preset in PRESETS:
            span = next(iter(preset.spans.values()))
            values = ", ".join(f"{value:g}" for value in span.choices)
            button = self._button(
                self.tr("Sweep: {}").format(preset.title.lower()),
                self.tr("Time and energy to 98 % accuracy with {}: {}").format(
                    preset.title.lower(), values
                ),
            )
            button.clicked.connect(lambda _=False, p=preset: self.course_sweep_asked.emit(p))
            button.setStyleSheet("padding: 5px 4px;")
            row.addWidget(button, 1)
            self._course.append((button, preset))
        self._add(self.course)

    def _add(self, *widgets: QWidget) -> None:
        for widget in widgets:
            self._column.addWidget(widget)

    def _heading(self, words: str) -> QLabel:
        label = QLabel(words)
        label.setObjectName("title")
        return label

    def _label(self, *, faint: bool = True) -> QLabel:
        label = QLabel()
        label.setObjectName("faint" if faint else "")
        label.setWordWrap(True)
        return label

    def _button(self, words: str, tip: str) -> QPushButton:
        button = QPushButton(words)
        button.setToolTip(tip)
        button.setAccessibleName(words)
        return button

    @property
    def base(self) -> Recipe:
        """The recipe as chosen, in the variant chosen."""
        name = self.recipes.name
        recipe = self._presets.get(name) or self._own[name]
        published = self.variants.currentData() == "as-published" and recipe.published is not None
        return recipe.as_published() if published else recipe

    def choose_recipe(self, name: str, variant: str = "corrected") -> None:
        """Choose a preset, or a recipe file given before."""
        self.recipes.choose(name)
        self.variants.setCurrentIndex(self.variants.findData(variant))
        self.describe()

    def add_own(self, path: Path, recipe: Recipe) -> None:
        """Offer a recipe of one's own, and choose it."""
        key = str(path)
        self._own[key] = recipe
        if key not in self.recipes.names:
            self.recipes.add(key, f"{recipe.title} ({path.name})", recipe.description)
        self.choose_recipe(key, recipe.variant)

    def describe(self) -> None:
        """Origin and figures of what is chosen."""
        recipe = self.base
        fitting = [preset.recipe == recipe.name for _, preset in self._course]
        self.course.setVisible(any(fitting))
        for (button, _), fits in zip(self._course, fitting, strict=True):
            button.setVisible(fits)
        self.description.setText(recipe.description)
        self.description.setToolTip("")
        published = recipe.published
        self.variants.setVisible(published is not None)
        self.origin.setVisible(published is not None)
        if published is None:
            return
        words = [self.tr("Origin: {}.").format(published.source)]
        if published.figures:
            figures = [f"{k.replace('_', ' ')} {v:.1%}" for k, v in published.figures.items()]
            words.append(self.tr("Reported: {}.").format(", ".join(figures)))
        self.origin.setText("\n".join(words))
        traps = "\n".join(f"- {trap}" for trap in published.traps)
        self.origin.setToolTip(traps)
        self.variants.setToolTip(self.tr("What the original got wrong:\n{}").format(traps))

    def show_folder(self, folder: Path, words: str, *, own: bool) -> None:
        """Which folder, and what is known of it; whether it is the project's."""
        self.project.setVisible(not own)
        self.folder.setText(folder.name or str(folder))
        self.folder.setToolTip(str(folder))
        self.found.setText(words)
        self.found.setToolTip("")

    def show_found(self, looked: Looked) -> None:
        """What data set was recognised, and how much of each class."""
        counts = [f"{label} {count}" for label, count in looked.counts.items()]
        shown = ", ".join(counts[:_MOST_CLASSES])
        if len(counts) > _MOST_CLASSES:
            shown += self.tr(" and {} classes more").format(len(counts) - _MOST_CLASSES)
        words = self.tr("{} ({}), {} excerpts of {} classes: {}.").format(
            looked.name, looked.kind, sum(looked.counts.values()), len(counts), shown
        )
        self.found.setText("\n".join([words, *looked.warnings]))
        self.found.setToolTip("\n".join(counts))

    def set_state(
        self, *, running: bool, paused: bool, stopping: bool = False, sweep: bool = False
    ) -> None:
        """Which buttons work; a sweep is not held but stopped, and resumed."""
        self.start.setText(self.tr("Add to the queue") if running else self.tr("Start"))
        self.start.setAccessibleName(self.start.text())
        self.pause.setText(self.tr("Resume") if paused else self.tr("Pause"))
        self.pause.setAccessibleName(self.pause.text())
        self.pause.setEnabled(running and not stopping and not sweep)
        self.stop.setText(self.tr("Stop the sweep") if sweep else self.tr("Stop and keep the best"))
        self.stop.setAccessibleName(self.stop.text())
        self.stop.setToolTip(
            self.tr("End it; trials that are done are kept, and it can be resumed")
            if sweep
            else self.tr("End it; the best epoch becomes usable")
        )
        self.stop.setEnabled(running and not stopping)

    def show_queue(self, some: bool, removable: bool) -> None:
        """Show the list once there is something in it."""
        self._trainings.setVisible(some)
        self.queue.setVisible(some)
        self.remove.setVisible(removable)
