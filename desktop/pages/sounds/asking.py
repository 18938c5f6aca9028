"""What the Sounds page asks, and what it says of what is dragged over it."""

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QFileDialog, QWidget

from desktop.settings import FOLDER, Settings
from desktop.widgets.class_chooser import ClassChooser
from engine.audio.formats import EXTENSIONS


def _tr(text: str) -> str:
    return QCoreApplication.translate("SoundsPage", text)


def ask_files(parent: QWidget, label: str, settings: Settings) -> list[Path]:
    """Sound files for a class; none: the dialog was cancelled."""
    kinds = " ".join(f"*{suffix}" for suffix in sorted(EXTENSIONS))
    names, _ = QFileDialog.getOpenFileNames(
        parent,
        _tr("Add sounds to '{}'").format(label),
        settings.get(FOLDER),
        _tr("Sounds ({});;All files (*)").format(kinds),
    )
    if names:
        settings.set(FOLDER, str(Path(names[0]).parent))
    return [Path(name) for name in names]


def ask_folder(parent: QWidget, title: str, start: Path) -> Path | None:
    """A folder; None: the dialog was cancelled."""
    name = QFileDialog.getExistingDirectory(parent, title, str(start))
    return Path(name) if name else None


def pick_class(
    parent: QWidget, count: int, names: Sequence[str], then: Callable[[str], None]
) -> None:
    """Ask by its first letters which class some sounds belong to; a new one can be typed."""
    heading = _tr("Move {} sounds to").format(count)
    chooser = ClassChooser(heading, (), names, (), "", parent.window())
    chooser.chosen.connect(lambda choice: then(choice.label))
    chooser.open_at(QCursor.pos())


def drop_words(paths: Sequence[Path], label: str) -> str:
    """What becomes of what is dropped on the page and not on a card.

    Args:
        paths: what is dragged.
        label: the chosen class; empty: there is none.
    """
    folders = [path for path in paths if path.is_dir()]
    words = [_tr("Each folder becomes a class of its name.")] if folders else []
    if len(folders) < len(paths):
        alone = _tr("Files become a class named as their folder.")
        words.append(_tr("Files are added to '{}'.").format(label) if label else alone)
    return " ".join(words)
