"""Menus offer what the engine can export, and its files say what the window says."""

import json
from pathlib import Path

import pytest
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from desktop.pages.file.page import FilePage
from desktop.plots.export import open_export
from desktop.settings import LOADED
from desktop.window import Window
from engine.classifier.classifier import Classifier
from engine.export import EXPORTS
from resources import resource


@pytest.fixture
def page(
    window: Window, qtbot: QtBot, instrument: dict[str, Classifier], analysed_once: None
) -> FilePage:
    """A flute, heard by a classifier that takes no time."""
    window._session.settings.set(LOADED, list(instrument))
    window._session.classifiers = instrument
    window._session.classifiers_loaded.emit()
    with qtbot.waitSignal(window.page("file").analysed, timeout=120_000):
        window.open_file(resource("sounds", "flute.ogg"))
    return window.page("file")


def test_both_menus_list_every_export(window: Window) -> None:
    words = [form.words for form in EXPORTS.values()]
    assert [a.text() for a in window.page("file").exports.menu.actions()][: len(words)] == words
    menus = {menu.title(): menu for menu in window.menuBar().findChildren(QMenu)}
    assert [action.text() for action in menus["&Export"].actions()] == words


def test_what_is_exported_is_what_is_shown(page: FilePage, qtbot: QtBot, tmp_path: Path) -> None:
    page.tracks.time.select(0.0, 1.0)  # exports are of the whole file nonetheless
    page.exports.export_to(tmp_path / "out.json", "json")
    page.exports.export_to(tmp_path / "out.txt", "table")
    qtbot.waitUntil(lambda: (tmp_path / "out.txt").exists(), timeout=120_000)
    qtbot.waitUntil(lambda: (tmp_path / "out.json").exists(), timeout=120_000)
    page.tracks.time.clear_selection()
    shown = page.state.verdicts(None)["instrument"]
    content = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    verdict = content["classifiers"]["instrument"]["verdict"]
    assert verdict == {"words": shown.verdict, "labels": list(shown.heard)}
    assert verdict["labels"] == ["flute"]
    assert "  instrument: flute\n" in (tmp_path / "out.txt").read_text(encoding="utf-8")


def test_a_plot_is_exported_light_unless_one_says_otherwise(
    page: FilePage, window: Window, qtbot: QtBot
) -> None:
    window.set_appearance("dark")
    dialog = open_export(page.tracks.waveform, window)
    assert dialog.colours.currentText() == "Light"
    dialog.close()
    window.set_appearance("light")
