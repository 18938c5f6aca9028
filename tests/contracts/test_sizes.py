"""Small modules, functions short enough to read at once."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FUNCTION_LINES, FILE_LINES, CLASS_LINES = 40, 300, 250

# What may be longer, and why.
EXCEPTIONS: dict[str, str] = {}


def _sources() -> list[Path]:
    return sorted(
        path
        for folder in ("engine", "desktop", "resources", "packaging")
        for path in (ROOT / folder).rglob("*.py")
    )


def _lines(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> int:
    """Lines of a definition without its docstring."""
    total = (node.end_lineno or node.lineno) - node.lineno + 1
    first = node.body[0]
    if ast.get_docstring(node, clean=False) is not None:
        total -= (first.end_lineno or first.lineno) - first.lineno + 1
    return total


def _too_long(path: Path) -> Iterator[str]:
    name = path.relative_to(ROOT).as_posix()
    text = path.read_text(encoding="utf-8")
    if text.count("\n") > FILE_LINES:
        yield f"{name}: {text.count(chr(10))} lines"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            limit = FUNCTION_LINES
        elif isinstance(node, ast.ClassDef):
            limit = CLASS_LINES
        else:
            continue
        if _lines(node) > limit and f"{name}:{node.name}" not in EXCEPTIONS:
            yield f"{name}:{node.lineno} {node.name}: {_lines(node)} lines (at most {limit})"


def test_sources_are_found() -> None:
    assert any(path.name == "errors.py" for path in _sources())


@pytest.mark.parametrize("folder", ["engine", "desktop", "resources", "packaging"])
def test_nothing_is_too_long(folder: str) -> None:
    found = [
        line
        for path in _sources()
        if path.is_relative_to(ROOT / folder)
        for line in _too_long(path)
    ]
    assert not found, "\n".join(found)


def test_packaging_is_no_python_package() -> None:
    # It would shadow the library of that name that pip and PyInstaller use.
    assert not list((ROOT / "packaging").rglob("__init__.py"))
