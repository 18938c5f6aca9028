"""Small modules, functions short enough to read at once."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("engine", "desktop", "packaging")
# Tests, documents and data may be longer.
FUNCTION_LINES, FILE_LINES, CLASS_LINES = 40, 500, 350


def _sources(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def _lines(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> int:
    """Lines of a definition without its docstring."""
    total = (node.end_lineno or node.lineno) - node.lineno + 1
    first = node.body[0]
    if ast.get_docstring(node, clean=False) is not None:
        total -= (first.end_lineno or first.lineno) - first.lineno + 1
    return total


def _too_long(name: str, text: str) -> Iterator[str]:
    if text.count("\n") > FILE_LINES:
        yield f"{name}: {text.count(chr(10))} lines (at most {FILE_LINES})"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            limit = FUNCTION_LINES
        elif isinstance(node, ast.ClassDef):
            limit = CLASS_LINES
        else:
            continue
        if _lines(node) > limit:
            yield f"{name}:{node.lineno} {node.name}: {_lines(node)} lines (at most {limit})"


@pytest.mark.parametrize("folder", FOLDERS)
def test_nothing_is_too_long(folder: str) -> None:
    assert _sources(folder)
    found = [
        line
        for path in _sources(folder)
        for line in _too_long(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))
    ]
    assert not found, "\n".join(found)


def test_what_is_too_long_is_seen() -> None:
    def function(lines: int) -> str:
        return 'def f() -> None:\n    """Of it.\n\n    More."""\n' + "    pass\n" * (lines - 1)

    def kind(lines: int) -> str:
        return "class C:\n" + "    x = 1\n" * (lines - 1)

    fits = function(FUNCTION_LINES) + kind(CLASS_LINES)
    assert list(_too_long("a.py", fits)) == []
    assert list(_too_long("a.py", function(FUNCTION_LINES + 1))) == [
        "a.py:1 f: 41 lines (at most 40)"
    ]
    assert list(_too_long("a.py", kind(CLASS_LINES + 1))) == ["a.py:1 C: 351 lines (at most 350)"]
    inside = "class C:\n" + "".join(f"    {line}\n" for line in function(41).splitlines())
    assert list(_too_long("a.py", inside)) == ["a.py:2 f: 41 lines (at most 40)"]
    assert list(_too_long("a.py", "x = 1\n" * FILE_LINES)) == []
    assert list(_too_long("a.py", "x = 1\n" * (FILE_LINES + 1))) == [
        "a.py: 501 lines (at most 500)"
    ]
