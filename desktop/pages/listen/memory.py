"""What the Listen page's job remembers of a stream: decisions, what is said, and the log."""

import itertools
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from engine.recognition.decisions import Decider, Decision, Segment, lane
from engine.recognition.said.answer import Answer, Answerer
from engine.recognition.said.headline import applies, lateness, waiting
from engine.recognition.said.heard import Heard, HeardLog
from engine.recognition.said.situation import Situation, SituationDecider
from engine.recognition.said.speech import SpeechMeter
from engine.recognition.said.together import TOGETHER, as_one, quiet, told_once

if TYPE_CHECKING:
    from engine.classifier.card import Card
    from engine.classifier.classifier import Classifier
    from engine.recognition.live import LiveUpdate

_HEARD_SECONDS = 120.0
_LATE_SECONDS = 10.0  # for which it is said that something was skipped


@dataclass(frozen=True)
class Said:
    """What is said of this moment.

    Attributes:
        situation: what kind of sound is heard.
        answers: what each classifier says, of those that have said something.
        waits: why one of them says nothing about this sound; empty: it does.
        quiet: of the two classifiers for instruments the one that has no say now; empty: none.
        late: that the answers come late, in words; empty: they come in time.
        heard: entries of the log that are new, went on or have ended.
    """

    situation: Situation = ""
    answers: Mapping[str, Answer] = field(default_factory=dict)
    waits: Mapping[str, str] = field(default_factory=dict)
    quiet: str = ""
    late: str = ""
    heard: tuple[Heard, ...] = ()


class Memory:
    """What was decided in the last minutes, for the lanes, and what is said of it.

    Args:
        rate_hz: of the sound.
    """

    def __init__(self, rate_hz: int) -> None:
        self.decisions: dict[str, list[Decision]] = {}
        self.hops: dict[str, float] = {}
        self._newest: dict[str, list[Decision]] = {}  # that no answer has heard of yet
        self._cards: dict[str, Card] = {}  # whose rules decide
        self._deciders: dict[str, Decider] = {}
        self._answerers: dict[str, Answerer] = {}
        self._answers: dict[str, Answer] = {}
        self._log = HeardLog()
        self._meter = SpeechMeter(rate_hz)
        self._situation = SituationDecider()
        self._since: dict[str, float] = {}  # when what a classifier hears now began
        self._silent: dict[str, float] = {}  # until when one of the two had no say
        self._skipped: deque[tuple[float, int]] = deque()

    def push(self, classifiers: "Mapping[str, Classifier]", update: "LiveUpdate") -> bool:
        """Decide on new rows; tells whether there were any."""
        new = False
        for name, timeline in update.rows.items():
            if len(timeline) == 0:
                continue
            new = True
            card = classifiers[name].card
            if card is not self._cards.get(name):  # it was corrected: it has its say at once
                self._cards[name] = card
                self._deciders.pop(name, None)
                self._answerers.pop(name, None)
            decider = self._deciders.setdefault(name, Decider(card.labels, card.rules()))
            self.hops[name] = timeline.hop_seconds
            decided = decider.push(timeline)
            kept = [*self.decisions.get(name, []), *decided]
            oldest = kept[-1].time - _HEARD_SECONDS
            self.decisions[name] = [d for d in kept if d.time >= oldest]
            self._newest[name] = decided
        return new

    def say(self, classifiers: "Mapping[str, Classifier]", update: "LiveUpdate") -> Said:
        """What there is to say after :meth:`push` of the same."""
        cards = {name: classifier.card for name, classifier in classifiers.items()}
        now = update.stats.seconds
        self._meter.push(update.samples)
        newest = {name: kept[-1] for name, kept in self.decisions.items() if kept}
        situation = self._situation.push(
            now, self._meter.level_db, self._meter.speech, newest, cards
        )
        changed = self._answer(cards)
        return Said(
            situation,
            dict(self._answers),
            self._waits(cards, situation, update),
            quiet(self._answers, cards),
            self._late(update),
            tuple(self._log.push(changed, self.hops)),
        )

    def _answer(self, cards: "Mapping[str, Card]") -> dict[str, Answer]:
        """The answers that new rows have changed, for the log: who has no say now names nothing."""
        changed = {}
        for name, decided in self._newest.items():
            answerer = self._answerers.setdefault(name, Answerer(cards[name].rules()))
            answer = answerer.push(decided)
            if answer is not None:
                answer = told_once(answer) if name == TOGETHER else answer
                self._answers[name] = changed[name] = answer
        self._newest = {}
        none = quiet(self._answers, cards)
        if none in changed:
            self._silent[none] = changed[none].time
            changed[none] = replace(changed[none], named=())
        return {name: self._since_it_speaks(name, answer) for name, answer in changed.items()}

    def _since_it_speaks(self, name: str, answer: Answer) -> Answer:
        """An answer without what its classifier named while it had no say: the other one had it."""
        if name not in self._silent:
            return answer
        first = self._silent[name] + self.hops[name]
        named = (replace(x, since=max(x.since, first)) for x in answer.named if x.last >= first)
        return replace(answer, named=tuple(named))

    def _waits(
        self, cards: "Mapping[str, Card]", situation: Situation, update: "LiveUpdate"
    ) -> dict[str, str]:
        now, skipped = update.stats.seconds, bool(self._skipped_now(update))
        for name, card in cards.items():
            if skipped or not applies(card, situation):
                self._since[name] = now
        return {
            name: waiting(card, situation, now - self._since.get(name, 0.0))
            for name, card in cards.items()
        }

    def _skipped_now(self, update: "LiveUpdate") -> int:
        """Windows that were skipped since the last step."""
        before = self._skipped[-1][1] if self._skipped else 0
        return update.stats.skipped_windows - before

    def _late(self, update: "LiveUpdate") -> str:
        now, stats = update.stats.seconds, update.stats
        self._skipped.append((now, stats.skipped_windows))
        while now - self._skipped[0][0] > _LATE_SECONDS:
            self._skipped.popleft()
        skipped = stats.skipped_windows - self._skipped[0][1]
        return lateness(stats.latency_seconds, skipped, list(self.hops.values()))

    def lanes(self, names: Iterable[str]) -> dict[str, list[Segment]]:
        """A lane for each classifier in their order, whether it has said something yet or not."""
        found: dict[str, list[Segment]] = {}
        for name in names:
            kept = self.decisions.get(name, [])
            if not kept:
                found[name] = []
                continue
            # The first row kept is not the first there was: it does not reach back to 0.
            late = [d for d in kept if d.time > kept[0].time or len(kept) == 1]
            whole = lane(late, hop_seconds=self.hops[name])
            found[name] = [s for s in whole if s.end_seconds > 0]
        return as_one(found)

    def unheard(self, names: Iterable[str]) -> dict[str, list[tuple[float, float]]]:
        """What was skipped to stay in time: where decisions lie further apart than they should."""
        found: dict[str, list[tuple[float, float]]] = {}
        for name in names:
            times, hop = [d.time for d in self.decisions.get(name, [])], self.hops.get(name, 0.0)
            found[name] = [
                (before + hop / 2, after - hop / 2)
                for before, after in itertools.pairwise(times)
                if after - before > 1.5 * hop
            ]
        return found
