"""What Help, About says, with and without an address of releases in pyproject.toml."""

import tomllib
from pathlib import Path

import pytest
from PySide6.QtWidgets import QPlainTextEdit, QPushButton
from pytestqt.qtbot import QtBot

from desktop.manual.reader import Reader
from desktop.menus import about

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]


def _shown(qtbot: QtBot) -> tuple[about.About, QPushButton]:
    dialog = about.About(None)
    qtbot.addWidget(dialog)
    dialog.show()
    (button,) = [b for b in dialog.findChildren(QPushButton) if "newer" in b.text()]
    return dialog, button


def test_as_the_project_is_now(qtbot: QtBot) -> None:
    dialog, button = _shown(qtbot)
    text = dialog.findChildren(QPlainTextEdit)[0].toPlainText()
    address = PROJECT.get("urls", {}).get("Releases", "")
    assert about.release_page() == address
    assert button.isVisible() == bool(address)
    assert text.startswith(f"earmark {PROJECT['version']}\n")
    assert "version unknown" not in text
    assert "musicnn" in dialog.findChildren(Reader)[0].toPlainText()  # credits


def test_a_known_address_shows_the_button(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(about, "release_page", lambda: "https://example.org/new")
    opened = []
    monkeypatch.setattr(about.QDesktopServices, "openUrl", lambda url: opened.append(url.url()))
    dialog, button = _shown(qtbot)
    assert button.isVisible()
    assert dialog.isVisible()
    button.click()
    assert opened == ["https://example.org/new"]
