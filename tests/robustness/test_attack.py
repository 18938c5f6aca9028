"""Whatever is broken is refused in our words or used rightly: nothing else ever happens."""

import sys

import pytest

from tests.robustness.kinds.faulty import DOES
from tests.robustness.watch import KINDS, attack

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits and /proc are Linux's")


@pytest.mark.parametrize("kind", KINDS)
def test_broken_input_is_refused_or_used_rightly(kind: str) -> None:
    outcomes = list(attack(kind, range(KINDS[kind])))
    assert [outcome.seed for outcome in outcomes] == list(range(KINDS[kind]))
    failed = [str(outcome) for outcome in outcomes if outcome.faults]
    again = "To see one again: .venv/bin/python -m tests.robustness.attack KIND:SEED"
    assert not failed, "\n".join([*failed, again])
    # An attack that is always refused, or never, has not tried much.
    refused = sum(bool(outcome.refusal) for outcome in outcomes)
    assert refused < 0.95 * len(outcomes)


def test_what_may_not_happen_is_seen() -> None:
    outcomes = list(attack("faulty", range(len(DOES) + 1), seconds=1.0))
    for outcome, (act, words) in zip(outcomes, DOES, strict=False):
        assert outcome.what == act.__name__
        said = "; ".join(outcome.faults)
        assert words in said, outcome
        assert bool(said) == bool(words)
    assert outcomes[-1].faults == ["refused: It is damaged. Copy it again."]


def test_a_seed_gives_the_same_input_each_time() -> None:
    first = {outcome.seed: outcome.what for outcome in attack("tables", range(6))}
    again = {outcome.seed: outcome.what for outcome in attack("tables", [5, 2])}
    assert again == {seed: first[seed] for seed in (5, 2)}
    assert len(set(first.values())) > 4


def test_every_format_is_attacked() -> None:
    from engine.audio.formats import EXTENSIONS
    from tests.robustness.kinds.sounds import bases

    tried = {base.suffix for base in bases()}
    same = {".wave": ".wav", ".bwf": ".wav", ".aif": ".aiff", ".nist": ".sph", ".oga": ".ogg"}
    same |= {".snd": ".au", ".aifc": ".aiff", ".spx": ".ogg"}
    assert {same.get(ending, ending) for ending in EXTENSIONS} <= tried
