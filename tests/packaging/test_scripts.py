"""The scripts that make classifiers and sounds: each is found, tells what it needs, and imports."""

import ast
import importlib
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = [ROOT / "packaging" / "models", ROOT / "packaging" / "sounds"]
MODULES = {
    ".".join(path.relative_to(folder).with_suffix("").parts): path
    for folder in FOLDERS
    for path in sorted(folder.rglob("*.py"))
    if path.name != "run.py"
}
# Scripts say how to get these; the project does not depend on them.
FOREIGN = {"music21", "musicnn", "pyworld", "tensorflow"}


def _called(*words: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, str(ROOT / "packaging" / "models" / "run.py"), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")


def test_every_script_is_listed_with_its_usage(runner: ModuleType) -> None:
    started = {name for name, path in MODULES.items() if "__name__ ==" in path.read_text()}
    assert set(runner.scripts()) == started
    assert {"instrument.build", "composer.sounds", "tags.build", "make_sounds"} <= started
    listed = _called("--help")
    assert listed.returncode == 0
    assert set(listed.stdout.split("Scripts:")[1].split()) == started
    for name, path in runner.scripts().items():
        text = runner.about(path)
        assert f"python packaging/models/run.py {name}" in text, name
        read = "sys.argv" in path.read_text()
        assert not read or runner.needed(name, text) or f"{name} [" in text, name


def test_a_wrong_name_is_said_so() -> None:
    told = _called("instrument.biuld")
    assert told.returncode == 2
    assert "there is no script 'instrument.biuld'. Did you mean instrument.build" in told.stderr
    assert "Traceback" not in told.stderr
    told = _called()
    assert told.returncode == 2
    assert "Scripts:" in told.stdout


@pytest.mark.parametrize("name", ["tags/build", "composer.scores", "instrument/judge/clips.py"])
def test_help_and_missing_arguments_show_the_usage(name: str) -> None:
    told = _called(name, "--help")
    assert (told.returncode, told.stderr) == (0, "")
    dotted = name.removesuffix(".py").replace("/", ".")
    assert f"run.py {dotted} " in told.stdout
    lacking = _called(name)
    assert lacking.returncode == 2
    assert f"run.py: {dotted} also needs" in lacking.stderr
    assert told.stdout.strip() in lacking.stderr
    assert "Traceback" not in lacking.stderr


def test_arguments_in_brackets_may_be_left_out(runner: ModuleType) -> None:
    text = "Does it.\n\n    python run.py a.b FIRST SECOND.npz MORE... [OTHER...] [--judge]\n\nX."
    assert runner.needed("a.b", text) == ["FIRST", "SECOND.npz", "MORE..."]


def test_a_script_runs_as_a_module_with_its_arguments(tmp_path: Path) -> None:
    """With an empty folder it gets as far as the file it reads first, in code of another folder."""
    told = _called("composer.sounds", str(tmp_path))
    assert told.returncode == 1
    assert f"No such file or directory: '{tmp_path / 'pieces.json'}'" in told.stderr
    assert "composer/sounds.py" in told.stderr


def test_what_is_missing_is_named(runner: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "argv", ["run.py"])

    def lacks(error: Exception) -> None:
        def run(*_: object, **__: object) -> None:
            raise error

        monkeypatch.setattr(runner.runpy, "run_module", run)

    lacks(ModuleNotFoundError(name="music21.corpus"))
    with pytest.raises(SystemExit, match=r"instrument\.build needs music21, which is not inst"):
        runner.run("instrument.build", [])
    lacks(FileNotFoundError(2, "No such file", "fluidsynth"))
    with pytest.raises(SystemExit, match="needs fluidsynth, which is not here"):
        runner.run("instrument.build", [])
    # What should be here and is not is a fault of ours, and shows where.
    lacks(ModuleNotFoundError(name="instrument.gone"))
    with pytest.raises(ModuleNotFoundError):
        runner.run("instrument.build", [])
    lacks(FileNotFoundError(2, "No such file", "/data/pieces.json"))
    with pytest.raises(FileNotFoundError):
        runner.run("instrument.build", [])


@pytest.mark.usefixtures("on_path")
@pytest.mark.parametrize("name", MODULES)
def test_every_module_imports(name: str) -> None:
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] not in FOREIGN:
            raise
        pytest.skip(f"needs {error.name}")
    assert module.__file__ == str(MODULES[name])


def test_no_script_finds_its_own_way() -> None:
    """Where things are is known to run.py and project.py alone."""
    for name, path in MODULES.items():
        source = ast.parse(path.read_text())
        names = {node.id for node in ast.walk(source) if isinstance(node, ast.Name)}
        assert "__file__" not in names, name
        paths = [node for node in ast.walk(source) if ast.unparse(node) == "sys.path"]
        assert not paths, name


def test_documents_name_scripts_that_are_there(runner: ModuleType) -> None:
    known, named = runner.scripts(), 0
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        text = path.read_text(encoding="utf-8")
        for script in re.findall(r"(?:models/run\.py|\$run) (\w[\w./]*)", text):
            named += 1
            assert script in known, f"{path.name}: {script}"
        for place in re.findall(r"packaging/[\w/]+\.py", text):
            assert (ROOT / place).is_file(), f"{path.name}: {place}"
    assert named > 10
