"""Many files by a Dask cluster on this machine, beside the processes that one machine uses.

    python packaging/figures/machines.py FOLDER --files 2000 --work build/machines

takes so many of the folder's sounds at random and hears them three times with two processes at
work: by two Dask workers of which one is killed with -9 half-way and replaced, by ``earmark
classify`` alone, and by two Dask workers. It tells wall and processor seconds of each, and whether
all three databases hold the same. A pass that is done is not done again. Without ``-c``, a small
classifier of the tests listens, beside which what the machinery costs can be seen.
"""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from engine.audio.files import find_audio
from figures.killed import ROOT, asked_for, differences, finished
from tests.planted import beeper

HANDS = 2
_LOOK_SECONDS = 0.2


class Cluster:
    """A scheduler and workers of this machine, and the processor seconds of those that ended."""

    def __init__(self, work: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
        self._work, self.seconds = work, 0.0
        port = self.address.rpartition(":")[2]
        self._scheduler = self._start("scheduler", ["--host", "127.0.0.1", "--port", port])
        time.sleep(5.0)
        self.workers = [self.start_worker() for _ in range(HANDS)]

    def start_worker(self) -> "subprocess.Popen[bytes]":
        words = [self.address, "--no-nanny", "--nthreads", "1", "--host", "127.0.0.1"]
        return self._start("worker", words)

    def _start(self, kind: str, words: Sequence[str]) -> "subprocess.Popen[bytes]":
        with (self._work / "dask.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.dask_{kind}", *words, "--no-dashboard"],
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                cwd=self._work,
                stdout=log,
                stderr=log,
            )

    def kill(self, process: "subprocess.Popen[bytes]") -> None:
        process.kill()
        self.seconds += ended(process)

    def close(self) -> None:
        for process in [*self.workers, self._scheduler]:
            self.kill(process)


def ended(process: "subprocess.Popen[bytes]") -> float:
    """Wait for the end of a process; processor seconds of it and of all that it waited for."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_utime + usage.ru_stime


def heard(database: Path, sounds: Path, words: Sequence[str]) -> "subprocess.Popen[bytes]":
    """``earmark classify`` at work."""
    command = [sys.executable, "-m", "engine.cli", "classify", "-d", str(database), *words]
    return subprocess.Popen(
        [*command, str(sounds)], env={**os.environ, "PYTHONPATH": str(ROOT)}, cwd=ROOT
    )


def by_processes(database: Path, sounds: Path, words: Sequence[str]) -> float:
    """Hear all by this machine's own processes; processor seconds."""
    return ended(heard(database, sounds, [*words, "-j", str(HANDS)]))


def by_workers(
    database: Path, sounds: Path, words: Sequence[str], kill_at: int | None = None
) -> float:
    """Hear all by Dask workers; processor seconds of all that took part."""
    cluster = Cluster(database.parent)
    try:
        batch = heard(database, sounds, [*words, "--scheduler", cluster.address])
        while kill_at is not None and finished(database) < kill_at and batch.poll() is None:
            time.sleep(_LOOK_SECONDS)
        if kill_at is not None:
            cluster.kill(cluster.workers.pop(0))
            cluster.workers.append(cluster.start_worker())
        client = ended(batch)
    finally:
        cluster.close()
    return client + cluster.seconds


def timed(place: Path, hear: Callable[[Path], float]) -> dict[str, Any]:
    """What a pass takes; of one that was done before, what it took."""
    noted = place.with_suffix(".json")
    if not noted.exists():
        load, began = os.getloadavg()[0], time.monotonic()
        processor = hear(place)
        found = {
            "wall seconds": round(time.monotonic() - began, 1),
            "processor seconds": round(processor, 1),
            "load before and after": [round(load, 1), round(os.getloadavg()[0], 1)],
        }
        noted.write_text(json.dumps(found), encoding="utf-8")
    made: dict[str, Any] = json.loads(noted.read_text(encoding="utf-8"))
    return made


def main() -> None:
    """Run it and print the figures as JSON."""
    sounds, work, words = asked_for(__doc__, 2000)
    paths = find_audio([sounds])
    one, other, third = (work / f"{name}.sqlite" for name in ("processes", "workers", "killed"))
    if "-c" not in words:
        small = work / "small.safetensors"
        beeper().save(small)
        words += ["-c", str(small)]
    found: dict[str, Any] = {
        "files": len(paths),
        "bytes read": sum(path.stat().st_size for path in paths),
        "killed": timed(third, lambda place: by_workers(place, sounds, words, len(paths) // 2)),
        "processes": timed(one, lambda place: by_processes(place, sounds, words)),
        "workers": timed(other, lambda place: by_workers(place, sounds, words)),
        "database bytes": one.stat().st_size,
        "processes and workers": differences(one, other),
        "processes and killed": differences(one, third),
    }
    print(json.dumps(found, indent=1))
    (work / "figures.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
