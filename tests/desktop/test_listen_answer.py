"""The Listen page's answer: large, with its button, held, beside bars that say the same."""

import dataclasses
from collections.abc import Sequence
from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAccessible, QImage
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from desktop.pages.listen import worker
from desktop.pages.listen.answer import AnswerBar, AnswerPanels
from desktop.pages.listen.memory import Memory, Said
from desktop.pages.listen.page import ListenPage
from desktop.session import Session
from desktop.settings import LEADING
from desktop.widgets.headline import Headline
from desktop.widgets.predictions import Bar, Predictions
from desktop.window import Window
from engine.audio.level import Level
from engine.classifier.card import Card
from engine.classifier.catalog import Catalog
from engine.classifier.classifier import Classifier
from engine.classifier.rules import Rules
from engine.pictures.view import View
from engine.recognition.decisions import Candidate, Decision
from engine.recognition.live import LiveStats
from engine.recognition.said.answer import Answer, Answerer
from engine.recognition.said.heard import Heard
from engine.recognition.said.together import ALONE, TOGETHER, other
from tests.engine.classifier.personal.conftest import two_tones

RATE = 44100


def answer_of(*chances: tuple[str, float], absent: str = "") -> Answer:
    """What is said after two seconds of the same."""
    answerer, found = Answerer(Rules((0.5,) * len(chances))), None
    for row in range(8):
        candidates = tuple(
            Candidate(label, p, p >= 0.5 and not absent, "", threshold=0.5) for label, p in chances
        )
        heard = tuple(c.label for c in candidates if c.heard)
        found = answerer.push([Decision(row / 4, heard, "", candidates, absent)])
    assert found is not None
    return found


def frame_of(situation: str, said: Said | None = None, at: float = 2.0) -> worker.LiveFrame:
    view = View("stft", RATE)
    return worker.LiveFrame(
        device=("Clip", "Test"),
        view=view,
        columns=np.zeros((view.height, 2), dtype=np.float32),
        restarted=False,
        envelope=np.zeros((2, 5), dtype=np.float32),
        level=Level(0.5, 0.1, 0),
        advice=None,
        decisions={},
        lanes=None,
        unheard={},
        stats=LiveStats(at, 0.1, 0, 0, 0.1),
        recorded_seconds=None,
        kept=(),
        said=dataclasses.replace(said or Said(), situation=situation),  # type: ignore[arg-type]
    )


def show_said(
    page: ListenPage,
    situation: str,
    answers: dict[str, Answer],
    waits: dict[str, str] | None = None,
    late: str = "",
) -> None:
    names = page._session.live_classifiers
    said = Said(answers=answers, waits=dict.fromkeys(names, "") | (waits or {}), late=late)  # type: ignore[arg-type]
    page._news([frame_of(situation, said)])
    page._say()


@pytest.fixture
def page(window: Window) -> ListenPage:
    window.show_page("listen")
    made = window.page("listen")
    assert isinstance(made, ListenPage)
    made.view.show_live(on=True)
    return made


def test_the_answer_is_large_and_grows_with_the_window(
    page: ListenPage, window: Window, qtbot: QtBot
) -> None:
    page.answer.choose("genre")
    sizes = []
    for size in ((1024, 700), (1280, 800), (1920, 1080)):
        window.resize(*size)
        qtbot.wait(30)
        show_said(page, "music", {"genre": answer_of(("techno", 0.95))})
        sizes.append(page.answer.line.letters())
    assert 64 <= sizes[1] <= 96
    assert sizes[0] < sizes[1] < sizes[2]


def test_long_answers_have_room(page: ListenPage, window: Window, qtbot: QtBot) -> None:
    window.resize(1024, 700)
    qtbot.wait(30)
    page.answer.choose("genre")
    long = [("distorted guitar", 0.9), ("double bass", 0.9), ("female voice", 0.7), ("drums", 0.6)]
    show_said(page, "music", {"genre": answer_of(*long)})
    line = page.answer.line
    place, font = line._place(), line._fitting(line.words, named=True)
    assert line.words.count(" ") > 6
    assert 14 < font.pixelSize() < 64
    picture = line.grab().toImage()
    edge = round(place.right()) + 4  # nothing is cut, and nothing runs under what stands beside
    assert _ink(picture, edge, edge + 8) == 0


def _ink(picture: QImage, first: int, last: int) -> int:
    """Pixels between two columns that differ from the corner's."""
    ratio = round(picture.devicePixelRatio())
    image = picture.convertToFormat(QImage.Format.Format_RGB32)
    flat = np.frombuffer(image.constBits(), dtype=np.uint32).reshape(image.height(), image.width())
    return int((flat[:, first * ratio : last * ratio] != flat[0, 0]).sum())


def test_words_bars_and_the_others_say_the_same(page: ListenPage) -> None:
    page.answer.choose("genre")
    answers = {
        "genre": answer_of(("techno", 0.6), ("house", 0.9), ("rock", 0.2)),
        "mood": answer_of(("party", 0.95)),
    }
    show_said(page, "music", answers)
    line = page.answer.line
    assert line.words == "house and probably techno"
    assert dict(line.aside)["Mood"] == "party"
    assert dict(line.aside)["Instruments in music"] == ""
    panel = page.panels._panels["genre"]
    assert panel._verdict == line.words
    assert [(bar.label, bar.heard) for bar in panel._bars] == [
        ("house", True),
        ("techno", True),
        ("rock", False),
    ]
    assert all(bar.threshold == 0.5 for bar in panel._bars)
    assert "house and probably techno" in line.accessibleDescription()
    assert line.accessibleName() == "What is heard"


def test_another_classifier_can_lead(page: ListenPage) -> None:
    assert page.answer.leader == "instruments-in-music"  # the first for instruments
    page.answer.lead.menu().actions()[0].trigger()
    assert page.answer.leader == "genre"
    assert page._session.settings.get(LEADING) == "genre"
    assert "Genre" in page.answer.lead.text()
    assert "Genre" in page.answer.lead.accessibleName()


def test_what_other_classifiers_said_does_not_stay(page: ListenPage) -> None:
    page.answer.line.say("harpsichord", named=True)
    page._session.classifiers_loaded.emit()
    assert not page.answer.line.named
    assert page.answer.line.words == "listening..."


def test_a_long_name_of_the_leader_leaves_the_tabs_their_room(page: ListenPage) -> None:
    lead = page.answer.lead
    before = lead.width()
    long = SimpleNamespace(title="Strings, quick training, corrected", task="instrument")
    page.answer._cards[page.answer.leader] = long  # type: ignore[assignment]
    page.answer._show_leader()
    assert lead.width() == lead.minimumSizeHint().expandedTo(lead.size()).width() == before
    assert lead.mapTo(page.view.side, QPoint(lead.width(), 0)).x() <= page.view.side.width()
    assert lead.text().endswith("\N{HORIZONTAL ELLIPSIS}")
    assert long.title in lead.toolTip()
    assert long.title in lead.accessibleName()


@pytest.mark.parametrize("situation", ["silence", "speech", "noise"])
def test_what_cannot_apply_steps_back(page: ListenPage, situation: str) -> None:
    page.answer.choose("genre")
    show_said(page, "music", {"genre": answer_of(("techno", 0.9))})
    assert page.now.situation.current == "music"
    waits = dict.fromkeys(page._session.live_classifiers, f"for music only; this is {situation}")
    show_said(page, situation, {"genre": answer_of(("techno", 0.1), absent="not music")}, waits)
    assert page.now.situation.current == situation
    assert page.now.situation.accessibleDescription() == situation
    assert page.answer.line.words == situation
    assert not page.answer.line.named
    panel = page.panels._panels["genre"]
    assert situation in panel._verdict
    assert panel._bars == []


def test_no_panel_says_silence_once_there_is_sound(page: ListenPage) -> None:
    """One that has not spoken since is listening: on a busy machine that takes a while."""
    names = page._session.live_classifiers
    show_said(page, "silence", {}, dict.fromkeys(names, "silence"))
    panel = page.panels._panels["genre"]
    assert panel._verdict == "silence"
    show_said(page, "music", {"mood": answer_of(("sad", 0.9))})
    assert panel._verdict == "listening..."
    assert page.panels._panels["mood"]._verdict == "sad"


def test_late_answers_are_said_where_one_looks(page: ListenPage) -> None:
    show_said(page, "music", {}, late="The answer is 3 s late: this computer is busy.")
    assert "3 s late" in page.answer.line.note


def test_nothing_moves_when_the_answer_changes(
    page: ListenPage, window: Window, qtbot: QtBot
) -> None:
    page.answer.choose("genre")
    places = set()
    for chances in (
        [("techno", 0.95)],
        [("techno", 0.95), ("a very long label of a class", 0.9), ("house", 0.8)],
        [("rock", 0.1)],
    ):
        answers = {"genre": answer_of(*chances), "mood": answer_of(("sad", 0.9))}
        show_said(page, "music", answers)
        qtbot.wait(20)
        widgets: list[QWidget] = [page.answer.line, page.tracks, page.view.side, page.controls]
        places.add(tuple(_place(widget, window) for widget in widgets))
    show_said(page, "silence", {}, dict.fromkeys(page._session.live_classifiers, "silence"))
    qtbot.wait(20)
    places.add(tuple(_place(widget, window) for widget in widgets))
    page.bar.show_recording(0.0)
    page.bar.show_recording(3661.0)
    qtbot.wait(20)
    places.add(tuple(_place(widget, window) for widget in widgets))
    assert len(places) == 1


def _place(widget: QWidget, window: Window) -> tuple[int, int, int, int]:
    corner = widget.mapTo(window, QPoint(0, 0))
    return corner.x(), corner.y(), widget.width(), widget.height()


def test_record_becomes_stop_with_its_clock(page: ListenPage, qtbot: QtBot) -> None:
    record = page.bar.record
    before = record.geometry()
    page.bar.show_recording(0.0)
    assert (record.text(), record.accessibleName()) == ("Stop 0:00", "Stop recording")
    page.bar.show_recording(75.2)
    assert record.text() == "Stop 1:15"
    qtbot.wait(10)
    assert record.geometry() == before
    page.bar.show_recording(None)
    assert (record.text(), record.isChecked()) == ("Record", False)


def bar_image(qtbot: QtBot, bars: Sequence[Bar]) -> QImage:
    panel = Predictions("Test")
    qtbot.addWidget(panel)
    panel.resize(300, 180)
    panel.set_predictions("words", list(bars))
    panel.show()
    return panel.grab().toImage()


def test_thresholds_are_drawn_and_what_holds_or_comes_is_marked(qtbot: QtBot, light: None) -> None:
    def picture(**changes: object) -> QImage:
        bar = dataclasses.replace(Bar("piano", 0.4, heard=True), **changes)  # type: ignore[arg-type]
        return bar_image(qtbot, [bar])

    plain, line = picture(), picture(threshold=0.7)
    holds = picture(threshold=0.7, holds=True)
    coming = picture(threshold=0.3, heard=False, coming=True)
    waiting = picture(threshold=0.3, heard=False)
    assert plain != line
    assert line != holds
    assert coming != waiting
    assert "below its threshold of 70" in Bar("x", 0.4, True, "", 0.7, holds=True).words


def test_bars_ease_to_their_values(qtbot: QtBot) -> None:
    panel = Predictions("Test")
    qtbot.addWidget(panel)
    panel.show()
    panel.set_predictions("a", [Bar("piano", 0.1, heard=False), Bar("flute", 0.05, heard=False)])
    assert panel._lengths["piano"] == 0.1
    panel.set_predictions("a", [Bar("piano", 0.9, heard=True), Bar("flute", 0.05, heard=False)])
    lengths = []

    def there() -> bool:
        lengths.append(panel._lengths["piano"])
        return lengths[-1] == 0.9

    qtbot.waitUntil(there, timeout=60_000)
    assert lengths == sorted(lengths)
    assert any(0.15 < length < 0.85 for length in lengths)
    assert not panel._easing.isActive()


def test_the_stage_shows_the_answer_over_the_whole_screen(
    page: ListenPage, window: Window, qtbot: QtBot
) -> None:
    page.answer.choose("genre")
    page.commands["stage"]()
    stage = page.stage
    show_said(page, "music", {"genre": answer_of(("techno", 0.95))})
    assert stage.line.words == "techno"
    assert stage.situation.current == "music"
    assert stage.size() == window.screen().size()
    # Read in comfort from 5 m: 25 mm, which is a twelfth of a screen that is 30 cm high.
    assert stage.line.letters() > stage.height() / 8
    begun: list[bool] = []
    stage.toggled.connect(lambda: begun.append(True))
    page.listening.start = lambda: None  # type: ignore[method-assign]
    qtbot.keyClick(stage, Qt.Key.Key_Space)
    assert begun == [True]
    qtbot.keyClick(stage, Qt.Key.Key_Escape)
    assert not stage.isVisible()
    page.commands["stage"]()
    qtbot.keyClick(stage, Qt.Key.Key_F11)
    assert not stage.isVisible()


def test_all_that_is_new_has_a_name_for_screen_readers(page: ListenPage) -> None:
    new = [
        page.answer.button,
        page.answer.line,
        page.answer.lead,
        page.now.situation,
        page.log.search,
        page.log.table,
        page.log.copying,
        page.frozen.bar.playing,
        page.frozen.bar.keeping,
        page.frozen.bar.leaving,
        page.view.welcome.button,
        page.view.welcome.demo,
        page.view.welcome.teach,
        page.stage.line,
    ]
    for widget in new:
        interface = QAccessible.queryAccessibleInterface(widget)
        assert interface.text(QAccessible.Text.Name), widget
    assert QApplication.instance() is not None


def _inked(line: Headline) -> np.ndarray:
    """Where the words are painted now."""
    image = line.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    flat = np.frombuffer(image.constBits(), dtype=np.uint32).reshape(image.height(), image.width())
    return flat != flat[0, 0]


def test_never_two_answers_are_seen_at_once(page: ListenPage) -> None:
    """Whenever one looks while the answer changes, it is the old one or the new one."""
    line = page.answer.line
    line.say("flute", named=True)
    line._fade.stop()
    old = _inked(line)
    line.say("acoustic guitar", named=True)
    line._fade.pause()
    seen = []
    for at in range(0, line._fade.duration() + 1, 10):
        line._fade.setCurrentTime(at)
        seen.append(_inked(line))
    line._fade.stop()
    new = _inked(line)
    only_old, only_new = old & ~new, new & ~old
    assert only_old.any()
    assert only_new.any()
    assert not any((now & only_old).any() and (now & only_new).any() for now in seen)
    assert (seen[1] & only_old).any()  # it goes
    assert (seen[-2] & only_new).any()  # and comes


def test_what_was_just_trained_gives_the_large_answer(page: ListenPage, qtbot: QtBot) -> None:
    session = page._session
    two_tones(multi_label=False).save(Catalog().folder.parent / "runs" / "mine.safetensors")
    assert page.answer.leader == "instruments-in-music"
    with qtbot.waitSignal(session.classifiers_loaded, timeout=120_000):
        session.use_classifier(Catalog().folder.parent / "runs" / "mine.safetensors")
    assert page.answer.leader == "tones"
    assert page.answer.lead.text() == "Answer: Planted"
    page.answer.choose("genre")
    assert page.answer.leader == "genre"  # until another is chosen


BAND = answer_of(("guitar", 0.9), ("voice", 0.9))


@pytest.mark.parametrize(
    ("alone", "quiet", "words"),
    [
        (answer_of(("double bass", 0.3)), ALONE, "guitar and a voice"),
        (answer_of(("cello", 0.9)), TOGETHER, "cello"),
    ],
)
def test_of_the_two_for_instruments_one_answers(
    alone: Answer,
    quiet: str,
    words: str,
    loaded: dict[str, Classifier],
    instrument: dict[str, Classifier],
    qtbot: QtBot,
) -> None:
    bar, panels, both = AnswerBar(Session()), AnswerPanels(), instrument | loaded
    qtbot.addWidget(bar)
    qtbot.addWidget(panels)
    bar.set_classifiers(both)
    panels.panels.set_classifiers(both, "")
    said = Said(answers={ALONE: alone, TOGETHER: BAND}, waits=dict.fromkeys(both, ""), quiet=quiet)
    frame = frame_of("music", said)
    bar.show_frame(frame)
    panels.show_frame(frame)
    assert bar.line.words == words
    assert bar.leader == ALONE
    titles = [action.text() for action in bar.lead.menu().actions()]
    assert titles.count("Instrument") == 1
    assert "Instruments in music" not in titles  # it would change nothing
    assert bar.speaker == other(quiet)  # whom a correction of the answer corrects
    hidden = {name for name, panel in panels.panels._panels.items() if panel.isHidden()}
    assert hidden == {quiet}


def _rows(
    memory: Memory, chances: dict[str, dict[str, float]], rows: range, cards: dict[str, Card]
) -> tuple[dict[str, Answer], list[Heard]]:
    """What was changed at last, and all that came into the log."""
    memory.hops, log = dict.fromkeys(chances, 0.25), []
    for row in rows:
        memory._newest = {
            name: [
                Decision(
                    row / 4,
                    tuple(found),
                    "",
                    tuple(Candidate(x, p, True, "", threshold=0.5) for x, p in found.items()),
                )
            ]
            for name, found in chances.items()
        }
        changed = memory._answer(cards)
        log += memory._log.push(changed, memory.hops)
    return changed, log


def test_who_has_no_say_is_not_in_the_log() -> None:
    memory, cards = Memory(RATE), {name: Catalog().find(name).card for name in (ALONE, TOGETHER)}
    band = {"guitar": 0.9, "voice": 0.9}
    changed, _ = _rows(memory, {ALONE: {"violin": 0.7}, TOGETHER: band}, range(16), cards)
    assert [one.label for one in changed[TOGETHER].named] == ["guitar", "voice"]
    assert changed[ALONE].named == ()
    assert [one.label for one in memory._answers[ALONE].named] == ["violin"]  # its own bars say so


def test_the_log_is_of_the_time_in_which_one_had_the_say() -> None:
    """Both name the same all the time; now one of them is sure, now it is not."""
    memory, cards = Memory(RATE), {name: Catalog().find(name).card for name in (ALONE, TOGETHER)}
    band = {"guitar": 0.9, "voice": 0.9}
    log: list[Heard] = []
    for turn in range(4):
        chances = {ALONE: {"violin": (0.7, 0.99)[turn % 2]}, TOGETHER: band}
        log += _rows(memory, chances, range(40 * turn, 40 * turn + 40), cards)[1]
    entries = {one.number: one for one in log}.values()
    by = {
        name: sorted((e.start_seconds, e.end_seconds) for e in entries if e.label == label)
        for name, label in ((ALONE, "violin"), (TOGETHER, "guitar"))
    }
    assert [len(stretches) for stretches in by.values()] == [2, 2]
    together, alone, again, last = sorted([*by[ALONE], *by[TOGETHER]])
    assert together[1] <= alone[0] + 0.25
    assert alone[1] <= again[0] + 0.25
    assert again[1] <= last[0] + 0.25
