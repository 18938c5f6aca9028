"""Export of results in the formats that other programs read.

``EXPORTS`` lists them: the command line's ``--format``, the window's menus and file dialogs and the
names of files come from there. All but the table can be read back.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from engine.errors import DataError
from engine.export.segments import (
    Lane,
    RavenTable,
    from_audacity,
    from_raven,
    to_audacity,
    to_raven,
)
from engine.export.table import to_table
from engine.export.timelines import from_csv, from_json, json_line, to_csv, to_json
from engine.recognition.verdict import FileResult

__all__ = [
    "EXPORTS",
    "Export",
    "Lane",
    "RavenTable",
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
        join: makes what writes several files one after another into one text, where each cannot
            be written as if it were alone.
        failure: what stands for a file that could not be read, given its name and the reason.
        separate: whether each file needs a text of its own, as programs read no two in one.
    """

    name: str
    words: str
    suffix: str
    write: Callable[[FileResult], str]
    join: Callable[[], Callable[[FileResult], str]] | None = None
    failure: Callable[[str, str], str] | None = None
    separate: bool = False

    def joined(self) -> Callable[[FileResult], str]:
        """What writes the text about one more file of several."""
        return self.write if self.join is None else self.join()


def _csv(result: FileResult) -> str:
    return to_csv(result.timelines)


def _csv_rows() -> Callable[[FileResult], str]:
    """With a column for the file in front; the columns are named once."""
    first = True

    def rows(result: FileResult) -> str:
        nonlocal first
        text = to_csv(result.timelines, file=str(result.info.path), head=first)
        first = False
        return text

    return rows


def _json(result: FileResult) -> str:
    info = result.info
    line = to_json(
        str(info.path), info.duration_seconds, result.timelines, result.verdicts, result.remark
    )
    return line + "\n"


def _json_failure(file: str, reason: str) -> str:
    return json_line({"file": file, "error": reason}) + "\n"


def _audacity(result: FileResult) -> str:
    _refuse_values(result, "Audacity labels")
    return to_audacity(result.lanes)


def _refuse_values(result: FileResult, what: str) -> None:
    """Values of dimensions have no stretches; beside classifiers that have, they are left out."""
    if result.timelines and all(line.is_regression for line in result.timelines.values()):
        raise DataError(
            f"{what} hold stretches with a label, and {', '.join(result.timelines)} gives values "
            "over time instead. Export CSV or JSON."
        )


def _raven_rows() -> Callable[[FileResult], str]:
    sheet = RavenTable()

    def selections(result: FileResult) -> str:
        info = result.info
        _refuse_values(result, "Raven selection tables")
        return sheet.add(
            result.lanes,
            file=str(info.path),
            high_hz=info.rate_hz / 2,
            duration_seconds=info.duration_seconds,
        )

    return selections


def _raven(result: FileResult) -> str:
    return _raven_rows()(result)


_ALL = (
    Export("table", "Text", ".txt", to_table),
    Export("csv", "CSV", ".csv", _csv, join=_csv_rows),
    Export("json", "JSON", ".json", _json, failure=_json_failure),
    Export("audacity", "Audacity labels", ".txt", _audacity, separate=True),
    Export("raven", "Raven selection table", ".selections.txt", _raven, join=_raven_rows),
)

EXPORTS: Mapping[str, Export] = MappingProxyType({export.name: export for export in _ALL})
