"""The folder of one training: everything needed to repeat, resume, evaluate and compare it."""

import contextlib
import csv
import io
import json
import math
import os
import platform
import time
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from engine.atomic_write import write_whole
from engine.bounded import read_json
from engine.errors import DataError
from engine.evaluation.json_values import json_value
from engine.leftovers import HOUR, sweep
from engine.locks import FolderLock
from engine.recipes.published import Beside
from engine.recipes.recipe import Recipe, validated
from engine.training.events import HISTORY, EpochDone

MOST_BYTES = 100_000_000  # of one file; results with every window's are the longest
_LIBRARIES = ("earmark", "torch", "numpy", "librosa", "soxr", "soundfile")


class Run:
    """Names and files of a run folder.

    Args:
        folder: its place; made when first written to.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.recipe_file = folder / "recipe.json"
        self.facts_file = folder / "run.json"
        self.history_file = folder / "history.json"
        self.table_file = folder / "history.csv"
        self.batches_file = folder / "batches.csv"
        self.checkpoint_file = folder / "checkpoint.safetensors"
        self.classifier_file = folder / "classifier.safetensors"
        self.results_file = folder / "results.json"
        self.report_file = folder / "report.html"

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the folder: whoever else wants to train into it meanwhile is told who does.

        Raises:
            DataError: another program trains into it, or it cannot be made.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DataError(self._unwritten(self.folder, error)) from error
        lock = FolderLock(self.folder)
        if not lock.acquire():
            raise DataError(
                f"{self.folder} is in use: {lock.holder()} is training there. "
                "Wait until it ends, or choose another folder."
            )
        sweep(self.folder, older_than=0.0 if lock.certain else HOUR)
        try:
            yield
        finally:
            lock.release()
            with contextlib.suppress(OSError):  # where nothing has come of it
                self.folder.rmdir()

    def begin(self, recipe: Recipe, facts: Mapping[str, Any]) -> None:
        """Make the folder and write what is known before the first step.

        Raises:
            DataError: it cannot be written, or holds another run.
        """
        if self.checkpoint_file.exists() or self.results_file.exists():
            raise DataError(
                f"{self.folder} already contains a run. Choose another folder, or use "
                "--resume to continue it."
            )
        self.batches_file.unlink(missing_ok=True)  # of a run that ended before its first epoch
        self.write(self.recipe_file, recipe.model_dump(mode="json"))
        self.write(self.facts_file, {**facts, **environment()})

    def recipe(self) -> Recipe:
        """The recipe as run.

        Raises:
            DataError: there is no run.
        """
        return validated(self.read(self.recipe_file), self.recipe_file.name)

    def write(self, path: Path, values: Any) -> None:
        """Write JSON values; numbers that are none become null.

        Raises:
            DataError: it cannot be written.
        """
        self.write_text(path, json.dumps(json_value(values), indent=1, ensure_ascii=False) + "\n")

    def write_text(self, path: Path, text: str) -> None:
        """Write a text, whole or not at all.

        Raises:
            DataError: it cannot be written.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, text.encode())
        except OSError as error:
            raise DataError(self._unwritten(path, error)) from error

    def read(self, path: Path) -> Any:
        """JSON values of one of the run's files.

        Raises:
            DataError: it is missing or damaged.
        """
        if not path.exists():
            raise DataError(f"{self.folder} is not a run of Earmark: {path.name} is missing.")
        try:
            return read_json(path, most_bytes=MOST_BYTES)
        except DataError as error:
            raise DataError(f"{path} is damaged and cannot be read.") from error

    def keep_history(self, history: Sequence[EpochDone]) -> None:
        """Write the epochs as JSON and CSV."""
        rows = [epoch.kept() for epoch in history]
        self.write(self.history_file, rows)
        text = io.StringIO()
        writer = csv.DictWriter(text, fieldnames=HISTORY)
        writer.writeheader()
        writer.writerows(rows)
        self.write_text(self.table_file, text.getvalue())

    def add_batches(self, epoch: int, first: int, losses: Sequence[float]) -> None:
        """Append losses of batches to the table of them.

        Raises:
            DataError: it cannot be written.
        """
        new = not self.batches_file.exists()
        lines = [f"{epoch},{first + i},{loss:.7g}\n" for i, loss in enumerate(losses)]
        try:
            with self.batches_file.open("a", encoding="utf-8") as file:
                file.writelines(["epoch,batch,loss\n", *lines] if new else lines)
        except OSError as error:
            raise DataError(self._unwritten(self.batches_file, error)) from error

    def drop_batches(self, after: int) -> None:
        """Remove the batches of an interrupted epoch from the table of batches."""
        if self.batches_file.is_file():
            lines = self.batches_file.read_text(encoding="utf-8").splitlines(keepends=True)
            kept = [line for line in lines[1:] if _epoch_of(line) <= after]
            self.write_text(self.batches_file, "".join(lines[:1] + kept))

    def _unwritten(self, path: Path, error: OSError) -> str:
        """What happened and what to do: with a checkpoint, going on loses nothing."""
        go_on = self.checkpoint_file.exists()
        todo = ", then resume the training" if go_on else " or choose another folder"
        return f"{path} could not be written: {error.strerror}. Free some space{todo}."

    def figures(self) -> dict[str, Any]:
        """The figures of the test part, by name.

        Raises:
            DataError: there are none, or they are damaged.
        """
        found = self.read(self.results_file)
        figures = found.get("figures") if isinstance(found, dict) else None
        if not isinstance(figures, dict):
            raise DataError(f"{self.results_file} is damaged and cannot be read.")
        return figures

    def published(self) -> list[Beside]:
        """The original's figures beside the run's; of runs of older versions none.

        Raises:
            DataError: there are none, or they are damaged.
        """
        rows = self.read(self.results_file).get("published", [])
        try:
            return [Beside.read(row) for row in rows] if isinstance(rows, list) else []
        except ValueError as error:
            raise DataError(f"{self.results_file} is damaged and cannot be read.") from error

    def facts(self) -> dict[str, Any]:
        """What was known before the first step.

        Raises:
            DataError: there is no run, or it is damaged.
        """
        found = self.read(self.facts_file)
        if not isinstance(found, dict):
            raise DataError(f"{self.facts_file} is damaged and cannot be read.")
        return found

    def history_columns(self) -> dict[str, list[float]]:
        """The epochs so far as columns of numbers, by name; NaN where there is none."""
        rows = [epoch.kept() for epoch in self.history()]
        return {
            name: [math.nan if row[name] is None else float(row[name]) for row in rows]
            for name in HISTORY
        }

    def batch_losses(self) -> tuple[list[float], list[float]]:
        """Where each batch ended, in epochs, and its loss; empty where none were kept."""
        if not self.batches_file.is_file():
            return [], []
        try:
            lines = self.batches_file.read_text(encoding="utf-8").splitlines(keepends=True)[1:]
            whole = [line for line in lines if _epoch_of(line) < math.inf]
            rows = [tuple(map(float, line.split(","))) for line in whole]
        except (OSError, ValueError) as error:
            raise DataError(f"{self.batches_file} is damaged and cannot be read.") from error
        batches = max((row[1] for row in rows), default=1.0)
        return [row[0] - 1 + row[1] / batches for row in rows], [row[2] for row in rows]

    def history(self) -> list[EpochDone]:
        """The epochs so far; none before the first."""
        if not self.history_file.exists():
            return []
        try:
            return [EpochDone.read(row) for row in self.read(self.history_file)]
        except (TypeError, ValueError) as error:
            raise DataError(f"{self.history_file} is damaged and cannot be read.") from error


def environment() -> dict[str, Any]:
    """The machine and the libraries, for the record."""
    found = {}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return {
        "versions": found,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "processors": os.cpu_count(),
        "date": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
    }


def _epoch_of(line: str) -> float:
    """The epoch of a line; one that was not written to its end belongs to none."""
    epoch, *others = line.split(",")
    whole = line.endswith("\n") and len(others) == 2 and epoch.isdecimal()
    return float(epoch) if whole else math.inf
