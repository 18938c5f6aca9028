"""Rules of watching, out of a small TOML or JSON file: what to do when something is heard."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.bounded import read_json, read_toml, shortened
from engine.errors import DataError
from engine.watch.schedule import ALWAYS, Schedule, schedule_of

_MOST_BYTES = 200_000
MOST_RULES = 100
_MOST_WORDS = 100  # of a command
_LONGEST = 2000  # characters of a text
FIELDS = (
    *("rule", "label", "classifier", "probability", "seconds", "time", "source", "file"),
    "recording",
)
_FIELD = re.compile(r"\{([^{}]*)\}")
# Windows runs these in a shell, which would read what a label says as commands.
_SHELL_FILES = (".bat", ".cmd")


@dataclass(frozen=True)
class Rule:
    """What to do when something is heard.

    Attributes:
        name: what it is called.
        labels: which have to be heard; one of them is enough, and none means any.
        classifier: which has to hear it; empty: any.
        seconds: for so long.
        probability: with so much at least, 0 to 1.
        pause_seconds: how long it does nothing after it did something.
        hours: when it holds.
        notify: whether to tell the person.
        record: whether to keep the sound (of a microphone).
        command: a program and its arguments, in which ``{label}`` and the like are filled in;
            empty: none.
    """

    name: str
    labels: frozenset[str] = frozenset()
    classifier: str = ""
    seconds: float = 0.0
    probability: float = 0.0
    pause_seconds: float = 60.0
    hours: Schedule = ALWAYS
    notify: bool = False
    record: bool = False
    command: tuple[str, ...] = ()

    def means(self, classifier: str, label: str) -> bool:
        """Whether a label of a classifier is one of those that have to be heard."""
        return self.classifier in ("", classifier) and (not self.labels or label in self.labels)


def read_rules(path: Path) -> tuple[Rule, ...]:
    """The rules of a file: TOML with a table ``[[rule]]`` for each, or the same as JSON.

    Raises:
        DataError: it cannot be read, or says something that no rule can say.
    """
    if path.suffix.lower() == ".json":
        found = read_json(path, most_bytes=_MOST_BYTES)
    else:
        found = read_toml(path, most_bytes=_MOST_BYTES)
    try:
        return rules_of(found)
    except DataError as error:
        raise DataError(f"{path.name}: {error}") from error


def rules_of(found: Any) -> tuple[Rule, ...]:
    """The rules that plain values say: ``{"rule": [{...}, ...]}``.

    Raises:
        DataError: they say something that no rule can say.
    """
    tables = found.get("rule") if isinstance(found, dict) and set(found) == {"rule"} else None
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise DataError("a file of rules has one table [[rule]] for each rule and nothing else.")
    if not 1 <= len(tables) <= MOST_RULES:
        raise DataError(f"there must be 1 to {MOST_RULES} rules.")
    rules = tuple(_rule(table, number) for number, table in enumerate(tables, start=1))
    names = [rule.name for rule in rules]
    for name in names:
        if names.count(name) > 1:
            raise DataError(f"two rules are named '{shortened(name)}'. Each needs its own name.")
    return rules


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > _LONGEST:
        raise ValueError("is not a text")
    return value


def _texts(value: Any) -> tuple[str, ...]:
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not 1 <= len(values) <= _MOST_WORDS:
        raise ValueError("is not a text or a list of texts")
    return tuple(_text(each) for each in values)


def _number(low: float, high: float) -> Callable[[Any], float]:
    def number(value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError("is not a number")
        if not low <= value <= high:
            raise ValueError(f"is not between {low:g} and {high:g}")
        return float(value)

    return number


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("is neither true nor false")
    return value


def _command(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError("is not a list of a program and its arguments")
    words = _texts(value)
    if _FIELD.search(words[0]):
        raise ValueError("names its program by a field; only arguments may have fields")
    if is_batch_file(words[0]):
        raise ValueError("is a batch file, which Windows runs in a shell. Name the program itself")
    for word in words[1:]:
        for field in _FIELD.findall(word):
            if field not in FIELDS:
                raise ValueError(
                    f"has the unknown field '{{{shortened(field)}}}'; available: "
                    f"{', '.join(FIELDS)}"
                )
    return words


def is_batch_file(program: str) -> bool:
    """Whether Windows would run it in a shell, which reads what a label says as commands."""
    return program.lower().rstrip(" .").endswith(_SHELL_FILES)


def _schedule(value: Any) -> Schedule:
    return schedule_of(_texts(value))


_KINDS: Mapping[str, Callable[[Any], Any]] = {
    "name": _text,
    "label": lambda value: frozenset(_texts(value)),
    "classifier": _text,
    "seconds": _number(0.0, 86_400.0),
    "probability": _number(0.0, 1.0),
    "pause_seconds": _number(0.0, 31 * 86_400.0),
    "hours": _schedule,
    "notify": _flag,
    "record": _flag,
    "command": _command,
}


def _rule(table: Mapping[str, Any], number: int) -> Rule:
    values: dict[str, Any] = {"name": f"rule {number}"}
    for key, value in table.items():
        if key not in _KINDS:
            raise DataError(
                f"rule {number} has the unknown entry '{shortened(key)}'; available: "
                f"{', '.join(_KINDS)}."
            )
        try:
            values[key] = _KINDS[key](value)
        except ValueError as problem:
            raise DataError(f"'{key}' of rule {number} {problem}.") from problem
    if "label" in values:
        values["labels"] = values.pop("label")
    rule = Rule(**values)
    if not (rule.notify or rule.record or rule.command):
        raise DataError(f"rule {number} does nothing: add notify, record or command.")
    return rule


def words_of(command: Sequence[str], fields: Mapping[str, str]) -> list[str]:
    """The program and its arguments, with fields filled in: each stays within its argument.

    What a field holds may come out of a file: it gets no control characters, and where it would
    begin an argument, no hyphens in front, which would make an option of it.

    Examples:
        >>> from engine.watch.rules import words_of
        >>> words_of(["say", "--what={label}", "{label}"], {"label": "-rf; a b"})
        ['say', '--what=-rf; a b', 'rf; a b']
    """
    clean = {
        name: "".join(character for character in text if character.isprintable())
        for name, text in fields.items()
    }
    words = [command[0]]
    for template in command[1:]:
        word = _FIELD.sub(lambda found: clean.get(found[1], ""), template)
        words.append(word.lstrip("-") if template.startswith("{") else word)
    return words
