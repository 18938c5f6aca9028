"""The pictures of README and docs: all are made by the script, all are there, and small."""

import ast
import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest
from PySide6.QtGui import QColor, QImage, QPainter

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "packaging" / "pictures"


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, PICTURES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def mentioned() -> set[str]:
    """Pictures that README and docs show or lead to."""
    texts = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    shown = r"""(?:\]\(|src="|srcset=")([^)"\s#]+\.png)"""
    links = (re.findall(shown, path.read_text("utf-8")) for path in texts)
    return {Path(link).name for found in links for link in found}


def test_every_picture_is_made_by_the_script_or_named_as_made_elsewhere() -> None:
    wanted = load("wanted")
    made = {*wanted.DOCS, *wanted.ELSEWHERE}
    assert mentioned() <= made
    assert made == {path.name for path in (ROOT / "docs").glob("*.png")}


def test_every_state_is_taken_somewhere() -> None:
    wanted = load("wanted")
    taken = {
        node.args[0].value
        for path in PICTURES.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "take"
        and isinstance(node.args[0], ast.Constant)
    }
    assert {shown.state for shown in wanted.DOCS.values()} <= taken
    assert {shown.appearance for shown in wanted.DOCS.values()} <= set(wanted.APPEARANCES)


def test_the_pictures_are_small() -> None:
    wanted = load("wanted")
    for name in wanted.DOCS:
        path = ROOT / "docs" / name
        assert path.stat().st_size <= wanted.MOST_BYTES, name
        size = QImage(str(path)).size()
        assert (size.width(), size.height()) == wanted.SIZE, name


def test_few_colours_are_kept_as_they_are() -> None:
    palette = load("palette")
    image = QImage(300, 200, QImage.Format.Format_RGB32)
    image.fill(QColor("#16181d"))
    painter = QPainter(image)
    for number in range(100):
        painter.fillRect(3 * number, 50, 3, 40, QColor.fromHsv(3 * number, 200, 220))
    painter.end()
    kept = QImage.fromData(palette.small_png(image, 20_000))
    assert (palette.rgb(kept) == palette.rgb(image)).all()
    with pytest.raises(ValueError, match="bytes even with"):
        palette.small_png(image, 200)
