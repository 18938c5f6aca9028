"""Results as Parquet: columns with types, which pandas, Polars, DuckDB and Spark open at once."""

import contextlib
import os
import tempfile
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from engine.archive.database import TAGS
from engine.archive.names import recorded_at
from engine.atomic_write import TEMPORARY, put_in_place
from engine.errors import DataError
from engine.export.destinations import (
    Destination,
    DestinationError,
    check_file,
    check_folder,
    plan,
)
from engine.export.words import encodable, visible
from engine.recognition.channels import Channels, apart
from engine.recognition.timeline import summary
from engine.recognition.verdict import FileResult

Kind = Literal["windows", "segments", "summaries"]
SUFFIX = ".parquet"
_ROWS_AT_ONCE = 100_000
_BEGINNING = pa.schema(
    [
        ("file", pa.string()),
        ("duration_seconds", pa.float64()),
        ("recorded_at", pa.timestamp("us")),
        *((name, pa.string()) for name in TAGS),
        ("classifier", pa.string()),
        ("channel", pa.int32()),
    ]
)
_SEGMENTS = [
    ("label", pa.string()),
    ("start_seconds", pa.float64()),
    ("end_seconds", pa.float64()),
    ("probability", pa.float32()),
]
_SUMMARIES = [
    ("verdict", pa.string()),
    ("label", pa.string()),
    ("probability", pa.float32()),
    ("heard", pa.bool_()),
]
_WINDOWS = [
    ("time_seconds", pa.float64()),
    ("window_seconds", pa.float64()),
    ("hop_seconds", pa.float64()),
    ("presence", pa.float32()),
    ("level_db", pa.float32()),
]


def columns_of(labels: Sequence[str]) -> dict[str, str]:
    """The column of each label among the windows: its name, or another where that is taken."""
    taken = {*_BEGINNING.names, *(name for name, _ in _WINDOWS)}
    return {label: f"{label} (label)" if label in taken else label for label in labels}


def schema_of(kind: Kind, labels: Sequence[str] = ()) -> pa.Schema:
    """The columns of a table; of windows each label has one."""
    if kind == "windows":
        each = [(encodable(name), pa.float32()) for name in columns_of(labels).values()]
        more = [*_WINDOWS, *each]
    else:
        more = _SEGMENTS if kind == "segments" else _SUMMARIES
    return pa.schema([*_BEGINNING, *(pa.field(name, form) for name, form in more)])


def table_of(result: FileResult, kind: Kind, labels: Sequence[str], channels: Channels) -> pa.Table:
    """The rows of one file.

    Args:
        result: of the file.
        kind: a row a window, a stretch in which a label was heard, or a label.
        labels: that have columns among the windows.
        channels: how the file was heard.
    """
    schema = schema_of(kind, labels)
    rows = {"windows": _windows, "segments": _segments, "summaries": _summaries}[kind]
    made = []
    for name in result.timelines:
        columns = rows(result, name)
        count = len(next(iter(columns.values())))
        beginning = _beginning(result, *apart(name, channels))
        both = {each: [value] * count for each, value in beginning.items()} | columns
        arrays = [
            pa.array(both[field.name], field.type)
            if field.name in both
            else pa.nulls(count, field.type)
            for field in schema
        ]
        made.append(pa.Table.from_arrays(arrays, schema=schema))
    return pa.concat_tables(made)


def _beginning(result: FileResult, classifier: str, channel: int) -> dict[str, Any]:
    info = result.info
    tags = {name: info.tags.get(name) for name in TAGS}
    return {
        "file": encodable(str(info.path)),
        "duration_seconds": info.duration_seconds,
        "recorded_at": recorded_at(info.path.name),
        **{name: None if text is None else encodable(text) for name, text in tags.items()},
        "classifier": encodable(classifier),
        "channel": channel,
    }


def _windows(result: FileResult, name: str) -> dict[str, Any]:
    line = result.timelines[name]
    columns = columns_of(line.labels)
    return {
        "time_seconds": line.times,
        "window_seconds": np.full(len(line), line.window_seconds),
        "hop_seconds": np.full(len(line), line.hop_seconds),
        "presence": line.presence,
        "level_db": line.level_db,
        **{
            encodable(columns[label]): np.ascontiguousarray(line.probabilities[:, index])
            for index, label in enumerate(line.labels)
        },
    }


def _segments(result: FileResult, name: str) -> dict[str, Any]:
    lane = result.lanes[name]
    return {
        "label": [encodable(one.label) for one in lane],
        "start_seconds": [one.start_seconds for one in lane],
        "end_seconds": [one.end_seconds for one in lane],
        "probability": [one.mean_probability for one in lane],
    }


def _summaries(result: FileResult, name: str) -> dict[str, Any]:
    verdict, means = result.verdicts[name], summary(result.timelines[name])
    return {
        "verdict": [encodable(verdict.verdict)] * len(means),
        "label": [encodable(label) for label, _ in means],
        "probability": [mean for _, mean in means],
        "heard": [label in verdict.heard for label, _ in means],
    }


class Table:
    """A Parquet file of several sounds, in its place when it is closed.

    Args:
        path: the file.
        schema: its columns.
        overwrite: whether a file may be replaced that is there by then.
    """

    def __init__(self, path: Path, schema: pa.Schema, *, overwrite: bool) -> None:
        self._path, self._overwrite = path, overwrite
        self._held: list[pa.Table] = []
        self._rows = 0
        with _told(path):
            handle, name = tempfile.mkstemp(dir=path.parent, prefix=TEMPORARY)
            os.close(handle)
            self._temporary = Path(name)
            # Also where it is never closed, because something failed.
            self._drop = weakref.finalize(self, self._temporary.unlink, missing_ok=True)
            self._writer = parquet.ParquetWriter(name, schema, compression="zstd")

    def add(self, rows: pa.Table) -> None:
        """Write more rows; small tables wait for others, as each write is a group of its own.

        Raises:
            DestinationError: they cannot be written.
        """
        self._held.append(rows)
        self._rows += len(rows)
        if self._rows >= _ROWS_AT_ONCE:
            self._write()

    def _write(self) -> None:
        if self._held:
            with _told(self._path):
                self._writer.write_table(pa.concat_tables(self._held))
        self._held, self._rows = [], 0

    def close(self) -> None:
        """Put the file in its place.

        Raises:
            DestinationError: it cannot be written, or another is there meanwhile.
        """
        try:
            self._write()
            with _told(self._path):
                self._writer.close()
                if os.path.lexists(self._path) and not self._overwrite:
                    raise DestinationError(
                        f"{visible(str(self._path))} exists meanwhile and is kept."
                    )
                self._temporary.chmod(0o644)
                put_in_place(self._temporary, self._path)
        finally:
            self._drop()


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, pa.ArrowException) as error:
        words = getattr(error, "strerror", None) or error
        raise DestinationError(f"{visible(path.name)} could not be written: {words}.") from error


def open_parquet(
    output: str | None,
    labels: Sequence[str],
    channels: Channels,
    *,
    sounds: Sequence[Path],
    places: Sequence[str] = (),
    kind: Kind = "windows",
    overwrite: bool = False,
) -> Destination:
    """One table of all sounds, or one for each in a folder; see that it can be written.

    Args:
        output: a file, or a folder (it exists, or ends in a slash).
        labels: that have columns in one table.
        channels: how files are heard; "each" is also right for names that say no channel.
        sounds: the files.
        places: files, folders and patterns, as they were named.
        kind: what rows are.
        overwrite: whether results that exist may be replaced.

    Raises:
        DataError: results cannot be written there, or would replace something.
    """
    if output is None:
        raise DataError(
            "Parquet needs a file or folder: name it with --output, such as -o heard.parquet."
        )
    target = Path(output)
    if target.is_dir() or output.endswith(("/", os.sep)):
        targets = plan(target, SUFFIX, places, sounds)
        check_folder(target, targets, overwrite)
        return OneTableEach(targets, channels, kind=kind, overwrite=overwrite)
    check_file(target, sounds, overwrite)
    return OneTable(target, list(dict.fromkeys(labels)), channels, kind=kind, overwrite=overwrite)


class OneTable:
    """Takes the results of a batch into one Parquet file.

    Args:
        path: the file.
        labels: that have columns.
        channels: how files are heard.
        kind: what its rows are.
        overwrite: whether it may replace a file.
    """

    def __init__(
        self,
        path: Path,
        labels: Sequence[str],
        channels: Channels,
        *,
        kind: Kind = "windows",
        overwrite: bool = False,
    ) -> None:
        self._table = Table(path, schema_of(kind, labels), overwrite=overwrite)
        self._rows: Callable[[FileResult], pa.Table] = lambda result: table_of(
            result, kind, labels, channels
        )

    def put(self, sound: Path, result: FileResult) -> None:
        """Write the result of one more sound."""
        self._table.add(self._rows(result))

    def fail(self, sound: Path, reason: str) -> None:
        """What failed has no rows."""

    def close(self) -> None:
        """Put the file in its place."""
        self._table.close()


class OneTableEach:
    """Writes a Parquet file for each sound.

    Args:
        targets: the file of each sound, see ``engine.export.destinations.plan``.
        channels: how files are heard.
        kind: what rows are.
        overwrite: whether files may be replaced.
    """

    def __init__(
        self,
        targets: Mapping[Path, Path],
        channels: Channels,
        *,
        kind: Kind = "windows",
        overwrite: bool = False,
    ) -> None:
        self._targets, self._channels = targets, channels
        self._kind, self._overwrite = kind, overwrite
        self._there: set[Path] = set()

    def keep_those_there(self) -> None:
        """Files that exist now are of a batch that is continued."""
        self._there = {target for target in self._targets.values() if os.path.lexists(target)}

    def put(self, sound: Path, result: FileResult) -> None:
        """Write the result of one more sound."""
        target = self._targets[sound]
        if target in self._there:
            return
        if os.path.lexists(target) and not self._overwrite:
            raise DataError(f"{visible(str(target))} exists meanwhile and is kept.")
        labels = list(dict.fromkeys(x for line in result.timelines.values() for x in line.labels))
        rows = table_of(result, self._kind, labels, self._channels)
        target.parent.mkdir(parents=True, exist_ok=True)
        table = Table(target, rows.schema, overwrite=self._overwrite)
        table.add(rows)
        table.close()

    def fail(self, sound: Path, reason: str) -> None:
        """What failed has no file."""

    def close(self) -> None:
        """All is written already."""
