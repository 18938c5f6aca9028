"""The words on the bundled cards are those that the scripts would write."""

import importlib
from pathlib import Path
from types import ModuleType

import pytest

from engine.classifier.catalog import DEFAULT, Catalog
from engine.classifier.file import read_header, with_card

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def cards(on_path: None) -> ModuleType:
    return importlib.import_module("cards")


def test_bundled_cards_say_what_was_measured(cards: ModuleType) -> None:
    for name, words in cards.LIMITS.items():
        assert Catalog().find(name).card.limits == words, f"run.py cards {name}"


def test_the_composer_that_is_not_right_about_recordings_says_so(cards: ModuleType) -> None:
    assert "composer" not in DEFAULT
    assert "attributed none to Bach" in Catalog().find("composer").card.limits


def test_another_card_changes_no_tensor(tmp_path: Path) -> None:
    path = ROOT / "resources" / "models" / "composer.safetensors"
    card = read_header(path).card
    assert with_card(path, card) == path.read_bytes()
    other = tmp_path / "composer.safetensors"
    other.write_bytes(with_card(path, card.model_copy(update={"limits": "none"})))
    assert read_header(other).card.limits == "none"
    assert read_header(other).tensors == read_header(path).tensors
    assert other.read_bytes().endswith(path.read_bytes()[-1000:])


def test_the_card_of_instruments_names_the_scripts_that_made_it(
    cards: ModuleType, runner: ModuleType
) -> None:
    card = Catalog().find("instrument").card
    assert card.recipe is not None
    names = str(card.recipe["scripts"]).split(", ")
    assert len(names) > 1
    assert set(names) <= set(runner.scripts())
    again = card.model_copy(update={"recipe": cards.with_script(card, names[0])})
    assert again.recipe == {**card.recipe, "scripts": ", ".join([*names[1:], names[0]])}
    none = card.model_copy(update={"recipe": None})
    assert cards.with_script(none, "a.b") == {"scripts": "a.b"}
