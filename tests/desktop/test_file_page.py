"""The File page, used as a person would: wheel, drag, keys, drops and exports."""

import dataclasses
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QColor, QDropEvent
from pytestqt.qtbot import QtBot

from desktop import jobs
from desktop.pages.file import worker
from desktop.pages.file.page import FilePage
from desktop.plots.tracks.axes import GUTTER
from desktop.plots.tracks.lanes import Stretch, _in_rows
from desktop.settings import LOADED, MIX, VOLUME
from desktop.window import Window
from engine.audio import Audio, read, write
from engine.classifier.classifier import Classifier
from engine.errors import AudioError
from engine.export import from_audacity, from_csv, from_json, from_raven
from engine.recognition import files
from engine.recognition.timeline import rows
from resources import resource
from tests.desktop.conftest import settle
from tests.desktop.pointer import SHIFT, click, drag, move, wheel

DEMO = resource("sounds", "demo.ogg")
SECONDS = 48.0  # of it


@pytest.fixture
def page(
    window: Window, qtbot: QtBot, instrument: dict[str, Classifier], analysed_once: None
) -> FilePage:
    """The demo, heard by a classifier that takes no time."""
    window._session.settings.set(LOADED, list(instrument))
    window._session.classifiers = instrument
    window._session.classifiers_loaded.emit()
    return opened(window, qtbot)


@pytest.fixture
def heard(window: Window, qtbot: QtBot, analysed_once: None) -> FilePage:
    """The demo, heard by the taggers."""
    return opened(window, qtbot)


def opened(window: Window, qtbot: QtBot) -> FilePage:
    with qtbot.waitSignal(window.page("file").analysed, timeout=120_000):
        window.open_file(DEMO)
    settle(qtbot)
    return window.page("file")


def test_the_demo_is_heard_and_shown(heard: FilePage) -> None:
    page = heard
    assert page.header.title.text() == "demo.ogg"
    assert "44.1 kHz" in page.header.facts.text()
    assert page.found is not None
    labels = {s.label for s in page.found.lanes["instruments-in-music"]}
    assert {"piano", "violin", "synth"} <= labels
    image = page.tracks.spectrogram.grab().toImage()
    bright = QColor(image.pixelColor(GUTTER + 250, image.height() - 25)).lightness()
    dark = QColor(image.pixelColor(GUTTER + 60, 8)).lightness()
    assert bright > dark + 40  # cello below, nothing at the top of the piano


def test_zoom_keeps_what_is_under_the_pointer(page: FilePage) -> None:
    track, time = page.tracks.spectrogram, page.tracks.time
    x = GUTTER + 300.0
    before = track.seconds_at(x)
    wheel(track, x, 60, 3)
    assert time.end - time.start == pytest.approx(SECONDS * 0.8**3, rel=1e-3)
    assert track.seconds_at(x) == pytest.approx(before, abs=0.01)
    start = time.start
    wheel(track, x, 60, -2, SHIFT)
    assert time.start > start


def test_keys_move_and_zoom(page: FilePage, qtbot: QtBot) -> None:
    time = page.tracks.time
    for key in (Qt.Key.Key_Plus, Qt.Key.Key_Plus, Qt.Key.Key_End):
        qtbot.keyClick(page, key)
    assert time.end == pytest.approx(SECONDS, abs=0.01)
    assert time.end - time.start == pytest.approx(SECONDS * 0.49, rel=0.01)
    qtbot.keyClick(page, Qt.Key.Key_Home)
    assert time.start == 0.0
    qtbot.keyClick(page, Qt.Key.Key_0)
    assert time.end - time.start == pytest.approx(SECONDS, abs=0.01)


def test_a_drag_selects_and_the_summary_follows(heard: FilePage, qtbot: QtBot) -> None:
    page = heard
    track, time = page.tracks.waveform, page.tracks.time
    drag(track, (track.x_of(25.5), 40), (track.x_of(30.5), 40))
    assert time.selection is not None
    assert time.selection == pytest.approx((25.5, 30.5), abs=0.1)
    genre = page.panels._panels["genre"]
    assert genre._verdict.startswith("electronic")
    drag(track, (track.x_of(time.selection[1]), 40), (track.x_of(28.0), 40))
    assert time.selection == pytest.approx((25.5, 28.0), abs=0.15)
    qtbot.keyClick(page, Qt.Key.Key_Escape)
    assert time.selection is None
    assert page.panels.heading.text() == "Whole file"


def test_a_click_puts_the_cursor(page: FilePage, qtbot: QtBot) -> None:
    track = page.tracks.spectrogram
    click(track, track.x_of(12.0), 40)
    assert page.tracks.time.cursor == pytest.approx(12.0, abs=0.1)


def test_hovering_reads_out(page: FilePage, qtbot: QtBot) -> None:
    track = page.tracks.spectrogram
    move(track, track.x_of(10.05), track.height() - 30)
    words = page.header.words.text()
    for part in ("0:10.", "Hz", "dB"):
        assert part in words
    lanes = page.tracks.lanes
    page._explain(12.0, 0.9)
    assert "instrument, 0:12.0" in lanes.toolTip()
    assert "below its threshold" in lanes.toolTip()


@pytest.mark.parametrize("kind", ["mel", "mfcc", "chroma", "stft"])
def test_other_pictures(kind: str, page: FilePage, qtbot: QtBot) -> None:
    found = page.found
    page.controls.kind.setCurrentIndex(page.controls.kind.findData(kind))
    if kind != "stft":
        qtbot.waitUntil(lambda: page.picture.view.kind == kind, timeout=120_000)
    assert page.found is found  # it is not analysed again


def test_only_the_waveform(page: FilePage, qtbot: QtBot) -> None:
    page.controls.kind.setCurrentIndex(page.controls.kind.findData("waveform"))
    qtbot.waitUntil(lambda: not page.tracks.spectrogram.isVisible(), timeout=120_000)
    page.controls.kind.setCurrentIndex(page.controls.kind.findData("mel"))
    qtbot.waitUntil(lambda: page.tracks.spectrogram.isVisible(), timeout=120_000)


def test_zooming_in_far_shows_single_samples(page: FilePage, qtbot: QtBot) -> None:
    page.tracks.time.show(26.0, 26.01)
    qtbot.waitUntil(lambda: page.tracks.waveform._finest()[0].shape[2] > 200, timeout=120_000)
    strips, first, last = page.tracks.waveform._finest()
    sound, count = read(DEMO).samples, strips.shape[2]
    begin = round(first * 44100)
    np.testing.assert_allclose(strips[:, 0], sound[:, begin : begin + count], atol=1e-4)
    assert (last - first) == pytest.approx(count / 44100)


def test_each_channel_has_its_waveform_or_the_mix(
    page: FilePage, window: Window, qtbot: QtBot, tmp_path: Path
) -> None:
    waveform, time = page.tracks.waveform, page.tracks.time
    assert waveform._finest()[0].shape[0] == 2  # the demo is stereo
    sound = read(DEMO).samples
    page.tracks.time.show(9.0, 9.05)
    qtbot.waitUntil(lambda: waveform._finest()[0].shape[2] > 200, timeout=120_000)
    strips, first, _ = waveform._finest()
    begin = round(first * 44100)
    for strip, channel in zip(strips, sound, strict=True):
        shown = channel[begin : begin + 2205]
        assert strip[1].max() == pytest.approx(shown.max(), abs=1e-3)
    page.tracks.choose(MIX, True)
    assert waveform._finest()[0].shape[0] == 1
    page.tracks.choose(MIX, False)
    time.show_all()
    assert waveform._finest()[0].shape[0] == 2


def test_what_is_not_analysed_is_hatched(window: Window, qtbot: QtBot, tmp_path: Path) -> None:
    path, page = tmp_path / "long.wav", window.page("file")
    sound = read(DEMO, mono=True).samples
    write(path, Audio(np.tile(sound, 14), 44100), subtype="PCM_16")
    window.open_file(path)
    qtbot.waitUntil(lambda: page.state.found is not None, timeout=120_000)
    page.cancel()
    found = page.state.found
    assert found is not None
    for spans in page.tracks.lanes._unheard.values():
        assert spans == [(pytest.approx(found.seconds), pytest.approx(14 * SECONDS, abs=0.1))]


def test_a_long_file_is_hatched_where_it_was_not_surveyed(page: FilePage) -> None:
    overview = page.picture.overview
    assert overview is not None
    seconds = np.asarray([5.0, 25.0])
    assert page.tracks.spectrogram._columns.at(seconds)[1].all()
    page.picture._whole = False
    overview.known_seconds = 20.0
    page.picture._show(overview)
    assert page.tracks.spectrogram._columns.at(seconds)[1].tolist() == [True, False]
    assert page.tracks.waveform._known == (0.0, 20.0)


def test_what_plays_is_followed(page: FilePage) -> None:
    time = page.tracks.time
    time.show(0.0, 8.0)
    page.transport.moved.emit(7.9)
    page.transport.moved.emit(8.1)
    assert time.cursor == pytest.approx(8.1)
    assert time.start == pytest.approx(8.1)


def test_many_labels_at_once_are_all_there() -> None:
    rows = _in_rows([Stretch(0.0, 9.0, str(n), 0.5) for n in range(5)] + [Stretch(9, 10, "x", 1)])
    assert sorted(row for row, _ in rows) == [0, 0, 1, 2, 3, 4]


def test_notes_and_colours_change_at_once(page: FilePage) -> None:
    page.controls.notes.setChecked(True)
    assert any(word.startswith("C") for _, word in page.tracks.spectrogram._ticks(0.0, 1.0, 12))
    before = page.tracks.spectrogram._table[200]
    page.controls.map.setCurrentIndex(page.controls.map.findData("viridis"))
    assert page.tracks.spectrogram._table[200] != before


def test_exports_read_back(page: FilePage, qtbot: QtBot, tmp_path: Path) -> None:
    readers = {
        "csv": from_csv,
        "json": lambda text: from_json(text)[2],
        "audacity": from_audacity,
        "raven": from_raven,
    }
    for form, read_back in readers.items():
        target = tmp_path / f"out.{form}"
        page.exports.export_to(target, form)
        qtbot.waitUntil(target.exists, timeout=120_000)
        assert "instrument" in read_back(target.read_text(encoding="utf-8"))
    qtbot.waitUntil(lambda: "Saved as" in page.notices.text, timeout=120_000)


def test_a_failed_export_is_said(page: FilePage, qtbot: QtBot, tmp_path: Path) -> None:
    page.exports.export_to(tmp_path / "no folder" / "out.csv", "csv")
    qtbot.waitUntil(lambda: "could not be written" in page.notices.text, timeout=120_000)


def test_a_bad_file_is_said_and_the_former_stays(
    page: FilePage, window: Window, qtbot: QtBot, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.mp3"
    bad.write_text("<html>not found</html>")
    window.open_file(bad)
    qtbot.waitUntil(lambda: bool(page.notices.current), timeout=120_000)
    assert "web page" in page.notices.text
    assert page.header.title.text() == "demo.ogg"
    assert page.found is not None


def test_a_dropped_file_opens(window: Window, qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "dropped.wav"
    sound = read(DEMO, mono=True, start_seconds=26.0, duration_seconds=5.0)
    write(path, Audio(sound.samples, sound.rate_hz))
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    event = QDropEvent(
        QPointF(400, 300),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    with qtbot.waitSignal(window.page("file").analysed, timeout=120_000):
        window.dropEvent(event)
    assert window.current == "file"
    assert window.page("file").header.title.text() == "dropped.wav"
    assert window.page("file").found is not None
    assert {"techno"} <= {s.label for s in window.page("file").found.lanes["genre"]}


def test_cancel_keeps_what_was_heard(window: Window, qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "long.wav"
    sound = read(DEMO, mono=True).samples
    write(path, Audio(np.tile(sound, 14), 44100), subtype="PCM_16")
    page = window.page("file")
    window.open_file(path)
    qtbot.waitUntil(lambda: page.found is not None, timeout=120_000)
    page.cancel()
    assert page.found is not None
    heard = page.found.seconds
    qtbot.wait(500)
    assert page.found.seconds == heard
    assert not page.found.done
    assert not page.header.cancel_button.isVisible()
    page.exports.export_to(tmp_path / "part.csv", "csv")
    qtbot.waitUntil(lambda: "Only the first" in page.notices.text, timeout=120_000)


def test_a_bad_file_does_not_end_the_survey_of_a_good_one(
    window: Window, qtbot: QtBot, tmp_path: Path
) -> None:
    path, bad = tmp_path / "long.wav", tmp_path / "bad.wav"
    sound = read(DEMO, mono=True).samples
    write(path, Audio(np.tile(sound, 30), 44100), subtype="PCM_16")
    bad.write_text("<html>not found</html>")
    page = window.page("file")
    window.open_file(path)
    qtbot.waitUntil(lambda: page.picture.overview is not None, timeout=120_000)
    assert page.picture.overview is not None
    assert page.picture.overview.known_seconds < 900
    window.open_file(bad)
    qtbot.waitUntil(lambda: "web page" in page.notices.text, timeout=120_000)
    overview = page.picture.overview
    qtbot.waitUntil(lambda: overview.known_seconds > 950, timeout=200_000)


def test_what_was_no_number_is_said(window: Window, qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "nan.wav"
    sound = read(DEMO, mono=True, duration_seconds=4.0).samples.copy()
    sound[0, 1000:1010] = np.nan
    import soundfile

    soundfile.write(path, sound.T, 44100, subtype="FLOAT")
    with qtbot.waitSignal(window.page("file").analysed, timeout=120_000):
        window.open_file(path)
    assert "10 invalid samples" in window.page("file").notices.text


def test_a_selection_that_was_not_analysed_says_so(page: FilePage, qtbot: QtBot) -> None:
    """It showed the figures of the nearest row, however far away."""
    found, panel = page.state.found, page.panels._panels["instrument"]
    assert found is not None
    half = {name: rows(t, t.times < 10.0) for name, t in found.timelines.items()}
    decisions = {name: found.decisions[name][: len(t)] for name, t in half.items()}
    page.state.found = dataclasses.replace(
        found, seconds=10.0, timelines=half, decisions=decisions, done=False
    )
    page.tracks.time.select(2.0, 4.0)
    assert panel._bars
    page.tracks.time.select(20.0, 24.0)
    assert (panel._verdict, panel._bars) == ("not analysed", [])
    page._analysis = jobs.Job(lambda: iter(()), None, None, None, None, None)  # type: ignore[arg-type,return-value]
    page.tracks.time.select(20.0, 25.0)
    assert panel._verdict == "not analysed yet"
    page._analysis = None
    page.explainer.ask_label("instrument", "piano")  # finds its peak where there are rows
    page.explainer.why.close()


@pytest.mark.parametrize("error", [AudioError("long.wav broke off."), ValueError("unforeseen")])
def test_an_analysis_that_breaks_off_waits_for_nothing(
    window: Window,
    qtbot: QtBot,
    instrument: dict[str, Classifier],
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
) -> None:
    def stream(path: Path, **more: Any) -> Iterator[Audio]:
        if isinstance(error, AudioError):
            yield from itertools.islice(real(path, **more), 12)
        raise error

    real = files.stream
    monkeypatch.setattr(files, "stream", stream)
    monkeypatch.setattr(jobs, "_show_report", lambda report: None)
    window._session.settings.set(LOADED, list(instrument))
    window._session.classifiers = instrument
    window._session.classifiers_loaded.emit()
    page = opened(window, qtbot)
    panel = page.panels._panels["instrument"]
    assert not page.header.progress.isVisible()
    if isinstance(error, ValueError):
        assert (panel._verdict, panel._bars) == ("not analysed", [])
        return
    assert page.found is not None  # what came before is there
    assert page.found.seconds == pytest.approx(12.0, abs=0.1)
    assert panel._verdict not in ("", "analysing...")
    assert "broke off" in page.notices.text


def test_an_export_never_goes_over_the_sound(page: FilePage, qtbot: QtBot, tmp_path: Path) -> None:
    sound = tmp_path / "a.wav"
    sound.write_bytes(b"precious")
    page.state.path = sound
    page.state.info = dataclasses.replace(page.state.info, path=sound)  # type: ignore[type-var]
    page.exports.export_to(sound, "csv")
    qtbot.waitUntil(lambda: "over a sound" in page.notices.text, timeout=60_000)
    page.notices.clear()
    (tmp_path / "link.flac").symlink_to(sound)
    page.exports._write(worker.export_audio(sound, (0.0, 1.0), tmp_path / "link.flac"))
    qtbot.waitUntil(lambda: "over a sound" in page.notices.text, timeout=60_000)
    assert sound.read_bytes() == b"precious"


def test_a_view_changes_without_starting_over_or_wiping(page: FilePage, qtbot: QtBot) -> None:
    found, waveform = page.found, page.tracks.waveform
    seen = waveform._finest()[0].shape[2]
    wiped: list[float] = []

    def look() -> None:
        strips, _, last = waveform._finest()
        if strips.shape[2] < seen or last < 31.0:
            wiped.append(last)

    page.picture._tracks.style_applied.connect(look)
    page.tracks.time.changed.connect(look)
    page.controls.kind.setCurrentIndex(page.controls.kind.findData("mel"))
    overview = page.picture.overview
    while page.picture.view.kind != "mel":
        assert page.picture.overview is overview  # the old picture stays
        look()
        qtbot.wait(1)
    settle(qtbot)
    look()
    assert not wiped
    assert page.found is found
    assert page.picture.overview is not overview
    assert page.picture._whole


def test_a_stopped_analysis_is_not_started_over_by_another_view(
    page: FilePage, qtbot: QtBot
) -> None:
    page.state.found = None  # as if it had been stopped before the first result
    page.controls.kind.setCurrentIndex(page.controls.kind.findData("chroma"))
    settle(qtbot)
    assert page._analysis is None
    assert page.found is None
    page.open(DEMO)  # asked for once more
    settle(qtbot)
    assert page.found is not None


def test_time_left_is_told_with_the_speed(page: FilePage, monkeypatch: pytest.MonkeyPatch) -> None:
    header, now = page.header, [100.0]
    monkeypatch.setattr("desktop.pages.file.header.time.monotonic", lambda: now[0])
    header.set_progress(0.0, 600.0)
    header.set_progress(12.0, 600.0)
    now[0] += 10.0
    header.set_progress(132.0, 600.0)
    assert header.left.text() == "0:39 left, at 12x real time"
    now[0] += 90.0
    header.set_progress(140.0, 600.0)
    assert header.left.text().endswith("at 1.3x real time")
    header.set_progress(None)
    assert header.left.text() == ""


def test_position_and_volume(page: FilePage, qtbot: QtBot) -> None:
    bar = page.playback.bar
    page.seek(12.3)
    assert bar.position.text() == "0:12.3 / 0:48.0"
    bar.volume.setValue(50)
    assert page.transport.volume == pytest.approx(0.125)
    assert page._session.settings.get(VOLUME) == 50
    place = bar.volume.mapTo(page, bar.volume.rect().topLeft())
    for at in (0.0, 9.9, 31.0):
        page.transport.moved.emit(at)
        qtbot.wait(5)
        assert bar.volume.mapTo(page, bar.volume.rect().topLeft()) == place


def test_the_evidence_moves_nothing(page: FilePage, qtbot: QtBot) -> None:
    before = page.tracks.geometry()
    buttons = page.header.play_button.geometry()
    page.explainer.why.say("Some evidence for a label that has a long name")
    qtbot.wait(30)
    assert page.explainer.why.strip.isVisible()
    assert not page.header.facts.isVisible()
    assert page.tracks.geometry() == before
    page.explainer.why.close()
    qtbot.wait(30)
    assert page.header.facts.isVisible()
    page.header.set_playing(True)
    qtbot.wait(10)
    assert page.header.play_button.text() == "Pause"
    assert page.header.play_button.geometry() == buttons
    assert page.tracks.geometry() == before


def test_the_demo_is_one_sentence_in_the_order_of_time(heard: FilePage) -> None:
    words = heard.header.sentence.text()
    assert ", then " in words
    first = words.split(", then ")[0]
    assert any(label in first for label in ("piano", "classical", "calm", "quiet"))
    heard.tracks.time.select(25.5, 30.5)
    assert heard.header.sentence.text() != words
