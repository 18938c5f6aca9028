"""Markdown of the documentation site as Qt's own reader takes it."""

import re
from pathlib import Path

_KEYS = re.compile(r"\+\+([a-z0-9+\-]+?)\+\+")
_PICTURE = re.compile(r"!\[([^\]]*)\]\(([^)#\s]+)(#only-(light|dark))?\)")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_NAMES = {
    "comma": ",",
    "delete": "Delete",
    "page-down": "PgDown",
    "page-up": "PgUp",
    "ctrl": "Ctrl",
    "esc": "Esc",
    "enter": "Enter",
    "space": "Space",
    "shift": "Shift",
}


def for_reading(text: str, folder: Path, *, dark: bool) -> str:
    """The text without what only the site understands.

    Args:
        text: a page of the documentation.
        folder: where the page lies; pictures that are not there are left out.
        dark: which of two pictures is shown, where there is one for each appearance.
    """

    def picture(found: re.Match[str]) -> str:
        words, name, _, only = found.groups()
        there = (folder / name).is_file() and only in (None, "dark" if dark else "light")
        return f"![{words}]({name})" if there else ""

    text = _COMMENT.sub("", text)
    text = _PICTURE.sub(picture, text)
    return _KEYS.sub(lambda found: f"**{_keys(found.group(1))}**", text)


def _keys(written: str) -> str:
    return "+".join(_NAMES.get(key, key.capitalize()) for key in written.split("+"))


def title_of(text: str) -> str:
    """The first heading; empty: there is none."""
    found = re.search(r"^# (.+)$", text, re.MULTILINE)
    return found.group(1).strip() if found else ""


def anchor(heading: str) -> str:
    """How a link names a heading, as the site does."""
    kept = re.sub(r"[^\w\s-]", "", heading.lower()).strip()
    return re.sub(r"[\s-]+", "-", kept)
