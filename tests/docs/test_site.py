"""The documentation site: its generated pages, its navigation, and that it needs no network."""

import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import typer.main
import yaml

import engine
from engine.cli.app import app

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"


@pytest.fixture(scope="module")
def pages() -> ModuleType:
    path = ROOT / "packaging" / "documentation" / "pages.py"
    spec = importlib.util.spec_from_file_location("pages", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _commands(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    yield name, command
    for word, inner in getattr(command, "commands", {}).items():
        if not inner.hidden:
            yield from _commands(f"{name} {word}", inner)


def test_the_reference_has_every_command_with_every_option(pages: ModuleType) -> None:
    parts = re.split(r"^#+ (earmark.*)\n", pages.command_line(), flags=re.MULTILINE)
    sections = dict(zip(parts[1::2], parts[2::2], strict=True))
    found = dict(_commands("earmark", typer.main.get_command(app)))
    assert len(found) > 20
    assert list(sections) == list(found)
    for name, command in found.items():
        assert command.help is None or command.help.strip()[:40] in sections[name]
        for parameter in command.params:
            if parameter.param_type_name == "option" and parameter.name != "help":
                assert f"`{parameter.opts[0]}`" in sections[name], name
    assert "One of `table`, `csv`, `json`" in sections["earmark classify"]
    assert "| `genre` |" in sections["earmark why"]


def test_the_python_reference_has_every_public_name() -> None:
    text = (DOCS / "reference" / "python.md").read_text(encoding="utf-8")
    named = {line.rpartition(".")[2] for line in text.splitlines() if line.startswith(":::")}
    assert set(engine.__all__) <= named


def test_every_page_is_in_the_navigation(pages: ModuleType) -> None:
    config = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    listed = set(re.findall(r"[\w/-]+\.md", str(config["nav"])))
    written = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")}
    assert listed == written | {pages.COMMAND_LINE, "contributing.md", "changelog.md"}
    assert config["theme"]["font"] is False


def _there(name: str, appearance: str) -> bool:
    return (DOCS / f"{Path(name).name}-{appearance}.png").exists()


def test_pictures_have_a_light_and_a_dark_form() -> None:
    for path in DOCS.rglob("*.md"):
        shown = re.findall(r"\]\(([^)]+)-(light|dark)\.png(#only-\w+)?\)", path.read_text("utf-8"))
        forms: dict[str, set[str]] = {}
        for name, appearance, only in shown:
            if not only and not _there(name, "light" if appearance == "dark" else "dark"):
                continue  # one picture serves both
            assert only == f"#only-{appearance}", f"{path.name}: {name}"
            forms.setdefault(name, set()).add(appearance)
        assert all(form == {"light", "dark"} for form in forms.values()), path.name


def test_the_readme_is_short() -> None:
    """It says what Earmark is and where to read on; the rest is in docs/."""
    words = len((ROOT / "README.md").read_text(encoding="utf-8").split())
    assert 400 < words < 700


@pytest.mark.parametrize("name", ["accuracy.md", "benchmarks.md"])
def test_figures_begin_with_a_summary(name: str) -> None:
    headings = re.findall(r"^#+ (.+)$", (DOCS / name).read_text("utf-8"), flags=re.MULTILINE)
    assert headings[1] == "Summary"
