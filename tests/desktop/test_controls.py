"""Words that do not fit end in an ellipsis, and can be read in full nonetheless."""

import pytest
from pytestqt.qtbot import QtBot

from desktop.widgets.controls import Elided

WORDS = "0:21.5   44.1 kHz   stereo   OGG, Vorbis"


@pytest.mark.parametrize(("width", "fits"), [(80, False), (900, True)])
def test_words_end_in_an_ellipsis(qtbot: QtBot, width: int, fits: bool) -> None:
    label = Elided(WORDS)
    qtbot.addWidget(label)
    label.resize(width, 20)
    label.grab()
    assert label.minimumSizeHint().width() < 80
    assert (label.shown_text() == WORDS) is fits
    assert label.shown_text().endswith("\N{HORIZONTAL ELLIPSIS}") is not fits
    assert label.toolTip() == ("" if fits else WORDS)
    assert label.text() == WORDS
