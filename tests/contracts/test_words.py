"""What a reader sees is plain English: phrases that once were there do not come back."""

import ast
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from safetensors import safe_open

ROOT = Path(__file__).parents[2]
# Each is a regular expression, looked for without regard to case; beside it what is said instead.
STILTED = {
    r"\bbroken off\b": "interrupted",
    r"\bbrings along\b": "comes with",
    r"\bcounts? as heard\b": "is reported",
    r"\bdoes not listen any more\b": "disabled",
    r"\bfigures (flatter|mean nothing)\b": "results are too optimistic",
    r"\bgetting ready\b": "preparing",
    r"\bgoe?s? on from (here|there|its)\b|\bto go on\b|\bgo on with\b": "resume, continue",
    r"\bhead on a music tagger\b": "quick training",
    r"\bhere stands\b": "appears here",
    r"\bhow sure it may be\b": "reliability",
    r"\bis none of (the|its|these) classes\b": "belongs to no class",
    r"(?<!there )\bis no (classifier|copy|data set|device|folder|number|plain|range|run|sound)\b":
        "is not a",
    r"\bknown are\b": "available",
    r"\b(is|it|stands?|put) on (both|two) sides\b": "in two parts",
    r"\bmakers\b.*\breport\b|\bto the makers\b": "to the developers",
    r"\bmake room\b": "free some space",
    r"\bnear means alike\b|\bfar says little\b": "nearby sounds are similar",
    r"\bnobody foresaw\b": "unexpected",
    r"\bno numbers\b": "invalid (NaN or infinite)",
    r"\bnothing I know\b": "unknown",
    r"\bnothing for most of the time\b": "no clear label",
    r"\bnumbers? (is|are|to be|to)? ?learn(ed)?\b": "trainable parameters",
    r"\bruns of earlier\b": "earlier runs",
    r"\bshare right\b": "accuracy",
    r"\bspoke(n)? (for|against)\b": "evidence for",
    r"\bsure(st)? are listed\b|\bthe surest\b": "the most confident",
    r"\btaken as silence\b": "replaced by silence",
    r"\btells? music from\b": "separates music from",
    r"\bthe test (knows|would know)\b": "test and training data overlap",
    r"\bthis is no\b": "not a",
    r"\btrials (that )?are done\b|\btrials that are done\b": "finished trials",
    r"\bwas taken for\b|\bwere taken for\b": "predicted as",
    r"\bwhat was confused\b": "confusion matrix",
    r"\bwhat was heard\b": "detected labels, predictions",
    r"\bwhat the original got wrong\b": "known mistakes of the original",
    r"\bwindows? to (learn from|choose|judge)\b|\blearned from, .* to choose\b":
        "training, validation, test windows",
    r"\(a trap[;)]": "a known mistake",
}  # fmt: skip
# Not wrong in a page on the code, but stiff on a button or in an error.
STIFF = {r"\banew\b": "again", r"\bholds? no\b(?! longer)": "contains no"}


def _strings(path: Path) -> Iterator[tuple[int, str]]:
    """All text in a module that people read: literals, and the first lines of public docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    silent = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = [v.value if isinstance(v, ast.Constant) else "{}" for v in node.values]
            yield node.lineno, "".join(map(str, parts))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            if id(node) not in silent:
                yield node.lineno, node.value
        elif isinstance(node, documented) and not getattr(node, "name", "").startswith("_"):
            text = ast.get_docstring(node) or ""
            # What commands say is shown as their help, all of it.
            whole = "cli" in path.parts and not isinstance(node, ast.Module)
            yield getattr(node, "lineno", 1), text if whole else text.split("\n")[0]


def _resources() -> Iterator[tuple[str, str]]:
    for path in sorted((ROOT / "resources" / "recipes").glob("*.toml")):
        for text in _leaves(tomllib.loads(path.read_text(encoding="utf-8"))):
            yield path.name, text
    for path in sorted((ROOT / "resources" / "models").glob("*.safetensors")):
        with safe_open(path, framework="numpy") as file:
            card = json.loads(file.metadata()["card"])
        for text in _leaves(card):
            yield path.name, text
    for path in sorted((ROOT / "resources" / "templates").glob("*.html")):
        yield path.name, path.read_text(encoding="utf-8")


def _leaves(values: object) -> Iterator[str]:
    if isinstance(values, str):
        yield values
    elif isinstance(values, dict):
        for value in values.values():
            yield from _leaves(value)
    elif isinstance(values, list):
        for value in values:
            yield from _leaves(value)


def _found(place: str, text: str, phrases: dict[str, str]) -> list[str]:
    plain = " ".join(text.replace("&", "").split())
    return [
        f"{place}: '{match.group()}' in {plain[:90]!r}; say: {better}"
        for pattern, better in phrases.items()
        if (match := re.search(pattern, plain, re.IGNORECASE))
    ]


@pytest.mark.parametrize("room", ["engine", "desktop"])
def test_texts_of_the_program_are_plain_english(room: str) -> None:
    found = [
        line
        for path in sorted((ROOT / room).rglob("*.py"))
        for number, text in _strings(path)
        for line in _found(f"{path.relative_to(ROOT)}:{number}", text, STILTED | STIFF)
    ]
    assert not found, "\n".join(found)


def test_recipes_cards_and_templates_are_plain_english() -> None:
    found = [line for place, text in _resources() for line in _found(place, text, STILTED | STIFF)]
    assert not found, "\n".join(found)


def test_the_documentation_is_plain_english() -> None:
    found = [
        line
        for path in [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
        for number, text in enumerate(path.read_text(encoding="utf-8").split("\n"), start=1)
        for line in _found(f"{path.relative_to(ROOT)}:{number}", text, STILTED)
    ]
    assert not found, "\n".join(found)
