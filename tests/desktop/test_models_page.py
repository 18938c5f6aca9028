"""The Models page: cards, what listens, import by drop, export, delete and undo, thresholds."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import QInputDialog, QMenu
from pytestqt.qtbot import QtBot

from desktop import jobs
from desktop.pages.models.page import ModelsPage
from desktop.pages.models.thresholds import sensitivity_of, shifted
from desktop.pages.models.tryout import TryOut
from desktop.session import Session
from engine.classifier.catalog import BUNDLED, Catalog
from engine.classifier.file import sha256
from engine.errors import ModelError
from engine.recognition.timeline import Timeline
from tests.contracts.test_artefact import TAMPERED, make
from tests.desktop.conftest import Show
from tests.desktop.said import press


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "tiny.safetensors"
    make().save(path)
    return path


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("other") / "tiny.safetensors"
    make(["a", "b"]).save(path)
    return path


@pytest.fixture
def session(session: Session) -> Session:
    session.set_loaded([])
    return session


@pytest.fixture
def page(session: Session, show: Show, qtbot: QtBot, stored: Path) -> ModelsPage:
    Catalog().add(stored)
    made = show(ModelsPage(session))
    qtbot.waitUntil(lambda: bool(made.found.listed), timeout=120_000)
    made.list.select("tiny")
    return made


def drop(page: ModelsPage, *paths: Path) -> bool:
    """Drag files over the page and let them go; tells whether the page wanted them."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    copy, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    none = Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPointF(300, 300).toPoint(), copy, data, left, none)
    page.dragEnterEvent(enter)
    if enter.isAccepted():
        page.dropEvent(QDropEvent(QPointF(300, 300), copy, data, left, none))
    return enter.isAccepted()


def test_the_card_says_all(page: ModelsPage, qtbot: QtBot, stored: Path) -> None:
    assert list(page.found.listed) == [*BUNDLED, "tiny"]
    assert page.card.title.text() == "Tiny"
    assert page.card.facts["classes"].text() == "3, several at a time: low, high, both"
    assert "16 kHz" in page.card.facts["window"].text()
    qtbot.waitUntil(lambda: page.card.copy_button.isEnabled(), timeout=120_000)
    page.card.copy_button.click()
    assert QGuiApplication.clipboard().text() == sha256(stored)
    assert page.card.delete_button.isEnabled()
    page.list.select("genre")
    assert "CC BY 3.0" in page.card.facts["data"].text()
    assert not page.card.delete_button.isEnabled()


def test_the_box_chooses_who_listens(page: ModelsPage, session: Session, qtbot: QtBot) -> None:
    page.list.tree.setFocus()
    with qtbot.waitSignal(session.classifiers_loaded, timeout=120_000):
        qtbot.keyClick(page.list.tree, Qt.Key.Key_Space)
    assert session.loaded_names == ["tiny"]
    assert list(session.classifiers) == ["tiny"]
    with qtbot.waitSignal(session.classifiers_loaded, timeout=120_000):
        qtbot.keyClick(page.list.tree, Qt.Key.Key_Space)
    assert session.loaded_names == []


class TestImport:
    def test_by_drop(self, page: ModelsPage, qtbot: QtBot, other: Path) -> None:
        assert drop(page, other)
        qtbot.waitUntil(lambda: "tiny-2" in page.found.listed, timeout=120_000)
        assert page.chosen == "tiny-2"
        assert page.card.facts["classes"].text().endswith("a, b")

    def test_other_files_are_the_windows(self, page: ModelsPage, tmp_path: Path) -> None:
        assert not drop(page, tmp_path / "sound.wav")

    def test_what_is_none_is_said_and_the_rest_comes(
        self, page: ModelsPage, qtbot: QtBot, other: Path, tmp_path: Path
    ) -> None:
        bad = tmp_path / "bad.safetensors"
        bad.write_text("no model")
        assert drop(page, bad, other)
        qtbot.waitUntil(lambda: "tiny-2" in page.found.listed, timeout=120_000)
        assert "bad.safetensors is not a classifier" in page.notices.text


class TestBroken:
    def test_it_is_kept_apart_with_its_reason(self, page: ModelsPage, qtbot: QtBot) -> None:
        bad = Catalog().folder / "bad.safetensors"
        bad.write_bytes(b"PK\x03\x04 a pickle, perhaps")
        page.refresh()
        qtbot.waitUntil(lambda: page.list.broken.count() == 1, timeout=120_000)
        assert "pickled" in page.list.broken.item(0).text()
        assert "bad" not in page.found.listed
        page.list.broken.setCurrentRow(0)
        assert not page.card.isEnabled()
        press(page.notices, "Delete")
        qtbot.waitUntil(lambda: page.list.broken.count() == 0, timeout=120_000)
        assert not bad.exists()
        press(page.notices, "Undo")
        qtbot.waitUntil(lambda: page.list.broken.count() == 1, timeout=120_000)

    def test_one_that_fails_its_check_is_among_them(
        self, page: ModelsPage, session: Session, qtbot: QtBot, stored: Path
    ) -> None:
        tamper, words = TAMPERED["other weights"]
        (Catalog().folder / "tiny.safetensors").write_bytes(tamper(stored.read_bytes()))
        session.set_loaded(["tiny"])
        qtbot.waitUntil(lambda: page.list.broken.count() == 1, timeout=120_000)
        assert words in page.list.broken.item(0).text()


class TestDelete:
    def test_and_undo(self, page: ModelsPage, session: Session, qtbot: QtBot) -> None:
        with qtbot.waitSignal(session.classifiers_loaded, timeout=120_000):
            session.set_loaded(["tiny"])
        page.card.delete_button.click()
        qtbot.waitUntil(lambda: "tiny" not in page.found.listed, timeout=120_000)
        qtbot.waitUntil(lambda: not session.classifiers, timeout=120_000)
        assert session.loaded_names == []
        assert "was deleted" in page.notices.text
        press(page.notices, "Undo")
        qtbot.waitUntil(lambda: "tiny" in page.found.listed, timeout=120_000)
        qtbot.waitUntil(lambda: "tiny" in session.classifiers, timeout=120_000)
        assert session.loaded_names == ["tiny"]
        assert not page.notices.current

    def test_bundled_ones_stay(self, page: ModelsPage, qtbot: QtBot) -> None:
        page.list.select("mood")
        page.list.tree.setFocus()
        qtbot.keyClick(page.list.tree, Qt.Key.Key_Delete)
        qtbot.wait(100)
        assert Catalog().find("mood").bundled
        assert not page.notices.current


class TestThresholds:
    def test_they_apply_at_once_and_persist(
        self, page: ModelsPage, session: Session, qtbot: QtBot
    ) -> None:
        with qtbot.waitSignal(session.classifiers_loaded, timeout=120_000):
            session.set_loaded(["tiny"])
        before = session.classifiers["tiny"]
        rows = page.card.thresholds.rows
        with qtbot.waitSignal(session.classifiers_loaded, timeout=120_000):
            rows["high"].slider.setValue(80)
            rows["low"].spin.setValue(0.25)
            page.card.thresholds.smoothing.setValue(2.5)
        now = session.classifiers["tiny"]
        assert now is not before
        assert now.network is before.network
        assert now.card.rules().thresholds == (0.25, 0.8, 0.5)
        assert now.card.rules().smoothing_seconds == 2.5
        assert Catalog().load("tiny").card == now.card
        page.list.select("genre")
        page.list.select("tiny")
        assert page.card.thresholds.rows["high"].spin.value() == 0.8
        assert page.card.thresholds.reset_button.isEnabled()

    def test_reset(self, page: ModelsPage, qtbot: QtBot) -> None:
        page.card.thresholds.rows["high"].spin.setValue(0.9)
        qtbot.waitUntil(lambda: "tiny" in Catalog().adjustments(), timeout=120_000)
        qtbot.waitUntil(lambda: not page._adjusting, timeout=120_000)
        page.card.thresholds.reset_button.click()
        qtbot.waitUntil(lambda: not Catalog().adjustments(), timeout=120_000)
        spin = page.card.thresholds.rows["high"].spin
        qtbot.waitUntil(lambda: spin.value() == 0.5, timeout=120_000)
        assert not page.card.thresholds.reset_button.isEnabled()

    def test_a_change_is_kept_when_one_goes_on(self, page: ModelsPage, qtbot: QtBot) -> None:
        page.card.thresholds.rows["high"].spin.setValue(0.7)
        page.list.select("genre")
        qtbot.waitUntil(lambda: "tiny" in Catalog().adjustments(), timeout=120_000)
        assert Catalog().adjustments()["tiny"].thresholds["high"] == 0.7
        assert "genre" not in Catalog().adjustments()


class TestExport:
    def test_a_copy(self, page: ModelsPage, qtbot: QtBot, stored: Path, tmp_path: Path) -> None:
        page.export(tmp_path / "copy.safetensors")
        qtbot.waitUntil(lambda: "Saved as" in page.notices.text, timeout=120_000)
        assert (tmp_path / "copy.safetensors").read_bytes() == stored.read_bytes()

    def test_onnx(
        self, page: ModelsPage, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for library in ("onnx", "onnxscript", "onnxruntime"):
            pytest.importorskip(library)
        # torch's exporter would leave the thread behind that watches progress bars.
        monkeypatch.setattr(pytest.importorskip("tqdm").tqdm, "monitor_interval", 0)
        page.list.select("instruments-in-music")
        page.export_onnx(tmp_path / "it.onnx")
        assert not page.card.onnx_button.isEnabled()
        qtbot.waitUntil(lambda: bool(page.notices.text), timeout=200_000)
        assert "differ by at most" in page.notices.text
        assert (tmp_path / "it.onnx").stat().st_size > 1000
        assert page.card.onnx_button.isEnabled()

    def test_onnx_without_its_extra(
        self, page: ModelsPage, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def missing(*_: object) -> float:
            raise ModelError("ONNX export needs the extra 'export'.")

        monkeypatch.setattr("engine.classifier.onnx.export_onnx", missing)
        page.export_onnx(tmp_path / "tiny.onnx")
        qtbot.waitUntil(lambda: "needs the extra" in page.notices.text, timeout=120_000)
        assert page.card.onnx_button.isEnabled()


def test_every_control_has_a_name(page: ModelsPage) -> None:
    thresholds = page.card.thresholds
    controls = [page.list.tree, page.list.broken, page.list.import_button, thresholds.smoothing]
    controls += [row.spin for row in thresholds.rows.values()]
    controls += [row.slider for row in thresholds.rows.values()]
    assert all(control.accessibleName() for control in controls)


@pytest.mark.parametrize(("width", "columns"), [(938, 1), (1194, 2)])  # of a window of 1024, 1280
def test_the_card_fits_its_place(page: ModelsPage, width: int, columns: int, qtbot: QtBot) -> None:
    page.resize(width, 640)
    page.list.select("instrument")
    page.card.thresholds.more.setChecked(True)
    qtbot.wait(20)
    inner = page.card.widget()
    assert inner.minimumSizeHint().width() <= page.card.viewport().width()
    assert inner.width() <= page.card.viewport().width()
    places = {row.slider.x() for row in page.card.thresholds.rows.values()}
    assert len(places) == columns
    for row in page.card.thresholds.rows.values():
        end = row.spin.mapTo(inner, row.spin.rect().bottomRight())
        assert end.x() < inner.width()
        assert row.slider.width() >= row.slider.minimumWidth()


def test_one_slider_moves_all_thresholds_and_thirty_are_folded(
    page: ModelsPage, qtbot: QtBot
) -> None:
    thresholds = page.card.thresholds
    assert not thresholds.rows["high"].slider.isVisible()
    thresholds.more.setChecked(True)
    assert thresholds.rows["high"].slider.isVisible()
    before = {label: row.value for label, row in thresholds.rows.items()}
    assert thresholds.sensitivity.value() == 0
    thresholds.sensitivity.setValue(20)
    assert all(row.value < before[label] for label, row in thresholds.rows.items())
    qtbot.waitUntil(lambda: "tiny" in Catalog().adjustments(), timeout=120_000)
    qtbot.waitUntil(lambda: not page._adjusting, timeout=120_000)
    assert page.card.thresholds.sensitivity.value() == 20  # where one left it
    thresholds.sensitivity.setValue(0)
    for label, row in thresholds.rows.items():
        assert row.value == pytest.approx(before[label], abs=1e-3)
    for threshold in (0.05, 0.5, 0.9):
        assert 0 < shifted(threshold, 1.0) < threshold < shifted(threshold, -1.0) < 1
        there = shifted(threshold, 0.5)
        assert sensitivity_of(threshold, there) == pytest.approx(0.5, abs=0.01)


def test_ctrl_z_undoes_thresholds_a_title_and_a_deletion(
    page: ModelsPage, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    page.card.thresholds.rows["high"].spin.setValue(0.9)
    qtbot.waitUntil(lambda: "tiny" in Catalog().adjustments(), timeout=120_000)
    qtbot.waitUntil(lambda: not page._adjusting, timeout=120_000)
    assert page.steps[0] == "change the thresholds of tiny"
    page.undo()
    qtbot.waitUntil(lambda: "tiny" not in Catalog().adjustments(), timeout=120_000)
    title = page.found.listed["tiny"].card.title
    monkeypatch.setattr(QInputDialog, "getText", lambda *_: ("My ears", True))
    page.card.rename_button.click()
    qtbot.waitUntil(lambda: page.found.listed["tiny"].card.title == "My ears", timeout=120_000)
    assert Catalog().load("tiny").card.title == "My ears"
    page.undo()
    qtbot.waitUntil(lambda: page.found.listed["tiny"].card.title == title, timeout=120_000)
    page.delete()
    qtbot.waitUntil(lambda: "tiny" not in page.found.listed, timeout=120_000)
    page.activateWindow()
    page.list.tree.setFocus()
    qtbot.keyClick(page.list.tree, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: "tiny" in page.found.listed, timeout=120_000)
    assert page.steps[0] == ""
    page.list.select("genre")
    assert not page.card.rename_button.isEnabled()


def test_what_was_taken_back_is_made_again(
    page: ModelsPage, session: Session, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    spin = page.card.thresholds.rows["high"].spin
    spin.setValue(0.9)
    qtbot.waitUntil(lambda: "tiny" in Catalog().adjustments(), timeout=120_000)
    qtbot.waitUntil(lambda: not page._adjusting, timeout=120_000)
    page.undo()
    qtbot.waitUntil(lambda: "tiny" not in Catalog().adjustments(), timeout=120_000)
    qtbot.waitUntil(lambda: not page._adjusting, timeout=120_000)
    assert page.steps == ("", "change the thresholds of tiny")
    page.redo()
    qtbot.waitUntil(lambda: "tiny" in Catalog().adjustments(), timeout=120_000)
    qtbot.waitUntil(lambda: not page._adjusting and spin.value() == 0.9, timeout=120_000)
    page.undo()
    qtbot.waitUntil(lambda: not page._adjusting, timeout=120_000)
    monkeypatch.setattr(QInputDialog, "getText", lambda *_: ("My ears", True))
    page.card.rename_button.click()  # something new: the thresholds cannot be made again
    assert page.steps[1] == ""
    title = lambda: page.found.listed["tiny"].card.title  # noqa: E731
    for step, told in ((page.undo, "Tiny"), (page.redo, "My ears")):
        qtbot.waitUntil(lambda: not jobs._running, timeout=120_000)
        step()
        qtbot.waitUntil(lambda told=told: title() == told, timeout=120_000)
    page.delete()
    for _ in range(2):  # each time it waits in another place
        qtbot.waitUntil(lambda: "tiny" not in page.found.listed, timeout=120_000)
        page.undo()
        qtbot.waitUntil(lambda: "tiny" in page.found.listed, timeout=120_000)
        page.activateWindow()
        page.list.tree.setFocus()
        both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
        qtbot.keyClick(page.list.tree, Qt.Key.Key_Z, both)
    qtbot.waitUntil(lambda: "tiny" not in page.found.listed, timeout=120_000)
    assert page.steps[1] == ""


def _heard_minute(session: Session, rows: int = 480) -> None:
    """'low' is sure in the first half of the last minute, and likely in the second."""
    values = np.zeros((rows, 3), dtype=np.float32)
    values[: rows - 120, 0], values[rows - 120 :, 0] = 0.8, 0.3
    for start in range(0, rows, 4):  # as they come live
        part = slice(start, start + 4)
        timeline = Timeline(
            labels=("low", "high", "both"),
            times=0.5 + 0.25 * np.arange(rows)[part],
            probabilities=values[part],
            presence=np.ones(4, dtype=np.float32),
            level_db=np.full(4, -20, dtype=np.float32),
            window_seconds=1.0,
            hop_seconds=0.25,
        )
        session.last_minute.push({"tiny": timeline})


class TestTriedOut:
    def test_on_the_last_minute_as_the_slider_moves(
        self, page: ModelsPage, session: Session, qtbot: QtBot
    ) -> None:
        tryout = page.card.findChild(TryOut)
        assert tryout is page.tryout
        assert "has not heard anything yet" in tryout.words.text()
        _heard_minute(session)
        qtbot.waitUntil(lambda: "last 60 s heard" in tryout.words.text(), timeout=120_000)
        name, bar, seconds = tryout.lines[0]
        assert name.text() == "low"
        assert 29 <= int(seconds.text().split()[0]) <= 32  # half of it, and hysteresis
        assert not tryout.lines[1][0].isVisible()
        height = tryout.height()
        page.card.thresholds.sensitivity.setValue(20)  # not kept yet: tried out at once
        qtbot.waitUntil(lambda: seconds.text() == "60 s", timeout=120_000)
        assert bar.value() > 0.99 * bar.maximum()
        page.card.thresholds.sensitivity.setValue(-40)
        qtbot.waitUntil(lambda: "nothing would be reported" in tryout.words.text(), timeout=120_000)
        assert not name.isVisible()
        assert tryout.height() == height  # nothing moves
        assert "nothing would be reported" in tryout.accessibleDescription()
        page.list.select("genre")
        assert "has not heard anything yet" in tryout.words.text()

    def test_what_begins_anew_forgets_what_was_before(self, session: Session) -> None:
        _heard_minute(session)
        kept = session.last_minute.of("tiny")
        assert kept is not None
        assert len(kept) == 240
        assert kept.times[-1] - kept.times[0] < 60
        _heard_minute(session, rows=120)
        kept = session.last_minute.of("tiny")
        assert kept is not None
        assert len(kept) == 120


def test_the_right_button_offers_what_the_buttons_do(
    page: ModelsPage, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[QMenu] = []
    monkeypatch.setattr(QMenu, "popup", lambda menu, *_: opened.append(menu))
    page.list.select("genre")
    page.list.tree.customContextMenuRequested.emit(QPoint(5, 5000))  # by the keyboard
    assert {a.text(): a.isEnabled() for a in opened[0].actions() if a.text()} == {
        "Enabled": True,
        "Export...": True,
        "ONNX...": True,
        "Rename...": False,
        "Delete": False,
    }
    page.list.select("tiny")
    page.list.tree.customContextMenuRequested.emit(QPoint(5, 5000))
    opened[1].actions()[-1].trigger()
    qtbot.waitUntil(lambda: "tiny" not in page.found.listed, timeout=120_000)


def test_a_ticked_box_has_a_frame_in_each_line(page: ModelsPage, qtbot: QtBot) -> None:
    """As an empty one has, whether the line is selected or not."""
    tree = page.list.tree
    ticked, empty = page.list._items()[:2]
    ticked.setCheckState(0, Qt.CheckState.Checked)
    empty.setCheckState(0, Qt.CheckState.Unchecked)
    page.list.select("tiny")
    qtbot.wait(20)
    picture = tree.viewport().grab().toImage()
    frames = []
    for item in (ticked, empty):
        place = tree.visualItemRect(item)
        y = place.center().y()
        frames.append([picture.pixelColor(x, y).name() for x in range(place.left(), 10)])
    ground = picture.pixelColor(1, tree.visualItemRect(empty).top() + 1).name()
    assert {colour for colour in frames[1] if colour != ground}
    left = [next(x for x, colour in enumerate(row) if colour != ground) for row in frames]
    assert left[0] == left[1]
    assert frames[0][left[0]] == frames[1][left[1]]
