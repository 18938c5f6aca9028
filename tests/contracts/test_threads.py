"""Each place that starts a thread or a process is in docs/architecture.md, and none other."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# What starts one, by the name it is called by.
STARTERS = {
    "InputStream",
    "OutputStream",
    "Pool",
    "Popen",
    "Process",
    "ProcessPoolExecutor",
    "QProcess",
    "QThread",
    "QThreadPool",
    "RawInputStream",
    "RawOutputStream",
    "Thread",
    "ThreadPool",
    "ThreadPoolExecutor",
    "ThreadingMixIn",
    "Timer",
    "fork",
    "run_in_executor",
    "start_new_thread",
    "to_thread",
}
MODULES = {"subprocess"}  # all of whose functions do


def starters(source: str) -> set[str]:
    """Names of what is called, or subclassed, in a source that starts a thread or process."""
    tree, found = ast.parse(source), set()
    for node in ast.walk(tree):
        parts = [node.func] if isinstance(node, ast.Call) else []
        parts += node.bases if isinstance(node, ast.ClassDef) else []
        for part in parts:
            name = part.attr if isinstance(part, ast.Attribute) else getattr(part, "id", "")
            owner = part.value if isinstance(part, ast.Attribute) else None
            if name in STARTERS or getattr(owner, "id", "") in MODULES:
                found.add(name)
    return found


def test_every_place_that_starts_one_is_listed() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    part = page.split("## Freedom from threads")[1].split("\n## ")[0]
    listed = set(re.findall(r"^\| `([\w/]+\.py)` \| `(\w+)` \| .{20,} \|$", part, re.MULTILINE))
    there = {
        (path.relative_to(ROOT).as_posix(), name)
        for package in ("engine", "desktop")
        for path in (ROOT / package).rglob("*.py")
        for name in starters(path.read_text(encoding="utf-8"))
    }
    assert there == listed


def test_what_starts_one_is_seen() -> None:
    for line in (
        "import threading\nthreading.Thread(target=print).start()",
        "from threading import Thread\nThread(target=print)",
        "import subprocess\nsubprocess.run(['ls'])",
        "context.Process(target=print)",
        "class Mine(QThread):\n    pass",
        "sounddevice.InputStream(callback=print)",
    ):
        assert starters(line)
    assert not starters("import threading\nthreading.Event()\nplatform.system()\nQTimer(None)")
