"""However a table is written, its rows are the same; one that cannot be right names its row."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.datasets import open_dataset
from engine.datasets.corpora import audacity, manifest
from engine.datasets.delimited import number_of, parse_table, read_table, written
from engine.datasets.table import Excerpt
from engine.errors import DataError
from engine.project.project import Project
from tests import corpora

PLAIN = "path,label,start,end\np/a.wav,Flöte,0.1,0.9\np/b.wav,Geige,0.1,0.9\n"
WAYS = {
    "as it is": PLAIN.encode(),
    "tabs": PLAIN.replace(",", "\t").encode(),
    "semicolons and decimal commas": PLAIN.replace(",", ";").replace("0.", "0,").encode(),
    "quoted decimal commas": PLAIN.replace("0.1", '"0,1"').replace("0.9", '"0,9"').encode(),
    "mark": PLAIN.encode("utf-8-sig"),
    "UTF-16": PLAIN.encode("utf-16"),
    "UTF-16 of Macs": b"\xfe\xff" + PLAIN.encode("utf-16-be"),
    "UTF-16 without its mark": PLAIN.encode("utf-16-le"),
    "cp1252": PLAIN.encode("cp1252"),
    "capitals": PLAIN.replace("path,label", "Path,LABEL").encode(),
    "spaces": PLAIN.replace(",", " , ").encode(),
    "quotes behind spaces": PLAIN.replace("Geige", ' "Geige"').encode(),
    "blank lines": (PLAIN.replace("\n", "\n\n") + "\n,,,\n \n").encode(),
    "blank lines before": ("\n" + PLAIN).encode(),
    "told separator": ("sep=;\r\n" + PLAIN.replace(",", ";").replace("\n", "\r\n")).encode(),
    "strokes of Windows": PLAIN.replace("p/", "p\\").encode(),
    "old Macs": PLAIN.replace("\n", "\r").encode(),
    "trailing separators": PLAIN.replace("\n", ",\n").encode(),
}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for name in ("a", "b"):
        corpora.write(tmp_path / "p" / f"{name}.wav", corpora.sound(0, 0, 1.0))
    return tmp_path


def test_every_way_of_writing_a_table(home: Path) -> None:
    rows = (Excerpt("p/a.wav", "Flöte", start=0.1, end=0.9),)
    rows += (Excerpt("p/b.wav", "Geige", start=0.1, end=0.9),)
    for way, data in WAYS.items():
        (home / "manifest.csv").write_bytes(data)
        assert open_dataset(home).excerpts == rows, way
        project = Project(home)
        assert project.rows == rows, way
        assert project.classes == ("Flöte", "Geige")
        project.close()


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ('path,label\na.wav,"x\nb.wav,y\nc.wav,z\n', "row 1"),
        ('path,label\na.wav,x\nb.wav,"y\nc.wav,"z"\n', "row 2"),
        ('path,label\na.wav,x\nb.wav,"y\nc.wav,z"\nd.wav,x\n', "row 2"),
        ('path,label\na.wav,"x"y\n', "row 1"),
        ('path,"label\na.wav,x\n', "the header"),
        ('path,label\na.wav,"' + 200_000 * "x" + "\n", "row 1"),
    ],
)
def test_a_quotation_mark_that_is_not_closed_names_its_row(home: Path, text: str, row: str) -> None:
    (home / "manifest.csv").write_text(text)
    for opens in (open_dataset, Project):
        with pytest.raises(DataError, match=rf"manifest\.csv, {row}: a quotation mark"):
            opens(home)


def test_labels_with_lines_and_quotes_stay_whole() -> None:
    text = 'path,label,note\na.wav,"a\nnew","5"" tom"\nb.wav,5" tom,"x, y\nz"\n'
    rows = parse_table(text, "t")
    assert [row["label"] for row in rows] == ["a\nnew", '5" tom']
    assert [row["note"] for row in rows] == ['5" tom', "x, y\nz"]


_CELL = st.text(st.characters(codec="utf-8", exclude_characters="\0\r\n"), max_size=8)


@given(st.lists(st.tuples(_CELL, _CELL), min_size=1, max_size=4))
def test_what_is_written_is_read_back(rows: list[tuple[str, str]]) -> None:
    named = [(f"{n}{path}", label.strip(" \u00a0")) for n, (path, label) in enumerate(rows)]
    text = written([("path", "label"), *named])
    found = [(row["path"], row["label"]) for row in parse_table(text, "t")]
    assert found == named
    assert not any(line.startswith(("=", "+", "-", "@")) for line in text.splitlines())


def test_paths_that_no_system_takes_name_their_row(home: Path) -> None:
    for path, words in (("a\0.wav", "zero byte"), (5000 * "a", "too long")):
        (home / "manifest.csv").write_text(f"path,label\np/a.wav,x\n{path},y\n")
        for opens in (open_dataset, Project):
            with pytest.raises(DataError, match=f"row 2: the path .*{words}"):
                opens(home)


def test_names_that_begin_or_end_with_a_space(home: Path) -> None:
    for name in (" x.wav", "y.wav "):
        (home / "p" / "a.wav").rename(home / name)
        rows = (Excerpt(name, "bell"), Excerpt("p/b.wav", "drum"))
        data = open_dataset(corpora.folders(home / "any", files=1, seconds=0.05))
        manifest.save(type(data)(data.about, home, rows), home / "manifest.csv")
        assert open_dataset(home).excerpts == rows
        (home / name).rename(home / "p" / "a.wav")


def test_json_has_its_limits(home: Path) -> None:
    (home / "manifest.json").write_text(100_000 * "[")
    with pytest.raises(DataError, match=r"manifest\.json cannot be read: it is nested"):
        open_dataset(home)
    (home / "manifest.json").unlink()
    line = '{"path": "p/a.wav", "label": "x"}\n'
    (home / "manifest.jsonl").write_text(line + 5000 * "9" + "\n")
    with pytest.raises(DataError, match=r"manifest\.jsonl, row 2"):
        open_dataset(home)
    (home / "manifest.jsonl").unlink()
    (home / "classes.json").write_text(100_000 * '{"a":')
    with pytest.raises(DataError, match=r"classes\.json cannot be read\. Delete it"):
        Project(home)


def test_numbers() -> None:
    assert [number_of(x) for x in ("1.5", "1,5", " 2 ", "-3", "1e3")] == [1.5, 1.5, 2, -3, 1000]
    for wrong in ("1.234,5", "1_0", "", "x", "1,2,3"):
        with pytest.raises(ValueError):  # noqa: PT011
            number_of(wrong)


def test_label_tracks_are_read_alike(home: Path) -> None:
    track = "0,1\t0,9\tFlöte\u2028x\n0.5\t0.5\tpoint\n"
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "cp1252"):
        text = track.replace("\u2028", "-") if encoding == "cp1252" else track
        (home / "p" / "a.txt").write_bytes(text.encode(encoding))
        assert audacity.recognises(home)
        data = open_dataset(home, "audacity")
        ((start, end, label),) = [(e.start, e.end, e.label) for e in data.excerpts]
        assert (start, end, label[:5]) == (0.1, 0.9, "Flöte")
        assert data.warnings == (
            "1 label without a length or a name was left out, in p/a.txt first.",
        )


def test_a_table_that_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        read_table(tmp_path / "gone.csv")
