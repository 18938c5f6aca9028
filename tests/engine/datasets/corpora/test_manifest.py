"""Tables made by hand: what is read, what is refused."""

import csv
import json
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from pyarrow import parquet

from engine.datasets import open_dataset
from engine.datasets.corpora import manifest
from engine.errors import DataError
from tests import corpora

_ROWS: list[dict[str, Any]] = [
    {"path": "a.wav", "label": "bell", "start": 0.0, "end": 1.5, "group": "g", "fold": "1"},
    {"path": "a.wav", "label": "drum", "start": 1.5, "end": None, "group": "g", "fold": "2"},
    {"path": "in/b.wav", "label": "bell, big", "group": "", "fold": "", "player": 'Ann "A"'},
]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for name in ("a.wav", "in/b.wav"):
        corpora.write(tmp_path / name, corpora.sound(0, 0, 0.1))
    return tmp_path


def _write(path: Path, rows: list[dict[str, Any]]) -> Path:
    kind = path.suffix
    if kind in (".csv", ".tsv"):
        names = list(dict.fromkeys(name for row in rows for name in row))
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, names, delimiter="," if kind == ".csv" else "\t")
            writer.writeheader()
            writer.writerows(rows)
    elif kind == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n\n" for row in rows), encoding="utf-8")
    else:
        path.write_text(json.dumps(rows), encoding="utf-8")
    return path


def _check(root: Path) -> None:
    rows = open_dataset(root).excerpts
    assert [(e.path, e.label, e.start, e.end) for e in rows] == [
        ("a.wav", "bell", 0.0, 1.5),
        ("a.wav", "drum", 1.5, None),
        ("in/b.wav", "bell, big", 0.0, None),
    ]
    assert [(e.group, e.fold) for e in rows] == [("g", "1"), ("g", "2"), ("", "")]
    assert [dict(e.extra) for e in rows] == [{}, {}, {"player": 'Ann "A"'}]


@pytest.mark.parametrize("kind", [".csv", ".tsv", ".json", ".jsonl"])
@pytest.mark.parametrize("name", ["manifest", "labels"])
def test_every_kind_of_table(home: Path, kind: str, name: str) -> None:
    path = _write(home / f"{name}{kind}", _ROWS)
    _check(path)
    _check(home)


def test_a_table_of_any_name_as_a_file(home: Path) -> None:
    _check(_write(home / "my sounds.CSV".lower(), _ROWS))
    with pytest.raises(DataError, match="not a recognised data set"):
        open_dataset(home)


def test_parquet(home: Path) -> None:
    parquet.write_table(pyarrow.Table.from_pylist(_ROWS), home / "manifest.parquet")
    rows = open_dataset(home).excerpts
    assert [(e.path, e.label, e.start, e.end) for e in rows][1] == ("a.wav", "drum", 1.5, None)
    (home / "manifest.parquet").write_bytes(b"no parquet")
    with pytest.raises(DataError, match="cannot be read as a table"):
        open_dataset(home)


def test_semicolons_byte_order_mark_and_lines_within_cells(home: Path) -> None:
    text = 'path;label;note\r\na.wav;bell;"two\r\nlines"\r\n'
    (home / "manifest.csv").write_bytes(text.encode("utf-8-sig"))
    (row,) = open_dataset(home).excerpts
    assert (row.label, dict(row.extra)) == ("bell", {"note": "two\nlines"})


def test_zeros_of_json_are_values(home: Path) -> None:
    _write(home / "manifest.json", [{"path": "a.wav", "label": 0, "fold": 0, "group": 0}])
    (row,) = open_dataset(home).excerpts
    assert (row.label, row.fold, row.group) == ("0", "0", "0")


def test_json_lines_may_hold_any_line_end_in_a_string(home: Path) -> None:
    line = json.dumps({"path": "a.wav", "label": "one\u2028two"}, ensure_ascii=False)
    (home / "manifest.jsonl").write_text(line + "\n", encoding="utf-8")
    assert open_dataset(home).labels == ("one\u2028two",)


def test_json_object_with_excerpts(home: Path) -> None:
    (home / "manifest.json").write_text(json.dumps({"excerpts": _ROWS}), encoding="utf-8")
    _check(home)


def test_an_absolute_path(home: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    table = tmp_path_factory.mktemp("tables") / "manifest.json"
    _write(table, [{"path": str(home / "a.wav"), "label": "bell"}])
    assert open_dataset(table).file_of(0) == home / "a.wav"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"label": "bell"}, "row 2: 'path' and 'label' are needed"),
        ({"path": "a.wav"}, "row 2: 'path' and 'label' are needed"),
        ({"path": "a.wav", "label": ""}, "row 2: 'path' and 'label' are needed"),
        ({"path": "c.wav", "label": "bell"}, r"row 2: c\.wav does not exist"),
        ({"path": "in", "label": "bell"}, "row 2: in does not exist"),
        (
            {"path": "a.wav", "label": "bell", "start": "soon"},
            "row 2: start and end must be",
        ),
        (
            {"path": "a.wav", "label": "bell", "start": "nan"},
            "row 2: start and end must be",
        ),
        (
            {"path": "a.wav", "label": "bell", "end": "inf"},
            "row 2: start and end must be",
        ),
        ({"path": "a.wav", "label": "bell", "start": -1}, "row 2: start must be 0 or more"),
        (
            {"path": "a.wav", "label": "bell", "start": 2, "end": 2},
            "row 2: .* end must be larger",
        ),
    ],
)
@pytest.mark.parametrize("kind", [".csv", ".json"])
def test_rows_that_cannot_be(home: Path, kind: str, row: dict[str, Any], message: str) -> None:
    _write(home / f"manifest{kind}", [_ROWS[0], row])
    with pytest.raises(DataError, match=message):
        open_dataset(home)


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("manifest.json", b"{", "is not valid JSON"),
        ("manifest.json", b'{"rows": []}', "neither a list of rows nor an object"),
        ("manifest.json", b"3", "neither a list of rows nor an object"),
        ("manifest.json", b'["a.wav"]', "row 1: 'path' and 'label' are needed"),
        ("manifest.json", b"[]", "no labelled sounds"),
        ("manifest.jsonl", b'{"path"\n', "row 1 is not valid JSON"),
        ("manifest.csv", b"\xff\xfe\xfa", "cannot be read as a table"),
        ("manifest.csv", b"path,label\n", "no labelled sounds"),
        ("manifest.csv", b"file,class\na.wav,bell\n", "row 1: 'path' and 'label' are needed"),
        ("manifest.csv", b"path,label\na.wav,bell,big\n", "row 1: it has more cells"),
    ],
)
def test_tables_that_are_none(home: Path, name: str, data: bytes, message: str) -> None:
    (home / name).write_bytes(data)
    with pytest.raises(DataError, match=message):
        open_dataset(home)


def test_no_table_says_how_to_call_one(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"columns path and label and name it manifest\.csv"):
        open_dataset(tmp_path, "manifest")


def test_saved_and_read_back(home: Path) -> None:
    _write(home / "manifest.json", _ROWS)
    dataset = open_dataset(home)
    (home / "manifest.json").unlink()
    manifest.save(dataset, home / "manifest.csv")
    assert open_dataset(home).excerpts == dataset.excerpts


def test_saved_elsewhere_it_names_the_same_files(
    home: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    dataset = open_dataset(_write(home / "manifest.json", _ROWS))
    table = tmp_path_factory.mktemp("tables") / "mine.csv"
    manifest.save(dataset, table)
    again = open_dataset(table)
    assert [again.file_of(i) for i in range(3)] == [dataset.file_of(i) for i in range(3)]


def test_what_cannot_be_saved(tmp_path: Path, home: Path) -> None:
    dataset = open_dataset(_write(home / "manifest.json", _ROWS))
    with pytest.raises(DataError, match=r"mine\.csv could not be written: .*another folder"):
        manifest.save(dataset, tmp_path / "nowhere" / "mine.csv")
    features = open_dataset(corpora.iowa(tmp_path / "iowa"))
    with pytest.raises(DataError, match="features instead of sounds"):
        manifest.save(features, tmp_path / "mine.csv")
