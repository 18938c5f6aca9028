"""Runs one of the scripts that make and judge the bundled classifiers and sounds.

    python packaging/models/run.py SCRIPT [ARGUMENTS...]

SCRIPT is a place under packaging/models or packaging/sounds, with dots or slashes and without
".py": instrument.build, composer/sounds, make_sounds. "SCRIPT --help" tells what it does and needs.

The scripts share code without being installed: only here are their folders put on Python's path.
A script runs as a module, so that none stands in for a library's module of its own name.
"""

import ast
import difflib
import re
import runpy
import sys
from pathlib import Path

PACKAGING = Path(__file__).resolve().parents[1]
_FOLDERS = (PACKAGING / "models", PACKAGING / "sounds")
# What scripts import from: each other, the project's facts (project.py), the engine.
PLACES = [str(place) for place in (*_FOLDERS, PACKAGING, PACKAGING.parent)]


def scripts() -> dict[str, Path]:
    """The scripts by name: modules that do something when they are run."""
    return {
        ".".join(path.relative_to(folder).with_suffix("").parts): path
        for folder in _FOLDERS
        for path in sorted(folder.rglob("*.py"))
        if path != Path(__file__).resolve()
        and re.search(r"^if __name__ == ", path.read_text(encoding="utf-8"), re.MULTILINE)
    }


def about(path: Path) -> str:
    """What a script says of itself, without importing it: what it needs may be missing."""
    return ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""


def needed(name: str, text: str) -> list[str]:
    """The arguments that a script cannot do without, by its line of usage."""
    usage = re.search(rf"run\.py {re.escape(name)}((?: [\w\[\]./-]+)*)", text)
    return re.sub(r"\[[^]]*\]", "", usage[1]).split() if usage else []


def run(name: str, arguments: list[str]) -> None:
    """Run a script as if it were called by itself."""
    sys.path[:0] = PLACES
    sys.argv = [name, *arguments]
    try:
        runpy.run_module(name, run_name="__main__", alter_sys=True)
    except ModuleNotFoundError as error:
        ours = {place.stem for folder in map(Path, PLACES) for place in folder.iterdir()}
        missing = (error.name or "").split(".")[0]
        if missing in ours:
            raise
        sys.exit(f"{name} needs {missing}, which is not installed here. See: run.py {name} --help")
    except FileNotFoundError as error:
        if Path(str(error.filename)).name != str(error.filename):
            raise
        sys.exit(f"{name} needs {error.filename}, which is not here. See: run.py {name} --help")


def main(words: list[str]) -> int:
    """Run the script that is named, or say why not: 0, or 2 where the words are wrong."""
    known = scripts()
    name = words[0].removesuffix(".py").replace("/", ".") if words else "--help"
    if name in ("-h", "--help"):
        print(f"{__doc__}\nScripts:\n  " + "\n  ".join(known))
        return 0 if words else 2
    if name not in known:
        near = difflib.get_close_matches(name, known, cutoff=0.5)
        hint = f"Did you mean {' or '.join(near)}?" if near else "run.py --help lists them all."
        print(f"run.py: there is no script {words[0]!r}. {hint}", file=sys.stderr)
        return 2
    text = about(known[name])
    if {"-h", "--help"} & set(words[1:]):
        print(text)
        return 0
    wanted = needed(name, text)
    given = [word for word in words[1:] if not word.startswith("--")]
    if len(given) < len(wanted):
        lacking = " ".join(wanted[len(given) :])
        print(f"{text}\n\nrun.py: {name} also needs {lacking}", file=sys.stderr)
        return 2
    run(name, words[1:])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
