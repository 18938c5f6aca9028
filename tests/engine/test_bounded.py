"""Text that others wrote is read within limits, and what is beyond them is one clear error."""

import json
import os
import time
from pathlib import Path

import pytest

from engine.bounded import MOST_DEPTH, parse_json, parse_toml, read_json, read_toml
from engine.errors import DataError, ModelError, RecipeError

DEEP = "[" * 100_000
BAD_JSON = {
    "brackets": DEEP,
    "closed brackets": DEEP + "]" * 100_000,
    "just too deep": "[" * (MOST_DEPTH + 1) + "]" * (MOST_DEPTH + 1),
    "objects": '{"a":' * 5000 + "1" + "}" * 5000,
    "digits": "9" * 5000,
    "digits in a list": f"[1, -{'9' * 400}]",
    "exponent": '{"rate": 1e999}',
    "negative exponent": '{"rate": -1e999}',
    "NaN": "[NaN]",
    "Infinity": "[-Infinity]",
    "key": json.dumps({"k" * 100_000: 1}),
    "surrogate": '["\\ud800"]',
    "surrogate in a key": '{"\\udfff": 1}',
    "zero byte": '["a\\u0000b"]',
    "nothing": "",
    "cut": '{"a": [1, 2',
    "no UTF-8": b"\xff\xfe\x00",
    "too many values": "[" + "0," * 2_000_000 + "0]",
    "too long": " " * 10_000_001 + "1",
}
BAD_TOML = {
    "brackets": f"a={DEEP}",
    "tables": "a=" + "{a=" * 500 + "1" + "}" * 500,
    "digits": f"a = {'9' * 5000}",
    "number": f"a = {'9' * 25}",
    "hexadecimal": f"a = 0x{'F' * 100}",
    "inf": "a = inf",
    "nan": "a = {b = [-nan]}",
    "dotted": ".".join("a" * 50_000) + " = 1",
    "dotted with spaces": " . ".join("a" * 50_000) + " = 1",
    "dotted and quoted": ".".join(['"a"'] * 30_000) + " = 1",
    "dotted literals": ".".join(["'a'"] * 30_000) + " = 1",
    "dotted header": "[" + ".".join("a" * 50_000) + "]",
    "key": "k" * 100_000 + " = 1",
    "no TOML": "a = ",
    "no UTF-8": b"a = '\xff'",
    "zero byte": 'a = "\\u0000"',
}


@pytest.mark.parametrize("text", BAD_JSON.values(), ids=BAD_JSON)
def test_json_beyond_limits_is_one_clear_error(text):
    start = time.process_time()
    with pytest.raises(ModelError, match=r"^card\.json (cannot|is) .*\.$"):
        parse_json(text, "card.json", ModelError)
    assert time.process_time() - start < 5


@pytest.mark.parametrize("text", BAD_TOML.values(), ids=BAD_TOML)
def test_toml_beyond_limits_is_one_clear_error(text):
    start = time.process_time()
    with pytest.raises(RecipeError, match=r"^r\.toml (cannot be read|is not valid TOML): .*\.$"):
        parse_toml(text, "r.toml", RecipeError)
    assert time.process_time() - start < 5


def test_what_is_plain_comes_back_as_it_is():
    plain = {"a": [1, 2.5, None, True, "ü" * 3], "b": {"c": -(2**63)}}
    assert parse_json(json.dumps(plain), "plain") == plain
    assert parse_json("\ufeff[1]".encode(), "with a byte order mark") == [1]
    assert parse_toml("\ufeffa.b = 1\nt = '''a.b.c\n. . .'''".encode(), "plain")["a"] == {"b": 1}
    assert parse_json("[Infinity]", "losses", finite=False) == [float("inf")]
    deep = "[" * MOST_DEPTH + "]" * MOST_DEPTH
    assert parse_json(deep, "as deep as can be")


def test_sentences_with_many_stops_are_no_dotted_key():
    text = 'words = "' + "One word. Two words, three. " * 200 + '"'
    assert parse_toml(text, "a description")["words"].startswith("One word.")


def test_files_that_cannot_be_read(tmp_path: Path):
    with pytest.raises(DataError, match="cannot be read: No such file"):
        read_json(tmp_path / "missing.json")
    with pytest.raises(DataError, match="not a file"):
        read_toml(tmp_path)
    with pytest.raises(DataError, match="its name is not valid"):
        read_json(Path("a\0b"))
    os.mkfifo(tmp_path / "pipe.json")
    with pytest.raises(DataError, match="not a file"):  # and does not wait for ever
        read_json(tmp_path / "pipe.json")
    (tmp_path / "large.json").write_text("[" + " " * 2000 + "]")
    with pytest.raises(DataError, match=r"too large: more than 0\.001 MB"):
        read_json(tmp_path / "large.json", most_bytes=1000)
    assert read_json(tmp_path / "large.json") == []
