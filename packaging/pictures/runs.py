"""Earlier trainings for the pages that show them: a head, two perceptrons and a sweep.

    python -m pictures.runs SOUNDS RUNS

Run beside the window as a process of its own.
"""

import subprocess
import sys
from pathlib import Path

from engine.training.runs.shelf import About, keep_about

SWEEP = "sweep"
_FRAMES = "instrument-mlp"
TRAININGS = {
    "tagger-head": ("tagger-head", "deployment.gate=false"),
    "perceptron-fast": (_FRAMES, "training.epochs=8", "deployment.gate=false"),
    "perceptron-slow": (
        _FRAMES,
        "training.epochs=8",
        "training.learning_rate=0.0001",
        "deployment.gate=false",
    ),
}
_GRID = ("training.learning_rate=0.01,0.001,0.0001", "training.batch_size=64,256")


def main() -> int:
    sounds, runs = (Path(word) for word in sys.argv[1:])
    for name, (recipe, *fields) in TRAININGS.items():
        _earmark("train", recipe, str(sounds), "-o", str(runs / name), *_sets(fields))
        keep_about(runs / name, About(name))  # as a person would tell them apart
    fields = ["training.epochs=4", "deployment.gate=false"]
    grid = [word for values in _GRID for word in ("--grid", values)]
    place = ("-o", str(runs / SWEEP))
    _earmark("sweep", _FRAMES, str(sounds), *place, *grid, *_sets(fields))
    return 0


def _sets(fields: list[str]) -> list[str]:
    return [word for field in fields for word in ("--set", field)]


def _earmark(*words: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "engine.cli", *words], capture_output=True, text=True, check=False
    )
    if ended.returncode:
        raise SystemExit(f"earmark {' '.join(words)}: {ended.stderr}")


if __name__ == "__main__":
    sys.exit(main())
