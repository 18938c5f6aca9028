"""Listens live for minutes and watches what it takes: ``make soak``, ``make soak MINUTES=3``.

The whole Listen page, offscreen, hears the demo again and again through the virtual microphone,
with all classifiers that listen by default. Memory, open files and threads must be flat.
"""

import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.virtual_microphone import VirtualMicrophone

_WARM_SHARE = 0.25  # of the time, before which nothing is compared
_EVERY_SECONDS = 5.0
_MOST_MB = 20.0  # that memory may grow by afterwards: the page keeps some minutes of sound


@dataclass(frozen=True)
class Sample:
    """What the process holds at a moment."""

    seconds: float
    memory_mb: float
    handles: int
    threads: int

    @staticmethod
    def now(begun: float) -> "Sample":
        words = dict(
            line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines()
        )
        memory = int(words["VmRSS"].split()[0]) / 1024
        handles = len(list(Path("/proc/self/fd").iterdir()))
        return Sample(time.monotonic() - begun, memory, handles, int(words["Threads"]))

    def __str__(self) -> str:
        return (
            f"{self.seconds:7.0f} s  {self.memory_mb:7.1f} MB  {self.handles:4} handles  "
            f"{self.threads:3} threads"
        )


def verdict(samples: Sequence[Sample]) -> list[str]:
    """What is not flat after the first quarter; empty: all is."""
    warm = [one for one in samples if one.seconds >= _WARM_SHARE * samples[-1].seconds]
    if len(warm) < 6:
        return ["it was too short to tell"]
    found = []
    third = len(warm) // 3
    early = float(np.median([one.memory_mb for one in warm[:third]]))
    late = float(np.median([one.memory_mb for one in warm[-third:]]))
    if late - early > _MOST_MB:
        found.append(f"memory grew from {early:.1f} to {late:.1f} MB")
    for name in ("handles", "threads"):
        before = max(getattr(one, name) for one in warm[:third])
        after = min(getattr(one, name) for one in warm[-third:])
        if after > before:
            found.append(f"{name} grew from {before} to {after}")
    return found


def main(minutes: float) -> int:
    """Listen so long; gives the exit code."""
    with tempfile.TemporaryDirectory(prefix="earmark-soak-") as made:
        home = Path(made)
        microphone = VirtualMicrophone(home)
        for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
            os.environ[name] = str(home)
        os.environ |= {"QT_QPA_PLATFORM": "offscreen", **microphone.environment}
        microphone.start()
        try:
            return _listen(microphone, 60 * minutes)
        finally:
            microphone.kill()


def _listen(microphone: VirtualMicrophone, seconds: float) -> int:
    from desktop import jobs
    from desktop.application import make_application, open_window
    from resources import resource

    application = make_application(["earmark"])
    session, window = open_window(application, [])
    while not session.classifiers:
        application.processEvents()
        time.sleep(0.01)
    window.show_page("listen")
    page = window.page("listen")
    page.start()
    demo = resource("sounds", "demo.ogg")
    player = microphone.play(demo)
    begun, tell = time.monotonic(), 0.0
    samples: list[Sample] = []
    heard = ""
    while time.monotonic() - begun < seconds:
        application.processEvents()
        time.sleep(0.005)
        if player.poll() is not None:
            player = microphone.play(demo)
        if not page.is_listening:
            print(f"It stopped listening: {page.notices.text}")
            return 1
        if time.monotonic() - begun >= tell:
            tell += _EVERY_SECONDS
            samples.append(Sample.now(begun))
            if page.panels._panels:
                heard = page.panels._panels["genre"]._verdict or heard
            if len(samples) % 12 == 1:
                print(samples[-1], f" genre: {heard}", flush=True)
    print(samples[-1], f" {window._words.text()}")
    page.stop()
    player.kill()
    player.wait()
    jobs.cancel_all()
    window.close()
    found = verdict(samples)
    if not heard:
        found.append("nothing was ever heard")
    print("; ".join(found) or "Memory, handles and threads are flat.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 10.0))
