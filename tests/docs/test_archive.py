"""What the page on archives says of other programs: its lines, run as they stand there."""

import re
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
import soundfile

from engine.archive.batch import ears_of
from engine.archive.database import Database, stamp_of
from engine.archive.exporting import export_results
from engine.archive.processes import Listening
from engine.recognition.events import BatchResult
from engine.recognition.files import classify_files
from tests.planted import RATE, beeper, burst

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "guide" / "archive.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", PAGE, re.DOTALL)
LINES = [line for kind, text in BLOCKS if kind == "python" for line in text.splitlines() if line]
QUESTIONS = [line for kind, text in BLOCKS if kind == "sql" for line in text.splitlines() if line]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """archive.sqlite of two files, and stretches.parquet made of it."""
    made = tmp_path_factory.mktemp("archive")
    model = made / "beeper.safetensors"
    beeper().save(model)
    sounds = [made / f"P_2024010{day}_120000.wav" for day in (1, 2)]
    for number, sound in enumerate(sounds):
        soundfile.write(sound, burst(6, at=1 + number), RATE)
    how = Listening((str(model),))
    with Database(made / "archive.sqlite") as database:
        ids = database.ids(ears_of(how))
        for event in classify_files(sounds, {"planted": beeper()}):
            if isinstance(event, BatchResult):
                database.record(event, stamp_of(event.path), ids, "mixed")
        target = str(made / "stretches.parquet")
        list(export_results(database, target, "parquet", kind="segments"))
    return made


def test_all_lines_are_tried() -> None:
    assert len(LINES) == 4
    assert len(QUESTIONS) == 3
    assert sum("pandas" in line for line in LINES) == 2
    assert sum("duckdb" in line for line in LINES) == 2


@pytest.mark.parametrize("line", LINES)
def test_a_line_opens_it(line: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the program that it names, where that is installed: neither comes with Earmark."""
    names: dict[str, Any] = {"sqlite3": sqlite3}
    for name in ("pandas", "duckdb"):
        if f"{name}." in line:
            names[name] = pytest.importorskip(name)
    monkeypatch.chdir(folder)
    try:
        exec(line, names)
    except Exception as error:  # DuckDB's extension comes from a server
        if "duckdb" in names and "extension" in str(error):
            pytest.skip("DuckDB's extension for SQLite is not installed")
        raise
    found = names[line.split(" ", 1)[0]]
    rows = found.to_dict("records") if hasattr(found, "to_dict") else found.fetchall()
    with sqlite3.connect(folder / "archive.sqlite") as database:
        ((count,),) = database.execute("SELECT count(*) FROM heard")
    assert len(rows) == count > 0


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_is_answered(question: str, folder: Path) -> None:
    """By Python's own sqlite3."""
    database = sqlite3.connect(folder / "archive.sqlite")
    rows = database.execute(question.replace("'voice'", "'hum'")).fetchall()
    database.close()
    expected = {"files": 0, "heard": 1}["files" if "FROM files" in question else "heard"]
    assert len(rows) >= expected
    if "strftime" in question:
        assert [hour for hour, _ in rows] == ["12"]


def test_pyarrow_opens_the_export(folder: Path) -> None:
    table = pyarrow.parquet.read_table(folder / "stretches.parquet")
    assert set(table.column("label").to_pylist()) >= {"hum"}
    assert {str(moment)[:10] for moment in table.column("recorded_at").to_pylist()} == {
        "2024-01-01",
        "2024-01-02",
    }


def test_a_process_of_its_own_reads_while_it_is_open(folder: Path) -> None:
    """As a notebook does while Earmark writes."""
    code = "import sqlite3; print(sqlite3.connect('archive.sqlite').execute("
    code += "'SELECT count(*) FROM heard').fetchone()[0])"
    with Database(folder / "archive.sqlite") as database:
        ((count,),) = database.rows("SELECT count(*) FROM heard")
        said = subprocess.run(
            [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True
        )
    assert int(said.stdout) == count
