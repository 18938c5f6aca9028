"""The map of the Sounds page with real embeddings, driven by mouse and keys; leaks and split."""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from desktop.pages.sounds.page import SoundsPage
from desktop.pages.sounds.view import MAP, SPLIT, TABLE
from desktop.plots import marks
from desktop.plots.scatter import Points, Scatter
from engine.project.project import Project
from engine.sound_map.layout import Place, place_of
from tests import corpora

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture(scope="module")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("map")
    given = corpora.folders(root / "given", files=5, seconds=0.3)
    (given / "bell" / "take 0.wav").rename(given / "flute" / "wrong.wav")
    samples, rate = soundfile.read(given / "drum" / "take 1.wav", dtype="float32")
    corpora.write(given / "drum" / "copy.wav", corpora.near_duplicate(samples), rate)
    return given


@pytest.fixture
def page(
    open_sounds: Callable[[Path], SoundsPage],
    qtbot: QtBot,
    sounds: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> SoundsPage:
    # What the first test heard is not heard again by the others.
    monkeypatch.setenv("XDG_CACHE_HOME", str(sounds.with_name("cache")))
    project = Project(tmp_path / "project")
    for _ in project.import_folder(sounds):
        pass
    project.close()
    made = open_sounds(tmp_path / "project")
    qtbot.waitUntil(lambda: made.found.draw is not None, timeout=120_000)
    return made


def look_at_map(page: SoundsPage, qtbot: QtBot) -> Scatter:
    page.view.look_at(MAP)
    scatter = page.view.map.scatter
    qtbot.waitUntil(
        lambda: bool(scatter.points.names) and not page.view.map.working, timeout=120_000
    )
    return scatter


def labels(page: SoundsPage) -> dict[str, str]:
    assert page.project is not None
    return {row.path.rpartition("/")[2]: row.label for row in page.project.rows}


def classes_of(page: SoundsPage, places: list[Place]) -> set[str]:
    assert page.project is not None
    return {row.label for row in page.project.rows if place_of(row) in places}


def lasso(scatter: Scatter, numbers: list[int]) -> None:
    """Draw a line round some points, as a person would."""
    spots = np.asarray([scatter.centre_of(n).toTuple() for n in numbers])
    low, high = spots.min(axis=0) - 9, spots.max(axis=0) + 9
    corners = [(low[0], low[1]), (high[0], low[1]), (high[0], high[1]), (low[0], high[1])]
    points = [QPoint(round(x), round(y)) for x, y in corners]
    view = scatter.viewport()
    QTest.mousePress(view, LEFT, NONE, points[0])
    for point in points[1:]:
        QTest.mouseMove(view, point)
    QTest.mouseRelease(view, LEFT, NONE, points[-1])


def test_a_suspect_is_found_and_relabelled(page: SoundsPage, qtbot: QtBot) -> None:
    scatter = look_at_map(page, qtbot)
    assert len(scatter.points.names) == 16
    wrong = next(n for n, name in enumerate(scatter.points.names) if name.startswith("wrong"))
    assert wrong in scatter.points.suspects
    assert "'bell'" in scatter.points.suspects[wrong]
    page.view.map.next.click()
    while scatter.current != wrong:
        page.view.map.next.click()
    assert page.view.current is page.view.map.current
    QTest.keyClick(scatter, Qt.Key.Key_1)
    qtbot.waitUntil(lambda: labels(page)["wrong.wav"] == "bell", timeout=120_000)
    qtbot.waitUntil(
        lambda: not page.view.map.working and wrong not in scatter.points.suspects, timeout=120_000
    )
    assert scatter.current == wrong  # the map stays as it is
    page.undo()
    qtbot.waitUntil(lambda: wrong in scatter.points.suspects, timeout=120_000)
    assert labels(page)["wrong.wav"] == "flute"


def test_a_lasso_chooses_and_a_class_takes(page: SoundsPage, qtbot: QtBot) -> None:
    scatter = look_at_map(page, qtbot)
    pixels = scatter.pixels()
    two = [0, int(np.hypot(*(pixels - pixels[0]).T).argsort()[1])]
    lasso(scatter, two)
    chosen = set(scatter.selected)
    assert chosen >= set(two)
    assert len(chosen) < 16
    places = [place_of(row) for row in page.view.picked]
    assert len(places) == len(chosen)
    page.view.cards.cards[1].rows_dropped.emit("drum")
    qtbot.waitUntil(lambda: classes_of(page, places) == {"drum"}, timeout=120_000)
    qtbot.waitUntil(lambda: "to 'drum'" in page.view.header.undo.toolTip(), timeout=120_000)
    page.undo()
    qtbot.waitUntil(lambda: "bell" in classes_of(page, places), timeout=120_000)
    QTest.mouseClick(scatter.viewport(), LEFT, NONE, QPoint(12, 8))
    assert scatter.selected == []


def test_a_click_plays_and_removed_sounds_leave_the_map(
    page: SoundsPage, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    scatter = look_at_map(page, qtbot)
    played: list[object] = []
    monkeypatch.setattr(page.view.excerpt.transport, "play", lambda *a, **k: played.append(a))
    at = scatter.centre_of(5).toPoint()
    QTest.mouseClick(scatter.viewport(), LEFT, NONE, at)
    row = page.view.current
    assert row is not None
    assert len(played) == 1
    assert page.view.excerpt._shown is not None
    assert page.project is not None
    assert page.view.excerpt._shown[0] == page.project.file_of(row)
    QTest.keyClick(scatter, Qt.Key.Key_Return)
    assert len(played) == 2
    QTest.keyClick(scatter, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: len(scatter.points.names) == 15, timeout=120_000)
    page.undo()
    qtbot.waitUntil(lambda: len(scatter.points.names) == 16, timeout=120_000)


def test_drawing_can_be_given_up_and_taken_up(page: SoundsPage, qtbot: QtBot) -> None:
    page.view.look_at(MAP)
    assert page.view.map.working
    assert page.view.map.draw.isVisible()
    page.view.map.draw.click()
    assert not page.view.map.working
    assert "No map" in page.view.map.status.text()
    page.view.map.draw.click()
    qtbot.waitUntil(lambda: bool(page.view.map.scatter.points.names), timeout=120_000)
    assert not page.view.map.draw.isVisible()


def test_leaks_are_told_and_mended(page: SoundsPage, qtbot: QtBot) -> None:
    problems = [problem.kind for problem in page.found.problems]
    number = problems.index("leak")
    page.choose_class("drum")
    marks = [page.view.table.rows_model.problem_of(row) for row in page.view.table.rows_model.rows]
    assert marks.count("similar to another group") == 2
    page.view.strip.buttons[number].click()
    qtbot.waitUntil(lambda: "leak" not in [p.kind for p in page.found.problems], timeout=120_000)
    assert page.project is not None
    assert len({row.group for row in page.project.rows}) == 15
    rows = page.project.rows
    qtbot.waitUntil(lambda: getattr(page.found.draw, "rows", ()) == rows, timeout=120_000)
    parts = page.found.draw
    assert parts is not None
    twins = [r for r in page.project.rows if r.path.endswith(("drum/copy.wav", "drum/take 1.wav"))]
    assert len({parts.parts[id(row)] for row in twins}) == 1
    page.undo()
    qtbot.waitUntil(lambda: "leak" in [p.kind for p in page.found.problems], timeout=120_000)


def test_the_split_is_shown(page: SoundsPage) -> None:
    page.view.look_at(SPLIT)
    bars = page.view.split.bars
    assert bars.isVisible()
    assert [bar.name for bar in bars.bars] == ["bell", "drum", "flute"]
    assert [sum(bar.values) for bar in bars.bars] == [4, 6, 6]
    assert all(all(bar.values) for bar in bars.bars)
    assert "'tagger-head'" in page.view.split.words.text()
    assert not page.view.recorder.isVisible()
    page.view.look_at(TABLE)
    assert page.view.recorder.isVisible()


def focusable(page: SoundsPage) -> set[QWidget]:
    return {
        widget
        for widget in page.findChildren(QWidget)
        if widget.isVisible()
        and widget.isEnabled()
        and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        and widget.focusProxy() is None
    }


@pytest.mark.parametrize("way", [TABLE, MAP, SPLIT])
def test_keys_reach_everything_and_one_sees_where_one_is(
    page: SoundsPage, qtbot: QtBot, way: int
) -> None:
    look_at_map(page, qtbot)
    page.view.look_at(way)
    page.activateWindow()
    page.view.header.open.setFocus()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is page.view.header.open, timeout=120_000)
    seen: list[QWidget] = []
    hidden = []
    while (now := QApplication.focusWidget()) is not None and now not in seen:
        seen.append(now)
        with_focus = now.grab().toImage()
        QTest.keyClick(now, Qt.Key.Key_Tab)
        if now.grab().toImage() == with_focus:
            hidden.append(now)
    # Of a group of switches only the one that is on is in the chain; arrows go to the others.
    group = set(page.view._ways.buttons())
    left = focusable(page) - set(seen) - group
    assert not left, [(type(w).__name__, w.accessibleName()) for w in left]
    assert not hidden, [(type(w).__name__, w.accessibleName()) for w in hidden]
    assert group & set(seen)
    panel = (page.view.table, page.view.map.scatter, page.view.split.area)[way]
    assert {panel, *page.view.cards.cards} <= set(seen)


def test_arrows_go_from_card_to_card(page: SoundsPage, qtbot: QtBot) -> None:
    cards = page.view.cards.cards
    page.activateWindow()
    cards[0].setFocus()
    for key, place in ((Qt.Key.Key_Down, 1), (Qt.Key.Key_Down, 2), (Qt.Key.Key_Down, 2)):
        QTest.keyClick(QApplication.focusWidget(), key)
        assert QApplication.focusWidget() is cards[place]
    QTest.keyClick(cards[2], Qt.Key.Key_Up)
    QTest.keyClick(cards[1], Qt.Key.Key_Return)
    assert page.label == "drum"


def points(count: int) -> Points:
    rng = np.random.default_rng(1)
    return Points(
        places=rng.uniform(-1, 1, (count, 2)).astype(np.float32),
        kinds=rng.integers(0, 12, count).tolist(),
        names=[f"sound {n}" for n in range(count)],
        classes=[f"class {n}" for n in range(12)],
        suspects={3: "odd", 7: "odd"},
    )


@pytest.fixture
def scatter(qtbot: QtBot, light: None) -> Scatter:
    made = Scatter()
    qtbot.addWidget(made)
    made.resize(900, 500)
    made.show()
    made.show_points(points(3000), anew=True)
    return made


def test_thousands_of_points_are_painted_in_a_frame(scatter: Scatter) -> None:
    scatter.grab()
    spent = []
    for _ in range(5):
        start = time.process_time()
        scatter.box.translateBy(x=0.001)
        scatter.grab()
        spent.append(time.process_time() - start)
    assert min(spent) < 0.05


def test_arrows_walk_in_their_direction(scatter: Scatter) -> None:
    QTest.keyClick(scatter, Qt.Key.Key_Right)
    assert scatter.current is not None
    for key, axis, sign in (
        (Qt.Key.Key_Right, 0, 1),
        (Qt.Key.Key_Down, 1, 1),
        (Qt.Key.Key_Left, 0, -1),
        (Qt.Key.Key_Up, 1, -1),
    ):
        before = np.asarray(scatter.centre_of(scatter.current).toTuple())
        QTest.keyClick(scatter, key)
        after = np.asarray(scatter.centre_of(scatter.current).toTuple())
        assert sign * (after - before)[axis] > 0
        assert scatter.selected == [scatter.current]
    QTest.keyClick(scatter, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert len(scatter.selected) == 2
    scatter.show_only_suspects(True)
    scatter.go_to(3)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Left, Qt.Key.Key_Up, Qt.Key.Key_Down):
        QTest.keyClick(scatter, key)
        assert scatter.current in (3, 7)


def test_the_wheel_zooms_where_the_pointer_is(scatter: Scatter) -> None:
    number = int(np.hypot(*(scatter.pixels() - [200, 200]).T).argmin())
    before = scatter.centre_of(number)
    angle = QPoint(0, 240)
    event = QWheelEvent(
        before, before, QPoint(), angle, Qt.MouseButton.NoButton, NONE,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    scatter.wheelEvent(event)
    assert (
        scatter.centre_of(number) - before
    ).manhattanLength() < 1.0  # the wheel counts whole pixels
    other = scatter.centre_of(0 if number else 1)
    assert scatter.zoomed > 1.5
    QTest.keyClick(scatter, Qt.Key.Key_0)
    assert scatter.zoomed == pytest.approx(1.0)
    assert (scatter.centre_of(0 if number else 1) - other).manhattanLength() > 1


def test_classes_differ_without_colour(
    scatter: Scatter, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    grey = marks.label_colour("the same")
    monkeypatch.setattr(marks, "label_colour", lambda _: grey)
    count = 18
    places = np.stack([np.linspace(-1, 1, count), np.zeros(count)], axis=1).astype(np.float32)
    names = [f"class {n}" for n in range(count)]
    scatter.show_points(Points(places, range(count), names, names), anew=True)
    image = scatter.grab().toImage()
    centres = [scatter.centre_of(n).toPoint() for n in range(count)]
    reach = QPoint(marks.SIZE // 2 + 1, marks.SIZE // 2 + 1)
    drawn = [image.copy(QRect(at - reach, at + reach)) for at in centres]
    different = [a != b for n, a in enumerate(drawn) for b in drawn[:n]]
    assert all(different)


def test_a_class_is_hidden_in_the_legend(scatter: Scatter, qtbot: QtBot) -> None:
    scatter.grab()
    at = scatter.mapFromScene(scatter.legend.place_of("class 4"))
    QTest.mouseClick(scatter.viewport(), LEFT, NONE, at)
    kinds = np.asarray(scatter.points.kinds)
    assert not scatter.shown()[kinds == 4].any()
    assert scatter.shown()[kinds != 4].all()
    number = int(np.flatnonzero(kinds == 4)[0])
    QTest.mouseClick(scatter.viewport(), LEFT, NONE, scatter.centre_of(number).toPoint())
    assert scatter.current is None or kinds[scatter.current] != 4
    QTest.mouseClick(scatter.viewport(), LEFT, NONE, at)
    assert scatter.shown().all()


def test_a_drag_may_move_the_map(scatter: Scatter, qtbot: QtBot) -> None:
    QTest.keyClick(scatter, Qt.Key.Key_Plus)
    words = "Drag to scroll"
    next(a for a in scatter.menu().actions() if a.text() == words).trigger()
    before, start = scatter.centre_of(0), scatter.area.center().toPoint()
    view = scatter.viewport()
    QTest.mousePress(view, LEFT, NONE, start)
    for step in range(1, 9):
        QTest.mouseMove(view, start + QPoint(5 * step, 0))
        qtbot.wait(5)
    QTest.mouseRelease(view, LEFT, NONE, start + QPoint(40, 0))
    assert scatter.centre_of(0).x() > before.x() + 20
    assert scatter.selected == []
