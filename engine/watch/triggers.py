"""Which rules something that is heard fulfils, each at most once in its pause."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.recognition.decisions import Decision, Segment
from engine.watch.clock import local
from engine.watch.rules import Rule

_BRIDGE_SECONDS = 1.0  # a shorter pause does not end what is heard, as in exports


@dataclass(frozen=True)
class Fired:
    """A rule that was fulfilled.

    Attributes:
        rule: which.
        classifier: that heard it.
        label: what.
        probability: mean while it was heard.
        begin_seconds: since when, in the sound.
        seconds: for how long until now.
    """

    rule: Rule
    classifier: str
    label: str
    probability: float
    begin_seconds: float
    seconds: float


@dataclass
class _Run:
    """A label heard without a break."""

    begin: float
    end: float
    total: float = 0.0
    rows: int = 0


class Triggers:
    """Keeps what is heard, and when each rule did something last.

    Args:
        rules: in order.
    """

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = tuple(rules)
        self._runs: dict[tuple[int, str, str], _Run] = {}
        self._last: dict[str, float] = {}

    def restart(self) -> None:
        """Forget all labels: the sound begins at a new zero. Pauses go on."""
        self._runs.clear()

    def push(
        self, classifier: str, decisions: Sequence[Decision], hop_seconds: float, now: float
    ) -> list[Fired]:
        """Take new rows of a classifier.

        Args:
            classifier: its name.
            decisions: rows that follow those before.
            hop_seconds: from row to row.
            now: seconds since 1970, for pauses and hours.
        """
        fired = []
        for decision in decisions:
            for candidate in decision.candidates:
                if not candidate.heard:
                    continue
                for number, rule in enumerate(self._rules):
                    wanted = rule.means(classifier, candidate.label)
                    if not wanted or candidate.probability < rule.probability:
                        continue
                    key = (number, classifier, candidate.label)
                    run = self._on(key, decision.time, hop_seconds, candidate.probability)
                    if run.end - run.begin >= rule.seconds - 1e-9 and self._may(rule, now):
                        mean, seconds = run.total / run.rows, run.end - run.begin
                        words = (classifier, candidate.label, mean)
                        fired.append(Fired(rule, *words, run.begin, seconds))
            self._forget(classifier, decision.time)
        return fired

    def _on(self, key: tuple[int, str, str], time: float, hop: float, probability: float) -> _Run:
        run = self._runs.get(key)
        if run is None:
            run = self._runs[key] = _Run(max(0.0, time - hop / 2), 0.0)
        run.end = time + hop / 2
        run.total += probability
        run.rows += 1
        return run

    def _forget(self, classifier: str, time: float) -> None:
        for key, run in list(self._runs.items()):
            if key[1] == classifier and time - run.end > _BRIDGE_SECONDS:
                del self._runs[key]

    def whole(self, lanes: Mapping[str, Sequence[Segment]], now: float) -> list[Fired]:
        """Take the labels of a whole file; a rule does something once for a file at most."""
        fired = []
        for rule in self._rules:
            found = next(
                (
                    (name, one)
                    for name, some in lanes.items()
                    for one in some
                    if rule.means(name, one.label)
                    and one.mean_probability >= rule.probability
                    and one.end_seconds - one.start_seconds >= rule.seconds - 1e-9
                ),
                None,
            )
            if found is not None and self._may(rule, now):
                name, one = found
                seconds = one.end_seconds - one.start_seconds
                said = (name, one.label, one.mean_probability, one.start_seconds)
                fired.append(Fired(rule, *said, seconds))
        return fired

    def _may(self, rule: Rule, now: float) -> bool:
        """Whether a rule holds now and its pause is over; if so, another begins."""
        last = self._last.get(rule.name)
        # A clock set back must not silence a rule for ever.
        if last is not None and 0 <= now - last < rule.pause_seconds:
            return False
        if not rule.hours.listens_at(local(now)):
            return False
        self._last[rule.name] = now
        return True
