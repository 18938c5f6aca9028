"""Help without the network or a browser, and the Edit menu that knows who has the keyboard."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu
from pytestqt.qtbot import QtBot

from desktop.manual.dialog import PAGES, Manual
from desktop.manual.markdown import anchor, for_reading
from desktop.manual.reader import Reader
from desktop.menus.about import About, WhatsNew
from desktop.window import Window
from resources import documentation


@pytest.fixture
def docs() -> Path:
    found = documentation()
    assert found is not None
    return found / "docs"


@pytest.fixture
def manual(docs: Path, qtbot: QtBot, light: None) -> Manual:
    made = Manual(docs, None)
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(made)
    made.show()
    return made


def test_the_manual_opens_where_it_is_about_the_page(window: Window, qtbot: QtBot) -> None:
    window.show_page("models")
    window.show_manual()
    manual = window.findChild(Manual)
    assert manual is not None
    assert manual.reader.toPlainText().startswith("Models")
    assert manual.contents.currentItem().text() == "Models"
    manual.close()


def test_every_page_of_the_manual_is_there_and_none_shows_markdown(manual: Manual) -> None:
    assert manual.contents.count() == len(PAGES)
    for name in PAGES:
        manual.open_at(name)
        text = manual.reader.toPlainText()
        assert len(text) > 300
        for sign in ("++ctrl", "#only-", "**", "\n## ", "]("):
            assert sign not in text.replace("**kwargs", ""), (name, sign)


def test_links_lead_to_pages_and_headings_of_the_manual(manual: Manual, docs: Path) -> None:
    manual.open_at("guide/listen")
    manual.reader.anchorClicked.emit(QUrl("../glossary.md#threshold"))
    assert manual.current == (docs / "glossary.md").resolve()
    assert "threshold" in manual.reader.textCursor().block().text().lower()
    manual.back.click()
    assert manual.current == (docs / "guide" / "listen.md").resolve()
    manual.reader.anchorClicked.emit(QUrl("../architecture.md"))
    assert "not part of this manual" in manual.words.text()


def test_every_link_of_the_guide_leads_somewhere(manual: Manual) -> None:
    for name in PAGES:
        if not name.startswith("guide/"):
            continue
        manual.open_at(name)
        block = manual.reader.document().begin()
        links = set()
        while block.isValid():
            pieces = block.begin()
            while not pieces.atEnd():
                links.add(pieces.fragment().charFormat().anchorHref())
                pieces += 1
            block = block.next()
        for link in links - {""}:
            url = QUrl(link)
            if url.scheme() or "architecture" in link or "reference" in link or "releas" in link:
                continue
            manual.open_at(name)
            manual.reader.anchorClicked.emit(url)
            assert "not part" not in manual.words.text(), (name, link)
            if url.fragment():
                assert manual.reader.go_to(url.fragment()), (name, link)


def test_search_lists_the_pages_that_have_the_words(manual: Manual, qtbot: QtBot) -> None:
    manual.open_at("guide/listen")
    qtbot.keyClicks(manual.search, "integrated gradients")
    shown = [
        manual.contents.item(row).text()
        for row in range(manual.contents.count())
        if not manual.contents.item(row).isHidden()
    ]
    assert "Why?" in shown
    assert "Hear live" not in shown
    qtbot.keyClick(manual.search, Qt.Key.Key_Return)
    assert manual.reader.textCursor().selectedText().lower() == "integrated gradients"


def test_markdown_of_the_site_becomes_plain(tmp_path: Path) -> None:
    (tmp_path / "a-dark.png").write_bytes(b"")
    text = "Press ++ctrl+shift+z++.\n![x](a-light.png#only-light)\n![x](a-dark.png#only-dark)\n"
    assert for_reading(text, tmp_path, dark=True) == "Press **Ctrl+Shift+Z**.\n\n![x](a-dark.png)\n"
    assert "!" not in for_reading(text, tmp_path, dark=False)
    assert anchor("Tempo, key and tuning") == "tempo-key-and-tuning"


def test_about_and_whats_new_are_no_raw_markdown(qtbot: QtBot, light: None) -> None:
    about = About(None)
    qtbot.addWidget(about)
    reader = about.pages.widget(0)
    assert isinstance(reader, Reader)
    assert "Credits" in reader.toPlainText()
    assert "## " not in reader.toPlainText()
    found = documentation()
    assert found is not None
    news = WhatsNew(found / "CHANGELOG.md", None)
    news.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(news)
    assert news.reader.toPlainText().startswith("Unreleased")
    assert "**" not in news.reader.toPlainText()


def test_the_edit_menu_undoes_what_has_the_keyboard(
    window: Window, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    page = window.page("listen")
    monkeypatch.setattr(type(page), "steps", property(lambda _: ("delete class", "")))
    monkeypatch.setattr(type(page), "undo", lambda _: done.append("page"))
    window.show_page("listen")
    page.setFocus()
    menu = window.edit_menu
    menu.refresh()
    assert menu.undo.text() == "&Undo: delete class\tCtrl+Z"
    assert menu.undo.isEnabled()
    assert not menu.redo.isEnabled()
    menu.undo.trigger()
    assert done == ["page"]
    field = QLineEdit(page)
    field.show()
    field.setFocus()
    qtbot.waitUntil(field.hasFocus, timeout=60_000)
    qtbot.keyClicks(field, "words")
    menu.refresh()
    assert menu.undo.text() == "&Undo\tCtrl+Z"
    menu.undo.trigger()
    assert field.text() == ""
    assert done == ["page"]
    field.setText("copied")
    field.selectAll()
    menu.copy.trigger()
    assert QApplication.clipboard().text() == "copied"


def test_the_menus_are_in_the_usual_order(window: Window) -> None:
    titles = [action.text() for action in window.menuBar().actions()]
    assert titles == ["&File", "&Edit", "&View", "&Sound", "&Help"]
    help_menu = window.menuBar().actions()[-1].menu()
    assert isinstance(help_menu, QMenu)
    entries = [action.text() for action in help_menu.actions() if action.text()]
    assert entries[:3] == ["&Manual", "&Shortcuts", "What's &new"]
