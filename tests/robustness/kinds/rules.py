"""Files of rules of watching, and spans of hours: their values and their text, broken."""

import datetime
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import tomli_w

from engine.recognition.decisions import Segment
from engine.watch.rules import FIELDS, read_rules, words_of
from engine.watch.schedule import schedule_of
from engine.watch.triggers import Triggers
from tests.robustness.damage import broken_bytes, broken_value
from tests.robustness.victim import Case

_GOOD: dict[str, Any] = {
    "rule": [
        {
            "name": "Trumpet",
            "label": ["trumpet", "horn"],
            "classifier": "instrument",
            "seconds": 3,
            "probability": 0.6,
            "pause_seconds": 60.5,
            "hours": ["mon-fri 05:00-09:00", "sat,sun 22:00-04:00"],
            "notify": True,
            "record": True,
            "command": ["/usr/bin/logger", "--tag={rule}", "{label}", "{time}"],
        },
        {"name": "Any", "notify": True},
    ]
}
_PIECES = (
    "mon",
    "sun",
    "daily",
    "-",
    ",",
    " ",
    "05:00",
    "24:00",
    "99:99",
    "0:0",
    ":",
    "\u0663:\u0660\u0660",
    "\n",
)


def prepare(folder: Path) -> Callable[[random.Random, Path], Case]:
    """What makes the input of a seed."""
    del folder

    def make(rng: random.Random, place: Path) -> Case:
        if rng.random() < 0.25:
            text = "".join(rng.choice(_PIECES) for _ in range(rng.randrange(1, 8)))
            return Case(f"hours {text!r}", lambda: _keep_hours([text]))
        good = rng.random() < 0.15
        fields = json.loads(json.dumps(_GOOD))
        what = "as it is" if good else broken_value(rng, fields)
        name, data = "broken.toml", b""
        try:
            data = tomli_w.dumps(fields).encode()
        except (TypeError, ValueError, AttributeError):  # what TOML cannot say, JSON may
            name = "broken.json"
            data = json.dumps(fields, default=str).encode("utf-8", "replace")
        if not good and rng.random() < 0.3:
            what, data = broken_bytes(rng, data)
        path = place / name
        path.write_bytes(data)
        return Case(f"{name}, {what}", lambda: use(path), refusable=not good, untouched=(path,))

    return make


def use(path: Path) -> None:
    """Read the rules, and let them judge and speak."""
    rules = read_rules(path)
    triggers = Triggers(rules)
    for rule in rules:
        label = next(iter(rule.labels), "any")
        triggers.whole({rule.classifier: [Segment(0.0, 1e6, label, 1.0)]}, 1.7e9)
        if rule.command:
            words = words_of(rule.command, dict.fromkeys(FIELDS, "--$(x)\n{label}"))
            assert len(words) == len(rule.command), "a field became more than its argument"
            assert words[0] == rule.command[0], "a field became the program"
            assert all("\n" not in word for word in words[1:] if "\n" not in "".join(rule.command))
        rule.hours.next_change(datetime.datetime(2024, 2, 28, 23, 59))


def _keep_hours(texts: list[str]) -> None:
    schedule = schedule_of(texts)
    moment = datetime.datetime(2024, 1, 1)
    for _ in range(20):
        change = schedule.next_change(moment)
        if change is None:
            return
        assert change > moment, "time stands still"
        assert schedule.listens_at(change) != schedule.listens_at(moment), "nothing changes"
        moment = change
