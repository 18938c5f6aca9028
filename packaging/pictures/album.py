"""Takes pictures of the window as it is on the screen: light and dark, in all sizes."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtGui import QGuiApplication, QImage

from pictures.palette import rgb, small_png
from pictures.person import Missing, Person
from pictures.wanted import APPEARANCES, DOCS, MOST_BYTES, SIZE, SIZES, Shown

_SETTLING = 0.45  # seconds in which what follows a new size or appearance is painted
_FEWEST_COLOURS = 24
_LEAST_DRAWN = 0.03  # share of the pixels that are not of the commonest colour
_MIDDLE = (100, 30, -20, -40)  # left, top, right, bottom: the page without rail, menu, status


class Album:
    """Pictures by what the window shows.

    Args:
        person: whose window it is.
        folder: where all pictures go.
        docs: where those of README and docs go; None at another scale than theirs.
    """

    def __init__(self, person: Person, folder: Path, docs: Path | None) -> None:
        self._person, self._folder, self._docs = person, folder, docs
        self._number = 0
        self._waiting: list[tuple[Path, QImage]] = []
        self.scale = round(person.window.devicePixelRatioF())

    def take(self, state: str, arrange: Callable[[], object] | None = None) -> None:
        """Take what is shown in every appearance and size; the first size is put back.

        Args:
            state: its name.
            arrange: done in each size before the picture is taken, as scrolling.

        Raises:
            Missing: it is another page, or there is hardly anything on a picture.
        """
        self._number += 1
        if not self._person.on_page():
            raise Missing(f"{state}: the page {self._person.page!r} is not the one shown")
        for appearance in APPEARANCES:
            self._person.menu("View", "Appearance", appearance.capitalize())
            for size in SIZES if self.scale == 1 else (SIZE,):
                self._person.window.resize(*size)
                self._person.rest(_SETTLING)
                if arrange is not None:
                    arrange()
                    self._person.rest(_SETTLING)
                self._keep(self._grab(), Shown(state, appearance), size)
        self._person.menu("View", "Appearance", APPEARANCES[0].capitalize())
        self._person.window.resize(*SIZE)
        self._person.rest(_SETTLING)

    def write_docs(self) -> None:
        """Write those of README and docs: it takes seconds in which no microphone is heard."""
        while self._waiting:
            path, image = self._waiting.pop()
            path.write_bytes(small_png(image, MOST_BYTES))
            self._person.rest(_SETTLING)

    def take_failure(self) -> None:
        """What there was to be seen when something went wrong."""
        self._grab().save(str(self._folder / "failed.png"))

    def _grab(self) -> QImage:
        """From the screen, with all that lies over the window."""
        place = self._person.window.geometry()
        screen = QGuiApplication.primaryScreen()
        image = screen.grabWindow(0, place.x(), place.y(), place.width(), place.height()).toImage()
        image.setDevicePixelRatio(1.0)
        return image

    def _keep(self, image: QImage, shown: Shown, size: tuple[int, int]) -> None:
        end = f"@{self.scale}" if self.scale > 1 else ""
        words = f"{shown.state}-{shown.appearance}-{size[0]}x{size[1]}{end}"
        path = self._folder / f"{self._number:02}-{words}.png"
        if not image.save(str(path)):
            raise OSError(f"{path} cannot be written")
        _check(image, (size[0] * self.scale, size[1] * self.scale), words)
        if self._docs is None or size != SIZE:
            return
        for name in (name for name, wanted in DOCS.items() if wanted == shown):
            self._waiting.append((self._docs / name, image))


def _check(image: QImage, size: tuple[int, int], words: str) -> None:
    if image.size().toTuple() != size:
        raise Missing(f"{words}: the window is {image.size().toTuple()}, not {size}")
    left, top, right, bottom = _MIDDLE
    page = rgb(image)[top:bottom, left:right].reshape(-1, 3).astype(np.uint32)
    colours = page[:, 0] << 16 | page[:, 1] << 8 | page[:, 2]
    _, often = np.unique(colours, return_counts=True)
    drawn = 1 - often.max() / often.sum()
    if len(often) < _FEWEST_COLOURS or drawn < _LEAST_DRAWN:
        raise Missing(f"{words}: the page is empty ({len(often)} colours, {drawn:.1%} drawn)")
