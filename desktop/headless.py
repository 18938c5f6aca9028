"""What ``earmark-app`` does without a display: the same analysis, printed as text."""

import sys
import tempfile
import time
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from desktop.pages.file.page import FilePage
from desktop.pages.file.worker import AnalysisUpdate
from desktop.plots.clock import clock
from desktop.window import Window
from engine.recognition.decisions import Decision

_MOST_SECONDS = 600.0


def run(application: QApplication, window: Window) -> int:
    """Wait for the analysis, print it, write a picture of the window; gives the exit code."""
    page = window.page("file")
    assert isinstance(page, FilePage)
    begun = time.monotonic()
    state = {"code": 1}

    def finish() -> None:
        # The last events of the analysis paint once more before the picture is taken.
        QTimer.singleShot(500, conclude)

    def conclude() -> None:
        try:
            state["code"] = _tell(window, page)
        finally:  # a fault must not leave a process that waits for ever
            window.close()
            application.quit()

    def watch() -> None:
        if page.notices.current and page.path is None:
            sys.stderr.write(f"earmark: {page.notices.text}\n")
            window.close()
            application.exit(2)
            state["code"] = 2
        elif time.monotonic() - begun > _MOST_SECONDS:
            sys.stderr.write("earmark: the analysis timed out.\n")
            window.close()
            application.quit()

    page.analysed.connect(finish)
    timer = QTimer()
    timer.setInterval(200)
    timer.timeout.connect(watch)
    timer.start()
    application.exec()
    return state["code"]


def _tell(window: Window, page: FilePage) -> int:
    found = page.found
    if found is None or page.path is None:
        sys.stderr.write(f"earmark: {page.notices.text}\n")
        return 2
    sys.stdout.write(f"\nThere is no display. Detected in {page.path.name}:\n\n")
    sys.stdout.write(_table(found))
    with tempfile.NamedTemporaryFile(prefix="earmark-", suffix=".png", delete=False) as file:
        picture = Path(file.name)
    window.grab().save(str(picture))
    sys.stdout.write(f"\nA picture of the window: {picture}\n")
    return 0


def _table(found: AnalysisUpdate) -> str:
    """What each classifier heard, at some forty moments of the one with most rows."""
    names = list(found.timelines)
    lines = [f"{'time':>7}  " + "".join(f"{name:34}" for name in names)]
    moments = [decision.time for decision in max(found.decisions.values(), key=len, default=[])]
    for moment in moments[:: max(1, round(len(moments) / 40))]:
        cells = []
        for name in names:
            decision = _nearest(found.decisions[name], moment)
            top = decision.candidates[0]
            words = decision.verdict
            if not found.timelines[name].is_regression:
                words = f"{decision.verdict} ({top.label} {top.probability:.0%})"
            if decision.heard:
                words = f"{decision.verdict} {top.probability:.0%}"
            cells.append(f"{words[:32]:34}")
        lines.append(f"{clock(moment, 0.1):>7}  {''.join(cells)}")
    return "\n".join(lines) + "\n"


def _nearest(decisions: list[Decision], moment: float) -> Decision:
    return min(decisions, key=lambda decision: abs(decision.time - moment))
