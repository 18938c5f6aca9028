"""Recipes as TOML text, and the reference page of their fields."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import tomli_w
from pydantic import BaseModel

from engine.recipes.recipe import Recipe


def to_toml(recipe: Recipe, *, whole: bool = False) -> str:
    """A recipe as TOML that :func:`engine.recipes.recipe.read_recipe` reads back.

    Args:
        recipe: what to write.
        whole: also the fields that are as they are by default.
    """
    fields = recipe.model_dump(mode="json", exclude_defaults=not whole)
    return tomli_w.dumps(_told(fields))


def _told(values: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is not set: TOML has no word for it."""
    return {
        key: _told(value) if isinstance(value, Mapping) else value
        for key, value in values.items()
        if value is not None
    }


def reference() -> str:
    """Every field of a recipe, with what it means and its default, as Markdown."""
    lines = [
        "# Recipes, field by field",
        "",
        "Made by `earmark recipes reference` from `engine/recipes/recipe.py`; a test holds it so.",
        "A field is set by `--set table.field=value` or in the TOML file.",
        "",
    ]
    for title, kind in _tables(Recipe, ""):
        lines += [f"## {title or 'The recipe itself'}", "", (kind.__doc__ or "").split("\n")[0], ""]
        lines += ["| field | default | what it is |", "| --- | --- | --- |"]
        for name, field in kind.model_fields.items():
            default = "" if field.is_required() else field.get_default(call_default_factory=True)
            if isinstance(default, BaseModel):
                continue
            shown = "needed" if field.is_required() else f"`{json.dumps(default)}`"
            choices = _choices(field.annotation)
            words = " ".join(part for part in (field.description, choices) if part)
            lines.append(f"| `{name}` | {shown} | {words} |")
        lines.append("")
    return "\n".join(lines)


def _tables(kind: type[BaseModel], path: str) -> Iterator[tuple[str, type[BaseModel]]]:
    yield path, kind
    for name, field in kind.model_fields.items():
        for inner in (field.annotation, *getattr(field.annotation, "__args__", ())):
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                yield from _tables(inner, f"{path}.{name}".strip("."))


def _choices(annotation: Any) -> str:
    values = [v for v in getattr(annotation, "__args__", ()) if isinstance(v, str)]
    return f"One of {', '.join(f'`{value}`' for value in values)}." if values else ""
