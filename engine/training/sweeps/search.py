"""Search strategies of sweeps: grid, random and Bayesian."""

import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from engine.bounded import parse_toml
from engine.errors import RecipeError

Search = Literal["grid", "one-factor", "random", "bayes"]
_MOST_REPEATS = 100  # proposals in a row that were tried already


@dataclass(frozen=True)
class Span:
    """A field that varies: between some values, or from one number to another.

    Attributes:
        choices: the values, for a choice.
        low: smallest number, for a range.
        high: largest.
        log: whether the range is even in the logarithm.
        whole: whether only whole numbers are meant.
    """

    choices: tuple[Any, ...] = ()
    low: float = 0.0
    high: float = 0.0
    log: bool = False
    whole: bool = False

    def unique(self) -> list[Any]:
        """The choices, none of them twice."""
        return list({json.dumps(choice): choice for choice in self.choices}.values())

    def ends(self) -> list[Any]:
        """All choices, or both ends of the range."""
        ends = [int(end) if self.whole else end for end in (self.low, self.high)]
        return self.unique() or ends


class Proposer:
    """Proposes values, none of them twice.

    Args:
        spans: by the field's path.
        search: how.
        trials: how many, for random and bayes.
        seed: of the random choice.

    Raises:
        RecipeError: a range in a grid, or Optuna is missing.
    """

    def __init__(self, spans: Mapping[str, Span], search: Search, trials: int, seed: int) -> None:
        self._spans = spans
        self._left = trials
        self._known: dict[str, float | None] = {}
        self._asked: dict[str, Any] = {}
        self._study: Any = None
        self._grid: Iterator[dict[str, Any]] = iter(())
        if search in ("grid", "one-factor"):
            self._grid = iter(planned(spans, search))
        else:
            self._study = _study(search, seed)

    def next(self) -> dict[str, Any] | None:
        """Values of the next trial, None when there are no more."""
        if self._study is None:
            return next(self._grid, None)
        for _ in range(_MOST_REPEATS if self._left > 0 else 0):
            asked = self._study.ask()
            values = {path: _suggest(asked, path, span) for path, span in self._spans.items()}
            key = json.dumps(values, sort_keys=True)
            if key not in self._known:
                self._left -= 1
                self._known[key], self._asked[key] = None, asked
                return values
            self._answer(asked, self._known[key])
        return None

    def tell(self, values: Mapping[str, Any], accuracy: float | None) -> None:
        """What a trial gave: accuracy on validation, never on the test; None: it failed."""
        key = json.dumps(values, sort_keys=True)
        asked = self._asked.pop(key, None)
        if asked is not None:
            self._known[key] = accuracy
            self._answer(asked, accuracy)

    def _answer(self, asked: Any, accuracy: float | None) -> None:
        from optuna.trial import TrialState

        if accuracy is None:
            self._study.tell(asked, state=TrialState.FAIL)
        else:
            self._study.tell(asked, accuracy)


def planned(spans: Mapping[str, Span], search: Search) -> list[dict[str, Any]]:
    """The values of every trial, for ``grid`` and ``one-factor``; the others plan none.

    ``one-factor`` begins with the first value of each field, then changes one at a time.

    Raises:
        RecipeError: a range, which has no values.
    """
    if search not in ("grid", "one-factor"):
        return []
    if any(not span.choices for span in spans.values()):
        raise RecipeError("A grid needs values, such as 0.1,0.01; ranges are for random search.")
    choices = {path: span.unique() for path, span in spans.items()}
    if search == "grid":
        rows = itertools.product(*choices.values())
        return [dict(zip(spans, row, strict=True)) for row in rows]
    base = {path: values[0] for path, values in choices.items()}
    return [base, *(base | {path: v} for path, vs in choices.items() for v in vs[1:])]


def _study(search: Search, seed: int) -> Any:
    try:
        import optuna
    except ImportError as error:
        raise RecipeError(
            f"The search '{search}' needs Optuna: pip install optuna, or search a grid."
        ) from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    samplers = {"random": optuna.samplers.RandomSampler, "bayes": optuna.samplers.TPESampler}
    return optuna.create_study(direction="maximize", sampler=samplers[search](seed=seed))


def _suggest(asked: Any, path: str, span: Span) -> Any:
    if span.choices:
        # By number: Optuna takes no lists.
        return span.choices[asked.suggest_categorical(path, list(range(len(span.choices))))]
    if span.whole:
        return asked.suggest_int(path, int(span.low), int(span.high), log=span.log)
    return asked.suggest_float(path, span.low, span.high, log=span.log)


def parse_span(text: str) -> tuple[str, Span]:
    """``field=1,2,3``, ``field=0.0..0.5`` or ``field=log:1e-5..1e-1``; ``8..64``: whole numbers.

    Raises:
        RecipeError: it is none of these.
    """
    path, equals, right = (part.strip() for part in text.partition("="))
    if not (path and equals and right):
        raise RecipeError(f"'{text}' has no values. Write field=value,value or field=low..high.")
    log = right.startswith("log:")
    low, dots, high = right.removeprefix("log:").partition("..")
    if not dots:
        several = parse_value(f"[{right}]")  # as TOML first: lists hold commas themselves
        if not isinstance(several, list):
            several = [parse_value(part) for part in right.split(",") if part.strip()]
        return path, Span(choices=tuple(several))
    ends = parse_value(low), parse_value(high)
    numbers = [end for end in ends if isinstance(end, int | float) and not isinstance(end, bool)]
    if len(numbers) < 2 or not numbers[0] < numbers[1] or (log and numbers[0] <= 0):
        raise RecipeError(
            f"'{right}' is not a range of numbers from low to high, such as 0.1..0.5, "
            "or log:1e-5..1e-1, above 0."
        )
    whole = all(isinstance(number, int) for number in numbers)
    return path, Span(low=numbers[0], high=numbers[1], log=log, whole=whole)


def parse_value(text: str) -> Any:
    """A value as TOML writes it; a bare word is a string."""
    try:
        return parse_toml(f"value = {text.strip()}", "the value", RecipeError)["value"]
    except RecipeError:
        return text.strip()
