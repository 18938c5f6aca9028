"""Attacks Earmark with broken input: ``make attack``.

python -m tests.robustness.attack               ten times what every test run tries
python -m tests.robustness.attack sounds        of one kind
python -m tests.robustness.attack sounds:17     one input again; it is kept, and shown how it failed
python -m tests.robustness.attack sounds:0-99   some of them
"""

import os
import sys
import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.robustness.watch import KINDS, Outcome, Tally, attack

_TIMES = 10
_BATCH = 100  # inputs of a victim


def main(words: Sequence[str]) -> int:
    """Attack; gives the exit code."""
    if len(words) == 1 and ":" in words[0] and "-" not in words[0]:
        return _again(words[0])
    work = [batch for word in words or KINDS for batch in _batches(word)]
    tally = Tally()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for outcomes in pool.map(lambda one: list(attack(*one)), work):
            for outcome in outcomes:
                tally.add(outcome)
                if outcome.faults:
                    print(f"{outcome}{_last(outcome)}", flush=True)
    print(tally)
    return 1 if tally.failed else 0


def _batches(word: str) -> Iterable[tuple[str, range]]:
    kind, _, some = word.partition(":")
    first, _, last = some.partition("-")
    seeds = range(int(first), int(last) + 1) if some else range(_TIMES * KINDS[kind])
    return [(kind, seeds[at : at + _BATCH]) for at in range(0, len(seeds), _BATCH)]


def _last(outcome: Outcome) -> str:
    """The place in our code that an exception came through last."""
    ours = [line.strip() for line in outcome.trace.splitlines() if "/engine/" in line]
    return f"  [{ours[-1].partition('/engine/')[2]}]" if ours else ""


def _again(word: str) -> int:
    kind, _, seed = word.partition(":")
    folder = Path(tempfile.mkdtemp(prefix="earmark-attack-"))
    (outcome,) = attack(kind, [int(seed)], folder, keep=True)
    print(outcome.what)
    print(outcome.trace, end="")
    print("; ".join(outcome.faults) or outcome.refusal or "used as it should be")
    print(f"Kept in {folder}/victim-0/inputs/{kind}-{seed}")
    return 1 if outcome.faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
