"""A student's walk: each course system and each one-click sweep, from the window to the report.

    xvfb-run -a python packaging/walks/student.py DATA OUT [--only NAME ...]

DATA is the folder of shared recordings; small copies in part of the courses' data sets are made
of it in OUT/data, in the courses' own layouts. A real window is opened with a home of its own in
OUT/home and driven by clicks and keys. OUT gets a picture of every result, the lab reports as PDF
and HTML, and walk.md: clicks and seconds from the page to the figures, and to the report.
"""

import argparse
import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "packaging")]

import numpy as np  # noqa: E402
import torch  # noqa: E402
from numpy.typing import NDArray  # noqa: E402
from PySide6.QtCore import QObject, QPoint, Qt, QTimer, QUrl, Slot  # noqa: E402
from PySide6.QtGui import QDesktopServices  # noqa: E402
from PySide6.QtTest import QTest  # noqa: E402
from PySide6.QtWidgets import (  # noqa: E402
    QAbstractButton,
    QApplication,
    QComboBox,
    QFileDialog,
    QLineEdit,
    QListWidget,
    QPushButton,
    QToolButton,
    QWidget,
)

from engine.audio import Audio, read, write  # noqa: E402
from engine.datasets.corpora.medley_solos import INSTRUMENTS, TABLE  # noqa: E402
from engine.recipes.recipe import find_recipe  # noqa: E402
from engine.training.data.prepare import feature_of  # noqa: E402
from engine.training.sweeps.plan import PRESETS  # noqa: E402
from pictures.person import Person  # noqa: E402
from pictures.surroundings import home_environment  # noqa: E402

Samples = NDArray[np.float32]
RATE, MEDLEY_SAMPLES = 44100, 131072
MOST_SECONDS = 2400.0  # of one training or sweep on a busy machine
SYSTEMS = {
    "author-dense": "author",
    "author-rnn": "author",
    "author-gru": "author",
    "genre-mlp": "gtzan",
    "genre-cnn": "gtzan",
    "genre-lstm": "gtzan",
    "instrument-mlp": "iowa",
    "instrument-lstm-spectral": "medley",
    "instrument-lstm-time": "medley",
}
# As published its 265 million weights take 12.6 GB: the form says so, and most students lack them.
CORRECTED = ("instrument-lstm-time",)


# The data: small copies in part, in the layouts of the courses.


def joined(paths: Sequence[Path], seconds: float) -> Samples:
    """Recordings one after the other, of one channel, until they are so long."""
    parts: list[Samples] = []
    while sum(map(len, parts)) < seconds * RATE:
        parts.append(read(paths[len(parts) % len(paths)], mono=True, rate_hz=RATE).samples[0])
    return np.concatenate(parts)[: round(seconds * RATE)]


def save(path: Path, samples: Samples) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write(path, Audio(samples[None], RATE))


def author(data: Path, home: Path) -> None:
    """EpyNN's folders ``true`` and ``false``: two guitarists, four files of eight seconds each."""
    for name, source in (("true", "emilyguitar"), ("false", "shinyguitar")):
        notes = sorted((data / "players" / source).rglob("*.opus"))
        for number in range(4):
            save(home / name / f"{number}.wav", joined(notes[number::4], 8.0))


def gtzan(data: Path, home: Path) -> None:
    """Three of GTZAN's genres, eight tracks each, by its names."""
    for genre in ("classical", "pop", "rock"):
        tracks = sorted((data / "emotify" / genre).glob("*.opus"))
        for number, path in enumerate(tracks[:24:3]):
            save(home / genre / f"{genre}.{number:05}.wav", joined([path], 12.0))


def medley(data: Path, home: Path) -> None:
    """Four of Medley-solos-DB's instruments, six clips of each: three, one and two a part."""
    rows = ["subset,instrument,instrument_id,song_id,uuid4"]
    folders = {"clarinet": "clarinet", "flute": "flute", "violin": "violin"}
    folders["tenor saxophone"] = "saxophone"
    parts = ("training", "training", "training", "validation", "test", "test")
    for instrument, folder in folders.items():
        paths = sorted((data / "players" / "fsdkaggle2018" / folder).glob("*.opus"))
        for number, (part, path) in enumerate(zip(parts, paths, strict=False)):
            identity, song = INSTRUMENTS.index(instrument), len(rows)
            name = f"{part}-{identity}_{song:08}-{number:04}"
            rows.append(f"{part},{instrument},{identity},{song},{song:08}-{number:04}")
            clip = joined([path], MEDLEY_SAMPLES / RATE)
            save(home / f"Medley-solos-DB_{name}.wav", clip)
    (home / TABLE).write_text("\n".join(rows) + "\n", encoding="utf-8")


def iowa(data: Path, home: Path) -> None:
    """The quadruple of the Iowa courses: 120 MFCCs of ten instruments' notes, by class."""
    recipe = find_recipe("instrument-mlp")
    feature, rate = feature_of(recipe), recipe.data.rate_hz
    kinds = sorted(path for path in (data / "philharmonia").iterdir() if path.is_dir())[:10]
    parts: dict[str, list[tuple[Samples, int]]] = {"train": [], "test": []}
    for label, kind in enumerate(kinds):
        for number, path in enumerate(sorted(kind.glob("*.mp3"))[:60:10]):
            sound = read(path, mono=True, rate_hz=rate).samples
            with torch.inference_mode():
                frames = feature(torch.from_numpy(sound))[0].T.numpy()[5:45]
            parts["test" if number == 5 else "train"].append((frames, label))
    home.mkdir(parents=True)
    for part, found in parts.items():
        np.save(home / f"uiowa_{part}_data.npy", np.concatenate([f for f, _ in found]))
        labels = np.concatenate([np.full(len(f), label) for f, label in found])
        np.save(home / f"uiowa_{part}_labels.npy", labels)


DATA: dict[str, Callable[[Path, Path], None]] = {
    "author": author,
    "gtzan": gtzan,
    "medley": medley,
    "iowa": iowa,
}


# The walk.


@dataclass(frozen=True)
class Walk:
    """A row of the table.

    Attributes:
        name: of the recipe or of the sweep.
        clicks: until the figures are there; typing a folder's name is none.
        seconds: the same.
        report_clicks: from then until the lab report is written.
        report_seconds: the same.
        figures: what the window says of them.
    """

    name: str
    clicks: int
    seconds: float
    report_clicks: int
    report_seconds: float
    figures: str


class Student(Person):
    """Counts what is clicked."""

    clicks = 0
    judged = (
        False  # set as the figures of a training are shown; those of the last one stay till then
    )

    def click(self, words: str, kind: type[QWidget] = QAbstractButton) -> None:
        self.clicks += 1
        super().click(words, kind)

    def pick(self, recipe: str) -> None:
        """Click on a recipe in the list."""
        shown = self.widget("Recipe", QListWidget)
        assert isinstance(shown, QListWidget)
        rows = range(shown.count())
        item = next(shown.item(r) for r in rows if recipe == shown.item(r).data(_NAME))
        shown.scrollToItem(item)
        self._press(shown.viewport(), shown.visualItemRect(item).center())

    def vary(self, words: str, choice: str) -> None:
        """Open a list of choices and take one."""
        box = self.widget(words, QComboBox)
        assert isinstance(box, QComboBox)
        if box.currentText() == choice:
            return
        self._press(box, box.rect().center())
        view = box.view()
        self.wait(view.isVisible, f"the choices of {words!r}")
        # Until then Qt takes a click for the end of the one that opened the list.
        self.rest(1.5 * QApplication.doubleClickInterval() / 1000)
        at = box.model().index(box.findText(choice), box.modelColumn())
        self._press(view.viewport(), view.visualRect(at).center())
        self.wait(lambda: box.currentText() == choice, f"{choice!r} to be chosen")

    def _press(self, widget: QWidget, at: QPoint) -> None:
        self.clicks += 1
        left, plain = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        QTest.mouseClick(widget, left, plain, at)

    def name_file(self, button: str, path: Path) -> None:
        """Click on a button that asks for a file or folder, type its name and confirm."""
        self._answer(path)
        self.click(button, QPushButton)  # comes back when the dialog is gone

    def _answer(self, path: Path) -> None:
        """Type into the dialog as soon as it is there."""

        def look() -> None:
            dialog = QApplication.activeModalWidget()
            if not isinstance(dialog, QFileDialog):
                QTimer.singleShot(50, look)
                return
            line = dialog.findChild(QLineEdit, "fileNameEdit")
            assert isinstance(line, QLineEdit)
            line.setText(str(path))  # pasted: typed letter by letter, proposals take the keys
            QTest.keyClick(line, Qt.Key.Key_Return)

        QTimer.singleShot(50, look)

    def until_judged(self) -> None:
        """Wait for the figures of the training that was started."""
        self.until("", lambda: self.judged)

    def until(self, pattern: str, also: Callable[[], bool] = lambda: True) -> str:
        """Wait for words as long as a training takes; a failure shown ends it."""
        end, regular = time.monotonic() + MOST_SECONDS, re.compile(pattern)
        while time.monotonic() < end:
            self.rest(0.2)
            shown = [w for widget in self._visible() for w in _texts(widget)]
            for words in shown:
                if also() and regular.search(words):
                    return words
                if re.search(r" failed$|^Stopped by an error|trials finished, \d+ failed", words):
                    raise SystemExit("\n".join(["The training failed:", *shown]))
        raise SystemExit(f"{pattern!r} was not to be seen in {MOST_SECONDS:.0f} s")


_NAME = Qt.ItemDataRole.UserRole


def _texts(widget: QWidget) -> Iterator[str]:
    text = getattr(widget, "text", None)
    if callable(text):
        yield str(text())


class Viewer(QObject):
    """Takes the PDFs that the window opens (there is no program for them here), and news."""

    def __init__(self, student: Student) -> None:
        super().__init__()
        self._student = student

    @Slot()
    def judge(self) -> None:
        self._student.judged = True

    @Slot(QUrl)
    def show(self, url: QUrl) -> None:
        print(f"  opened: {url.fileName()}", flush=True)


def walk(student: Student, recipe: str, out: Path, sweep: str = "") -> Walk:
    """One course system, or one of its sweeps, as far as the lab report."""
    student.menu("View", "Listen")
    student.clicks, name = 0, sweep or recipe
    student.judged = False
    begun = time.monotonic()
    student.click("Train", QToolButton)
    student.pick(recipe)
    variant = "Corrected" if recipe in CORRECTED else "As published, including its mistakes"
    if not sweep:
        student.vary("Variant", variant)
    folder = out / "data" / SYSTEMS[recipe]
    if not any(
        folder.name == words
        for w in student.window.findChildren(QWidget)
        if w.isVisible()
        for words in _texts(w)
    ):  # it finds the folder it learned from last
        student.name_file("Choose folder...", folder)
    student.see(r"excerpts of \d+ classes")
    picture(student, out, f"{name}-before")
    student.click(sweep or "Start", QPushButton)
    student.until("^Training|preparing|reading|epoch|trials finished")
    picture(student, out, f"{name}-running")
    if sweep:
        said = student.until(r"^Done: (\d+) of \1 trials")
    else:
        student.until_judged()
        said = student.until(r"test windows were classified correctly")
    clicks, seconds = student.clicks, time.monotonic() - begun
    student.rest(1.0)
    picture(student, out, f"{name}-results")
    student.clicks, begun = 0, time.monotonic()
    path = out / f"{name.replace(' ', '-').replace('%', 'percent')}.pdf"
    student.name_file("Lab report...", path)
    student.wait(lambda: path.is_file() and path.with_suffix(".html").is_file(), "the report")
    clicked, spent = student.clicks, time.monotonic() - begun
    student.rest(0.5)
    return Walk(name, clicks, seconds, clicked, spent, said.partition(" (")[0])


def picture(student: Student, out: Path, name: str) -> None:
    """What the window shows."""
    student.rest(0.3)
    place = out / "pictures"
    place.mkdir(exist_ok=True)
    student.window.grab().save(str(place / f"{name.replace(' ', '-').replace('%', '')}.png"))


def table(walks: Sequence[Walk]) -> str:
    """As Markdown."""
    lines = [
        "| walk | clicks to the figures | seconds | clicks to the lab report | seconds | shown |",
        "| --- " * 6 + "|",
    ]
    for one in walks:
        lines.append(
            f"| {one.name} | {one.clicks} | {one.seconds:.0f} | {one.report_clicks} | "
            f"{one.report_seconds:.1f} | {one.figures} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    reader = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    reader.add_argument("data", type=Path)
    reader.add_argument("out", type=Path)
    sweeps = {preset.title: preset.recipe for preset in PRESETS}
    reader.add_argument("--only", nargs="+", choices=[*SYSTEMS, *sweeps])
    asked = reader.parse_args()
    out, wanted = asked.out.absolute(), asked.only or [*SYSTEMS, *sweeps]
    for name, make in DATA.items():
        if not (out / "data" / name).is_dir():
            make(asked.data, out / "data" / name)
    os.environ.update(home_environment(out / "home"), OMP_NUM_THREADS="1")
    (out / "home").mkdir(exist_ok=True)
    from pictures.inner import close_application, open_application  # after its home is known

    begun = time.monotonic()
    _application, _session, window = open_application()
    window.resize(1280, 800)
    student, walks = Student(window), []
    viewer = Viewer(student)
    # Its types ask for bytes, and it takes none.
    QDesktopServices.setUrlHandler("file", viewer, "show")  # type: ignore[arg-type]
    student.rest(1.0)
    student.menu("View", "Train")  # made when it is first wanted
    page = next(w for w in window.findChildren(QWidget) if type(w).__name__ == "TrainPage")
    page.judged.connect(viewer.judge)  # type: ignore[attr-defined]
    print(f"window after {time.monotonic() - begun:.1f} s", flush=True)
    for name in wanted:
        walks.append(walk(student, sweeps.get(name, name), out, name if name in sweeps else ""))
        print(table(walks[-1:]).splitlines()[-1], flush=True)
        (out / "walk.md").write_text(table(walks), encoding="utf-8")
    close_application(window)
    print(table(walks))


if __name__ == "__main__":
    main()
