"""Export of results in the formats that other programs read.

``EXPORTS`` lists them: the command line's ``--format``, the window's menus and file dialogs and the
names of files come from there. All but the table can be read back.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from engine.export.segments import (
    Lane,
    from_audacity,
    from_raven,
    to_audacity,
    to_raven,
)
from engine.export.table import to_table
from engine.export.timelines import from_csv, from_json, to_csv, to_json
from engine.recognition.verdict import FileResult

__all__ = [
    "EXPORTS",
    "Export",
    "Lane",
    "from_audacity",
    "from_csv",
    "from_json",
    "from_raven",
    "to_audacity",
    "to_csv",
    "to_json",
    "to_raven",
    "to_table",
]


@dataclass(frozen=True)
class Export:
    """An export format.

    Attributes:
        name: on the command line.
        words: in menus and file dialogs.
        suffix: of its files' names.
        write: the text about one file.
        row: the text about one of several files that follow each other, where it differs; it is
            told whether the file is the first.
        failure: what stands for a file that could not be read, given its name and the reason.
        separate: whether each file needs a text of its own, as programs read no two in one.
    """

    name: str
    words: str
    suffix: str
    write: Callable[[FileResult], str]
    row: Callable[[FileResult, bool], str] | None = None
    failure: Callable[[str, str], str] | None = None
    separate: bool = False


def _csv(result: FileResult) -> str:
    return to_csv(result.timelines)


def _csv_row(result: FileResult, first: bool) -> str:
    """With a column for the file in front."""
    quoted = '"' + str(result.info.path).replace('"', '""') + '"'
    head, *lines = to_csv(result.timelines).splitlines()
    rows = [f"{quoted},{line}" for line in lines]
    return "".join(f"{line}\n" for line in ([f"file,{head}"] if first else []) + rows)


def _json(result: FileResult) -> str:
    info = result.info
    line = to_json(str(info.path), info.duration_seconds, result.timelines, result.verdicts)
    return line + "\n"


def _json_failure(file: str, reason: str) -> str:
    return json.dumps({"file": file, "error": reason}, ensure_ascii=False) + "\n"


def _audacity(result: FileResult) -> str:
    return to_audacity(result.lanes)


def _raven(result: FileResult) -> str:
    info = result.info
    return to_raven(result.lanes, file=str(info.path), high_hz=info.rate_hz / 2)


_ALL = (
    Export("table", "Text", ".txt", to_table),
    Export("csv", "CSV", ".csv", _csv, row=_csv_row),
    Export("json", "JSON", ".json", _json, failure=_json_failure),
    Export("audacity", "Audacity labels", ".txt", _audacity, separate=True),
    Export("raven", "Raven selection table", ".selections.txt", _raven, separate=True),
)

EXPORTS: Mapping[str, Export] = MappingProxyType({export.name: export for export in _ALL})
