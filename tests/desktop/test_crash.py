"""What nobody caught goes into a file here, which Help shows and the next start offers."""

import subprocess
import sys
import textwrap
from pathlib import Path
from types import SimpleNamespace

import pytest
from pytestqt.qtbot import QtBot

from desktop import crash
from desktop.crash import CrashFile, read_report, reports, reports_folder
from desktop.menus.about import CrashReport, EarlierReports
from desktop.window import Window

BEGIN = """
import sys, os, threading, faulthandler
from PySide6.QtCore import QCoreApplication, QTimer, qCritical, qWarning
from desktop.crash import crash_file
application = QCoreApplication(["earmark"])
crash_file.begin()
def later(do): QTimer.singleShot(0, do)
QTimer.singleShot(300, application.quit)
"""
END = """
application.exec()
crash_file.end()
"""
ENDS = {
    "error in a slot": ("def fail(): raise ValueError('in a slot')\nlater(fail)", "in a slot", 0),
    "error in a thread": (
        "threading.Thread(target=lambda: 1 / 0, name='worker').start()",
        "In worker:",
        0,
    ),
    "Qt's words": ("qWarning('from Qt')\nqCritical('also')", "Qt: from Qt", 0),
    "crash": ("later(faulthandler._sigsegv)", "Segmentation fault", -11),
    "abort": ("later(os.abort)", "Aborted", -6),
}


@pytest.fixture(autouse=True)
def _pytests_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """What begins in this process leaves pytest's own faulthandler as it is."""
    quiet = SimpleNamespace(enable=lambda file: None, disable=lambda: None)
    monkeypatch.setattr(crash, "faulthandler", quiet)


def run(words: str, code: int = 0) -> None:
    done = subprocess.run(
        [sys.executable, "-c", BEGIN + textwrap.dedent(words) + END],
        capture_output=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == code, done.stderr.decode()


@pytest.mark.parametrize("name", ENDS)
def test_what_nobody_caught_is_kept(name: str) -> None:
    words, told, code = ENDS[name]
    run(words, code)
    crash_file = CrashFile()
    crash_file.begin()
    try:
        kept = reports()
        assert len(kept) == 1
        assert told in read_report(kept[0])
        # What ended the window is offered; what it survived is found under Help.
        assert crash_file.crashed == (kept[0] if code else None)
    finally:
        crash_file.end()
    assert list(reports_folder().iterdir()) == kept


def test_who_ends_well_or_is_killed_leaves_nothing() -> None:
    run("qWarning('harmless')")
    assert list(reports_folder().iterdir()) == []
    run("qWarning('harmless')\nos.kill(os.getpid(), 9)", -9)
    crash_file = CrashFile()
    crash_file.begin()
    assert crash_file.crashed is None
    crash_file.end()
    assert list(reports_folder().iterdir()) == []


def test_a_window_that_is_open_is_left_alone() -> None:
    first, second = CrashFile(), CrashFile()
    first.begin()
    first.write("something")
    second.begin()
    assert second.crashed is None
    second.end()
    first.end()
    assert len(reports()) == 1


def test_reports_are_few_and_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = reports_folder()
    folder.mkdir(parents=True)
    for number in range(30):
        (folder / f"report-2026{number:04}.txt").write_text("x\ny\nz")
    crash_file = CrashFile()
    crash_file.begin()
    assert len(reports()) == 10
    for _ in range(30):
        crash_file.write("x" * 100_000)
    crash_file.end()
    assert reports()[0].stat().st_size < 1_100_000


def test_a_home_that_cannot_be_written_to_is_no_reason_to_stop(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(crash, "reports_folder", lambda: tmp_path / "file" / "crashes")
    crash_file = CrashFile()
    crash_file.begin()
    crash_file.write("nowhere")
    crash_file.end()


def test_help_shows_reports_and_a_crash_is_offered(
    window: Window, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = reports_folder()
    folder.mkdir(parents=True)
    for day in (1, 2):
        (folder / f"report-2026010{day}.txt").write_text(f"head\nof day {day}\n")
    window.offer_report(None)
    assert not window._session.messages.current
    window.offer_report(reports()[0])
    message = window._session.messages.current[-1]
    assert "ended unexpectedly" in message.text
    message.actions[0][1]()
    shown = window.findChild(EarlierReports)
    assert "of day 2" in shown.text.toPlainText()
    shown.chooser.setCurrentIndex(1)
    assert "of day 1" in shown.text.toPlainText()
    assert "earmark" in shown.text.toPlainText()  # with the versions
    shown.close()


def test_an_unexpected_error_is_shown_once(window: Window, qtbot: QtBot) -> None:
    from desktop.crash import crash_file

    assert crash_file.show is not None
    crash_file.show("first")
    crash_file.show("second")
    assert len(window.findChildren(CrashReport)) == 1
    window.findChild(CrashReport).close()
    window.close()
    assert crash_file.show is None


def test_without_reports_help_says_so(window: Window) -> None:
    window._show_reports()
    shown = window.findChild(EarlierReports)
    assert not shown.text.isVisible()
    shown.close()
