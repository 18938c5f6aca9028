"""Jobs: events, results, errors and cancelling, all in the window's thread."""

import threading
import time
from collections.abc import Generator

import pytest
from PySide6.QtCore import QObject, Qt
from pytestqt.qtbot import QtBot

from desktop import jobs
from engine.errors import AudioError


def test_events_and_result_arrive_in_the_windows_thread(qtbot: QtBot) -> None:
    seen: list[object] = []
    threads: set[int] = set()

    def work() -> Generator[int, None, str]:
        threads.add(threading.get_ident())
        for number in range(100):
            yield number
            time.sleep(0.002)
        return "done"

    def take(events: list[int]) -> None:
        threads.add(threading.get_ident())
        seen.append(list(events))

    results: list[str] = []
    begun = time.monotonic()
    jobs.run(work, on_event=take, on_result=results.append)
    qtbot.waitUntil(lambda: results == ["done"], timeout=120_000)
    seconds = time.monotonic() - begun
    assert [number for events in seen for number in events] == list(range(100))  # type: ignore[attr-defined]
    assert len(seen) <= 20 * seconds + 3
    assert len(threads) == 2


def test_an_engine_error_is_its_sentence(qtbot: QtBot) -> None:
    def work() -> Generator[None, None, None]:
        yield
        raise AudioError("The microphone is gone.")

    said: list[str] = []
    jobs.run(work, on_error=said.append)
    qtbot.waitUntil(lambda: said == ["The microphone is gone."], timeout=120_000)


def test_any_other_error_is_a_report(qtbot: QtBot) -> None:
    def work() -> Generator[None, None, None]:
        yield
        raise ZeroDivisionError("oh")

    reports: list[str] = []
    jobs.show_reports(reports.append)
    jobs.run(work)
    qtbot.waitUntil(lambda: len(reports) == 1, timeout=120_000)
    assert "ZeroDivisionError: oh" in reports[0]


def test_whoever_started_it_is_told_of_a_crash_before_it_is_shown(qtbot: QtBot) -> None:
    def work() -> Generator[int, None, None]:
        yield 1
        yield 2
        raise ZeroDivisionError("oh")

    told: list[object] = []
    jobs.show_reports(lambda _: told.append("shown"))
    jobs.run(work, on_event=told.append, on_error=told.append, on_crash=lambda _: told.append("x"))
    qtbot.waitUntil(lambda: len(told) == 4, timeout=120_000)
    assert told == [[1], [2], "x", "shown"]


def test_cancelling_closes_the_generator_and_tells_nothing_more(qtbot: QtBot) -> None:
    state = {"closed": False}

    def work() -> Generator[int, None, None]:
        try:
            while True:
                yield 1
                time.sleep(0.01)
        finally:
            state["closed"] = True

    told: list[object] = []
    job = jobs.run(work, on_event=told.append, on_result=told.append, on_error=told.append)
    qtbot.waitUntil(lambda: len(told) > 1, timeout=120_000)
    job.cancel()
    count = len(told)
    job.wait()
    qtbot.wait(100)
    assert state["closed"]
    assert len(told) == count


def test_closing_cancels_and_waits_for_all(qtbot: QtBot) -> None:
    closed: list[int] = []

    def work() -> Generator[int, None, None]:
        try:
            while True:
                yield 1
                time.sleep(0.01)
        finally:
            closed.append(1)

    for _ in range(3):
        jobs.run(work)
    jobs.cancel_all()
    assert len(closed) == 3
    qtbot.wait(50)


def test_a_job_is_not_deleted_under_its_thread(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    drive = jobs.Job._drive

    def slow(job: jobs.Job) -> None:
        drive(job)
        time.sleep(0.2)  # as on a busy machine, where the signal is delivered before it returns

    monkeypatch.setattr(jobs.Job, "_drive", slow)

    def work() -> Generator[int, None, None]:
        yield 1

    alive: list[bool] = []
    job: jobs.Job = jobs.run(work, on_result=lambda _: alive.append(job._thread.is_alive()))
    qtbot.waitUntil(lambda: bool(alive), timeout=120_000)
    assert alive == [False]


def test_a_job_that_is_still_busy_emits_nothing_once_all_were_cancelled(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its object is deleted then, and emitting from it would end the whole program."""
    free, told = threading.Event(), []

    def work() -> Generator[str, None, str]:
        free.wait(120)
        yield "an event"
        return "a result"

    wait = jobs.Job.wait
    monkeypatch.setattr(jobs.Job, "wait", lambda self: wait(self, 0.05))
    job = jobs.run(work)
    job._events.connect(lambda _: told.append("event"), Qt.ConnectionType.DirectConnection)
    job._ended.connect(lambda *_: told.append("end"), Qt.ConnectionType.DirectConnection)
    jobs.cancel_all()
    free.set()
    wait(job, 120)
    assert not job._thread.is_alive()
    assert told == []


def test_a_job_that_ended_holds_nobody(qtbot: QtBot) -> None:
    class Page(QObject):
        def __init__(self) -> None:
            super().__init__()
            self.job = jobs.run(self.work, on_result=self.done, on_error=self.done, parent=self)
            self.ended = False

        def work(self) -> Generator[int, None, str]:
            yield 1
            return "done"

        def done(self, _: str) -> None:
            self.ended = True

    page = Page()
    qtbot.waitUntil(lambda: page.ended, timeout=120_000)
    kept = [getattr(value, "__self__", value) for value in vars(page.job).values()]
    assert kept
    assert page not in kept


def test_a_held_job_rests_goes_on_and_can_be_cancelled(qtbot: QtBot) -> None:
    steps: list[int] = []
    ended = threading.Event()

    def work() -> Generator[int, None, None]:
        try:
            while True:
                steps.append(len(steps))
                yield len(steps)
                time.sleep(0.001)
        finally:
            ended.set()

    job = jobs.run(work)
    qtbot.waitUntil(lambda: len(steps) > 3, timeout=120_000)
    job.hold(True)
    count = len(steps) + 1  # one step may just have begun
    qtbot.wait(100)
    assert len(steps) <= count
    job.hold(False)
    qtbot.waitUntil(lambda: len(steps) > count, timeout=120_000)
    job.hold(True)
    job.cancel()
    assert ended.wait(120)
