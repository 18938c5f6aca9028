"""What a GPU has to show, on random data of the published shapes; with ``--device cpu`` anywhere.

Run from a checkout that need not be installed, with torch, numpy and safetensors alone:

    python tests/gpu/check.py                 on the GPU
    python tests/gpu/check.py --device cpu    the same without one, to see that it runs
    python tests/gpu/check.py --quick         fewer windows
    python tests/gpu/check.py --only live     one of the checks

It checks every preset's first epoch on the device against the CPU, measures samples a second, 30
epochs of genre-cnn (under 10 s on a GPU), the energy counter against Zeus, analysis on the device
against the CPU, and torchrun with one process. It prints a table and ends with 1 if anything fails.
"""

import argparse
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

import absent  # noqa: E402

MISSING = absent.fill_in(everything="--alone" in sys.argv)

import numpy as np  # noqa: E402
import torch  # noqa: E402

from engine.networks import build_network  # noqa: E402
from engine.recipes.recipe import Recipe, find_recipe, presets  # noqa: E402
from engine.training.data.prepare import (  # noqa: E402
    PreparedData,
    _keeps_sound,
    feature_of,
)
from engine.training.events import EpochDone  # noqa: E402
from engine.training.loop.distributed import ProcessGroup  # noqa: E402
from engine.training.loop.energy import EnergyMeter, open_zeus  # noqa: E402
from engine.training.loop.learner import Learner, seeded  # noqa: E402
from engine.training.loop.loop import Loop  # noqa: E402
from engine.training.loop.optimisers import initialise  # noqa: E402
from engine.training.runs.run import Run  # noqa: E402

CLASSES = {"author": 2, "genre": 10, "instrument-mlp": 10, "instrument-lstm": 8}
GTZAN = 5991  # training windows of the course
LOSS_TOLERANCE = 0.02  # relative, of one epoch in the same order with other kernels
GENRE_SECONDS = 10.0


class Report:
    """Prints what was found, and remembers whether all of it was right."""

    def __init__(self) -> None:
        self.failed: list[str] = []

    def row(self, name: str, words: str, right: bool | None = None) -> None:
        mark = {True: "ok  ", False: "FAIL", None: "    "}[right]
        print(f"{mark} {name:34} {words}", flush=True)
        if right is False:
            self.failed.append(name)


def exact(name: str) -> Recipe:
    """The preset as published where it is one, without anything that draws at random."""
    recipe = find_recipe(name)
    recipe = recipe.as_published() if recipe.published else recipe
    changes: dict[str, Any] = {"training.epochs": 1, "training.dropout_at_test": False}
    for argument in ("dropout", "dropout_between"):
        if argument in recipe.network.arguments:
            changes[f"network.arguments.{argument}"] = 0.0
    for field in ("frequency_masks", "time_masks"):
        changes[f"augmentation.{field}"] = 0
    return recipe.changed({**changes, "augmentation.mixup": 0.0})


def classes_of(name: str) -> int:
    return next((count for start, count in CLASSES.items() if name.startswith(start)), 5)


def material(recipe: Recipe, count: int, classes: int) -> tuple[PreparedData, Any]:
    """Random windows of the recipe's shape, and a plan that trains on all but a few."""
    feature, rng = feature_of(recipe), np.random.default_rng(0)
    sound = _keeps_sound(recipe, feature)
    frames = feature.frame_count(recipe.data.window_samples)
    shape = (1, recipe.data.window_samples) if sound else (feature.bands, frames)
    values = (rng.standard_normal((count, *shape)) * (0.2 if sound else 1.0)).astype(np.float32)
    targets = np.eye(classes, dtype=np.float32)[rng.integers(0, classes, count)]
    levels = np.zeros(count, dtype=np.float32)
    rows = np.arange(count)
    prepared = PreparedData(values, sound, rows, np.zeros(count), levels, {})
    judged = max(1, count // 10)
    plan = SimpleNamespace(
        training=rows[judged:], validation=rows[:judged], targets=targets, positive=None,
        units=None,
        labels=tuple(map(str, range(classes))), recordings=["random"] * count,
    )  # fmt: skip
    return prepared, plan


def trained(
    recipe: Recipe, prepared: PreparedData, plan: Any, device: str, folder: Path
) -> tuple[list[EpochDone], Learner]:
    """Train all epochs with the engine's own learner and loop."""
    place, feature = torch.device(device), feature_of(recipe)
    bands, frames = feature.bands, feature.frame_count(recipe.data.window_samples)
    sizes = {"bands": bands, "frames": frames, "classes": len(plan.labels)}
    with seeded([recipe.training.seed], torch.device("cpu")):
        network = build_network(recipe.network.name, recipe.network.arguments | sizes)
        initialise(network, recipe.training.initialisation)
    learner = Learner(network, feature, prepared, plan, recipe, place)
    loop = Loop(learner, plan, recipe.training, Run(folder), ProcessGroup(place))
    found = [event for event in loop.epochs() if isinstance(event, EpochDone)]
    return found, learner


def first_epoch(name: str, device: str, count: int, report: Report) -> None:
    """One epoch on the device and on the CPU: the same windows in the same order."""
    recipe, classes = exact(name), classes_of(name)
    note = ""
    if name == "instrument-lstm-time":  # 265 million weights take 12.6 GB on the CPU
        recipe = recipe.changed({"network.arguments.units": [50, 50, 30]})
        note = " (50 units for 500)"
    batches = 2 if device == "cpu" else 4  # a processor takes long for 10,000 steps in a row
    batches = 1 if recipe.network.name == "embedding_head" else batches
    count = min(count, batches * recipe.training.batch_size)
    prepared, plan = material(recipe, count, classes)
    losses = {}
    for where in dict.fromkeys((device, "cpu")):
        with tempfile.TemporaryDirectory() as folder:
            begun = time.perf_counter()
            epochs, learner = trained(recipe, prepared, plan, where, Path(folder))
            if where != "cpu":
                torch.cuda.synchronize()
            losses[where] = epochs[0].loss, time.perf_counter() - begun, learner
    loss, seconds, _ = losses[device]
    other = losses["cpu"][0]
    close = math.isfinite(loss) and abs(loss - other) <= LOSS_TOLERANCE * max(1e-3, abs(other))
    words = f"loss {loss:.5f}, CPU {other:.5f}; {len(plan.training) / seconds:.0f} samples/s"
    report.row(name, words + note, close)


def genre_cnn(device: str, epochs: int, count: int, report: Report) -> None:
    """The course's 30 epochs on 5991 windows."""
    recipe = find_recipe("genre-cnn").as_published().changed({"training.epochs": epochs})
    prepared, plan = material(recipe, count, 10)
    with tempfile.TemporaryDirectory() as folder:
        found, _ = trained(recipe, prepared, plan, device, Path(folder))
    seconds, whole = found[-1].seconds, epochs == 30 and count >= GTZAN
    right = seconds < GENRE_SECONDS if whole and device != "cpu" else None
    rate = epochs * len(plan.training) / seconds
    report.row("genre-cnn", f"{epochs} epochs in {seconds:.1f} s, {rate:.0f} samples/s", right)
    if found[-1].joules is not None:
        report.row("genre-cnn energy", f"{found[-1].joules:.0f} J of the GPU")


def energy(device: str, report: Report) -> None:
    """NVML's counter, on a processor RAPL's, beside Zeus's window over the same work."""
    ours, zeus = EnergyMeter(device), open_zeus(device)
    cpu = device == "cpu"
    counted = ours.processor_joules if cpu else ours.joules
    if counted() is None:
        kind = "processor (RAPL)" if cpu else "GPU (NVML, Zeus)"
        report.row("energy", f"no counter of this {kind} here: told as not measured")
        return
    size = 512 if cpu else 4096
    matrix = torch.randn(size, size, device=device)
    end = time.monotonic() + 3.0
    while time.monotonic() < end:
        matrix = torch.tanh(matrix @ matrix)
        if not cpu:
            torch.cuda.synchronize()
    spent = counted() or 0.0
    other = zeus.joules() if zeus is not None and not cpu else None
    if other is None:
        beside = "" if cpu else "; Zeus is not installed"
        report.row("energy", f"{spent:.0f} J in 3 s ({ours.source}){beside}", spent > 0)
    else:
        close = abs(spent - other) <= 0.05 * other
        report.row("energy", f"{spent:.0f} J by NVML, {other:.0f} J by Zeus in 3 s", close)


def analysis(device: str, report: Report) -> None:
    """The bundled genre classifier on noise in blocks, on the device against the CPU."""
    from engine.classifier.classifier import Classifier
    from engine.recognition.analysis import Analysis

    path = ROOT / "resources" / "models" / "genre.safetensors"
    classifier = Classifier.load(path)
    rate, seconds = classifier.card.rate_hz, 12
    sound = np.random.default_rng(1).normal(0, 0.1, rate * seconds).astype(np.float32)
    found, spent = {}, {}
    for where in dict.fromkeys((device, "cpu")):
        work = Analysis({"genre": classifier}, rate, device=where)
        begun = time.perf_counter()
        parts = [work.push(block)["genre"].probabilities for block in np.split(sound, 4 * seconds)]
        spent[where] = time.perf_counter() - begun
        found[where] = np.concatenate(parts)
    difference = float(np.abs(found[device] - found["cpu"]).max())
    words = f"{seconds} s in {spent[device]:.2f} s; differs from the CPU by {difference:.1e}"
    report.row("live analysis", words, difference < 1e-3 and len(found[device]) > 10)


def one_of_torchrun(device: str, report: Report) -> None:
    """The same training under torchrun, alone in its group."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=1",
               __file__, "--inside", "--device", device]  # fmt: skip
    command += ["--alone"] if "--alone" in sys.argv else []
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    last = (done.stdout.strip().splitlines() or [""])[-1]
    report.row("torchrun, one process", last or done.stderr[-200:], done.returncode == 0)


def inside(device: str) -> int:
    """What torchrun starts."""
    recipe = exact("genre-mlp")
    prepared, plan = material(recipe, 128, 10)
    with tempfile.TemporaryDirectory() as folder:
        found, _ = trained(recipe, prepared, plan, device, Path(folder))
    print(f"world size {os.environ.get('WORLD_SIZE', 'none')}, loss {found[0].loss:.4f}")
    return 0 if "WORLD_SIZE" in os.environ and math.isfinite(found[0].loss) else 1


def attempt(name: str, report: Report, check: Callable[[], None]) -> None:
    """A check that fails in any way is a row, and does not end the others."""
    try:
        check()
    except Exception as error:  # noqa: BLE001  # whatever it is belongs into the table
        report.row(name, f"{type(error).__name__}: {error}", right=False)


def main() -> int:
    """All checks; the exit status."""
    parser = argparse.ArgumentParser(description="Checks Earmark's training on a GPU.")
    parser.add_argument("--device", default="cuda:0")
    parser.add_argument("--quick", action="store_true", help="fewer windows and epochs")
    parser.add_argument("--only", action="append", help="one check by its name; can be repeated")
    parser.add_argument("--alone", action="store_true", help="use no library but torch's own")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.inside:
        return inside(chosen.device)
    report, device = Report(), chosen.device
    if device.startswith("cuda") and not torch.cuda.is_available():
        print("There is no GPU here. Use --device cpu.")
        return 2
    name = torch.cuda.get_device_name(device) if device != "cpu" else "CPU"
    print(f"torch {torch.__version__} on {name}; without {', '.join(MISSING) or 'nothing'}")
    small = chosen.quick or device == "cpu"
    epochs, count = (2, 640) if small else (30, GTZAN)
    checks: dict[str, Callable[[], None]] = {
        preset: lambda p=preset: first_epoch(p, device, 256, report)  # type: ignore[misc]
        for preset in presets()
    }
    checks |= {
        "genre-cnn-30": lambda: genre_cnn(device, epochs, count, report),
        "energy": lambda: energy(device, report),
        "live": lambda: analysis(device, report),
        "torchrun": lambda: one_of_torchrun(device, report),
    }
    for check, run in checks.items():
        if not chosen.only or check in chosen.only:
            attempt(check, report, run)
    print("all right" if not report.failed else f"failed: {', '.join(report.failed)}")
    return bool(report.failed)


if __name__ == "__main__":
    sys.exit(main())
