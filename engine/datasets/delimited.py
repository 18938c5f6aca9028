"""Tables as text, however a person, a spreadsheet or another program wrote them.

Commas, semicolons or tabs, a ``sep=;`` line, decimal commas, UTF-8, UTF-16 or Windows' own letters,
spaces, blank lines and other capitals make no difference. What cannot be right names its row.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from engine.bounded import read_bytes
from engine.errors import DataError
from engine.spreadsheet import guarded, unguarded

MOST_BYTES = 200_000_000
_BOMS = (  # that of UTF-32 begins with that of UTF-16
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LOOKED_AT = 4000  # bytes
_SPACES = " \u00a0"
_FILE_NAME = re.compile(r"\.[A-Za-z0-9]{2,5}\Z")
_QUOTED = re.compile(r'[",\r\n]|\A[ \u00a0]|[ \u00a0]\Z')


def read_table(path: Path, columns: Sequence[str] = ()) -> list[dict[str, str]]:
    """The rows of a table with a header; cells that a short row lacks are empty.

    Args:
        path: the file; blank rows in it are passed over.
        columns: names that the header may write in other capitals.

    Raises:
        DataError: it cannot be read, or a row cannot be right.
    """
    text = decoded(read_bytes(path, most_bytes=MOST_BYTES), path.name)
    return parse_table(text, path.name, columns)


def parse_table(text: str, name: str, columns: Sequence[str] = ()) -> list[dict[str, str]]:
    """As :func:`read_table`, of its text.

    Raises:
        DataError: a row cannot be right.
    """
    between, text = delimiter_of(text.replace("\r\n", "\n"))
    rows = _rows(text, between, name)
    known = {column.casefold(): column for column in columns}
    head = [cell.strip(_SPACES) for cell in next(rows, [])]
    head = [known.get(cell.casefold(), cell) for cell in head]
    found = []
    for number, cells in enumerate(rows, start=1):
        if any(cell.strip(_SPACES) for cell in cells[len(head) :]):
            raise DataError(f"{name}, row {number}: it has more cells than the table has columns.")
        if _swallowed(cells, len(head), between):
            raise DataError(_unclosed(name, number))
        named = zip(head, (*cells, *[""] * (len(head) - len(cells))), strict=False)
        # A file's name may begin or end with a space: who looks for it decides.
        found.append(
            {
                column: unguarded(cell if column == "path" else cell.strip(_SPACES))
                for column, cell in named
            }
        )
    return found


def number_of(text: str) -> float:
    """A number as a spreadsheet writes it, with a decimal comma or a point.

    Raises:
        ValueError: it is none.
    """
    plain = text.strip(_SPACES)
    if "_" in plain or ("," in plain and "." in plain):
        raise ValueError(f"{text!r} is not a number")
    return float(plain.replace(",", "."))


def written(rows: Iterable[Sequence[object]]) -> str:
    """Rows as a table with commas that :func:`read_table` reads back and spreadsheets open."""
    return "".join(",".join(map(_cell, row)) + "\r\n" for row in rows)


def _cell(value: object) -> str:
    text = guarded(value) if isinstance(value, str) else str(value)
    return '"' + text.replace('"', '""') + '"' if _QUOTED.search(text) else text


def decoded(data: bytes, name: str, what: str = "a table") -> str:
    """Text of a file in whatever encoding it has.

    Args:
        data: the file's bytes.
        name: what the message calls it.
        what: it should be.

    Raises:
        DataError: it is in none that is known.
    """
    try:
        for mark, encoding in _BOMS:
            if data.startswith(mark):
                return data[len(mark) :].decode(encoding)
        if (wide := _wide(data[:_LOOKED_AT])) is not None:
            return data.decode(wide)
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            return data.decode("cp1252")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{name} cannot be read as {what}: it is not text. Save it again, in UTF-8."
        ) from error


def _wide(data: bytes) -> str | None:
    """UTF-16 without its mark: every other byte of plain letters is zero."""
    for first, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        if len(data) > 3 and data[first::2].count(0) > 0.4 * len(data[first::2]):
            return encoding
    return None


def delimiter_of(text: str) -> tuple[str, str]:
    """What stands between a table's cells, and its text from the header on."""
    line, end, rest = text.partition("\n")
    while end and not line.strip("\r,;\t" + _SPACES):
        text = rest
        line, end, rest = text.partition("\n")
    told = line.strip("\r " + '"')
    if told.casefold().startswith("sep=") and len(told) == 5:
        return told[4], rest
    outside = re.sub(r'"[^"]*"', "", line)
    return max(",;\t", key=outside.count), text


def _rows(text: str, between: str, name: str) -> Iterator[list[str]]:
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=between, skipinitialspace=True, strict=True
    )
    number = 0  # of the row; the header is 0
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise DataError(_unclosed(name, number)) from error
        if any(cell.strip(_SPACES) for cell in cells):
            number += 1
            yield cells


def _swallowed(cells: Sequence[str], count: int, between: str) -> bool:
    """Whether a cell holds whole rows: its quotation mark was closed by one of a later row."""
    for cell in cells:
        for line in cell.splitlines()[1:] if "\n" in cell else ():
            parts = line.split(between)
            if len(parts) == count > 1 and any(map(_FILE_NAME.search, parts)):
                return True
    return False


def _unclosed(name: str, number: int) -> str:
    place = f"row {number}" if number else "the header"
    return (
        f"{name}, {place}: a quotation mark is opened and not closed where its cell ends. "
        "Close it, or write two of them for one that belongs to the text."
    )
