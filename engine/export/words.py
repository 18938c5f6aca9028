"""Names and labels as text that any program can hold: one line, and characters that can be written.

Names of files may hold line ends, and bytes that are no UTF-8 (Python's lone surrogates). What a
line cannot hold is written as an escape, as in Python or JSON.
"""

import re

_SPECIAL = "\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff"
_UNSEEN = re.compile(f"[{_SPECIAL}]")
# A backslash is doubled only where it would be taken for an escape.
_WRITTEN = re.compile(rf"\\(?=[\\nrtu{_SPECIAL}])|[{_SPECIAL}]")
_ESCAPE = re.compile(r"\\(?:([\\nrt])|u([0-9a-f]{4}))")
_SHORT = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_MEANT = {"\\": "\\", "n": "\n", "r": "\r", "t": "\t"}


def encodable(text: str) -> str:
    r"""Text that UTF-8 can hold: what it cannot stands there as ``\udcff``, as in JSON."""
    return text.encode("utf-8", "backslashreplace").decode()


def one_line(text: str) -> str:
    r"""Text on one line and without tabs; :func:`from_one_line` gives it back.

    Examples:
        >>> print(one_line("a\nnew"))
        a\nnew
    """
    return _WRITTEN.sub(_escaped, text)


def from_one_line(text: str) -> str:
    """What :func:`one_line` was given."""
    return _ESCAPE.sub(lambda found: _MEANT.get(found[1]) or chr(int(found[2], 16)), text)


def visible(path: str) -> str:
    """A path on one line, for programs that want it as it is: its backslashes stay."""
    return _UNSEEN.sub(_escaped, path)


def _escaped(found: re.Match[str]) -> str:
    return _SHORT.get(found[0]) or f"\\u{ord(found[0]):04x}"
