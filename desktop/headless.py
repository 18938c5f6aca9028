"""What ``earmark-app`` does where there is no display: the same job, told in words."""

import sys
import tempfile
import time
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from desktop.pages.file_work import Found
from desktop.widgets.time_axis import clock
from desktop.window import Window

_MOST_SECONDS = 600.0


def run(application: QApplication, window: Window) -> int:
    """Wait for the analysis, print it, write a picture of the window; gives the exit code."""
    begun = time.monotonic()
    state = {"code": 1}

    def finish() -> None:
        # The last events of the analysis paint once more before the picture is taken.
        QTimer.singleShot(500, conclude)

    def conclude() -> None:
        state["code"] = _tell(window)
        window.close()
        application.quit()

    def watch() -> None:
        if window.file_page.banner.isVisible() and window.file_page.path is None:
            sys.stderr.write(f"earmark: {window.file_page.banner.text}\n")
            window.close()
            application.exit(2)
            state["code"] = 2
        elif time.monotonic() - begun > _MOST_SECONDS:
            sys.stderr.write("earmark: the analysis took too long.\n")
            window.close()
            application.quit()

    window.file_page.analysed.connect(finish)
    timer = QTimer()
    timer.setInterval(200)
    timer.timeout.connect(watch)
    timer.start()
    application.exec()
    return state["code"]


def _tell(window: Window) -> int:
    found = window.file_page.found
    if found is None or window.file_page.path is None:
        sys.stderr.write(f"earmark: {window.file_page.banner.text}\n")
        return 2
    sys.stdout.write(f"\nThere is no display. Heard in {window.file_page.path.name}:\n\n")
    sys.stdout.write(_table(found))
    with tempfile.NamedTemporaryFile(prefix="earmark-", suffix=".png", delete=False) as file:
        picture = Path(file.name)
    window.grab().save(str(picture))
    sys.stdout.write(f"\nA picture of the window: {picture}\n")
    return 0


def _table(found: Found) -> str:
    names = list(found.timelines)
    lines = [f"{'time':>7}  " + "".join(f"{name:34}" for name in names)]
    step = max(1, round(len(found.decisions[names[0]]) / 40))
    for row in range(0, len(found.decisions[names[0]]), step):
        cells = []
        for name in names:
            decision = found.decisions[name][row]
            top = decision.candidates[0]
            words = f"{decision.verdict} ({top.label} {top.probability:.0%})"
            if decision.heard:
                words = f"{decision.verdict} {top.probability:.0%}"
            cells.append(f"{words[:32]:34}")
        time_text = clock(found.decisions[names[0]][row].time, 0.1)
        lines.append(f"{time_text:>7}  {''.join(cells)}")
    return "\n".join(lines) + "\n"
