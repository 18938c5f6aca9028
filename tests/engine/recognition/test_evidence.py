"""Evidence of windows adds up: doubtful ones name a phrase, a change is told, speech stays out."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from engine.classifier.card import EvidenceCard
from engine.classifier.catalog import Catalog
from engine.classifier.rules import Evidence, Rules
from engine.recognition.decisions import SILENCE, UNCERTAIN, Decider, Decision, decide
from engine.recognition.evidence import posterior, total
from engine.recognition.timeline import Timeline, rows
from engine.recognition.verdict import verdict_on

HOW = Evidence(
    seconds=6.0,
    weight=1.0,
    growth=0.3,
    floor=0.01,
    change=9.0,
    presence_seconds=2.0,
    sure=0.8,
)
RULES = Rules(
    thresholds=(0.6, 0.6, 0.6),
    several=False,
    gate="music",
    families=("keys", "winds", "winds"),
    family_threshold=0.7,
    evidence=HOW,
)
PIANO, FLUTE, DOUBTFUL = (0.9, 0.05, 0.05), (0.02, 0.93, 0.05), (0.5, 0.3, 0.2)


def line(
    values: list[tuple[float, float, float]],
    presence: float | list[float] = 1.0,
    level: float | list[float] = -20.0,
) -> Timeline:
    """As an analysis gives them: the probabilities hold the presence."""
    count = len(values)
    here = np.broadcast_to(np.float32(presence), count).copy()
    return Timeline(
        labels=("piano", "flute", "oboe"),
        times=np.arange(count) * 0.25 + 0.5,
        probabilities=np.asarray(values, dtype=np.float32).reshape(count, 3) * here[:, None],
        presence=here,
        level_db=np.broadcast_to(np.float32(level), count).copy(),
        window_seconds=1.0,
        hop_seconds=0.25,
    )


def verdict(timeline: Timeline, rules: Rules = RULES) -> Decision:
    return verdict_on(timeline, decide(timeline, rules), rules)


def test_doubtful_windows_add_up_to_a_probable_label() -> None:
    heard = [decision.heard for decision in decide(line([DOUBTFUL] * 12), RULES)]
    assert heard[0] == ()
    assert heard[-1] == ("piano",)
    found = verdict(line([DOUBTFUL] * 12))
    assert found.heard == ("piano",)
    assert found.verdict == "probably piano"
    assert verdict(line([PIANO] * 12)).verdict == "piano"
    # A mean of the probabilities stays as doubtful as each of them.
    assert verdict(line([DOUBTFUL] * 12), replace(RULES, evidence=None)).heard == ()


def test_without_growth_a_phrase_is_no_surer_than_a_second() -> None:
    flat = replace(RULES, evidence=replace(HOW, growth=0.0))
    assert verdict(line([DOUBTFUL] * 40), flat).heard == ()


def test_a_file_is_no_surer_than_the_seconds_that_count() -> None:
    short, long = (total(line([DOUBTFUL] * count), RULES)[0][0] for count in (24, 400))
    assert long == pytest.approx(short)


def test_one_window_that_is_wrong_does_not_count_for_ever() -> None:
    wrong = (0.0, 1.0, 0.0)
    assert verdict(line([DOUBTFUL] * 10 + [wrong] + [DOUBTFUL] * 10)).heard == ("piano",)


def test_another_instrument_is_told_within_a_second() -> None:
    decisions = decide(line([PIANO] * 40 + [FLUTE] * 8), RULES)
    assert decisions[39].heard == ("piano",)
    first = next(i for i in range(40, 48) if decisions[i].heard == ("flute",))
    assert first - 40 <= 4
    slow = replace(RULES, evidence=replace(HOW, change=1000.0))
    assert decide(line([PIANO] * 40 + [FLUTE] * 8), slow)[first].heard == ("piano",)


def test_what_follows_each_other_is_all_heard() -> None:
    found = verdict(line([PIANO] * 16 + [FLUTE] * 16))
    assert set(found.heard) == {"piano", "flute"}
    assert {c.label for c in found.candidates if c.heard} == {"piano", "flute"}
    assert verdict(line([PIANO] * 30 + [FLUTE] * 4)).heard == ("piano",)
    # What is heard far less than another one was misheard.
    assert verdict(line([PIANO] * 30 + [FLUTE] * 14)).heard == ("piano",)


def test_a_short_note_of_one_window_is_judged() -> None:
    assert verdict(line([PIANO])).heard == ("piano",)
    assert verdict(line([DOUBTFUL])).verdict == UNCERTAIN


def test_where_no_label_is_probable_enough_the_family_is_said() -> None:
    found = verdict(line([(0.1, 0.45, 0.45)] * 12))
    assert found.heard == ("winds",)
    assert decide(line([(0.1, 0.45, 0.45)] * 12), RULES)[-1].heard == ("winds",)


def test_presence_is_judged_by_the_whole() -> None:
    mostly = [0.9, 0.3, 0.9, 0.9, 0.3, 0.9, 0.9, 0.9] * 2
    decisions = decide(line([PIANO] * 16, presence=mostly), RULES)
    assert [d.heard for d in decisions[2:]] == [("piano",)] * 14
    seldom = [0.1, 0.1, 0.7, 0.1, 0.1, 0.6, 0.1, 0.1] * 2
    decisions = decide(line([PIANO] * 16, presence=seldom), RULES)
    assert not any(d.heard for d in decisions)
    assert verdict(line([PIANO] * 16, presence=seldom)).verdict == "not music"


def test_silence_is_silence_and_forgets_slowly() -> None:
    quiet = line([PIANO] * 8, level=-90.0, presence=0.0)
    assert decide(quiet, RULES)[-1].verdict == SILENCE
    assert verdict(quiet).verdict == SILENCE
    assert max(c.probability for c in decide(quiet, RULES)[-1].candidates) == 0
    pause = [PIANO] * 8 + [(0.0, 0.0, 0.0)] * 4 + [PIANO] * 2
    presence = [1.0] * 8 + [0.0] * 4 + [1.0] * 2
    level = [-20.0] * 8 + [-90.0] * 4 + [-20.0] * 2
    decisions = decide(line(pause, presence, level), RULES)
    assert [d.verdict for d in decisions[8:12]] == [SILENCE] * 4
    assert decisions[13].heard == ("piano",)


def test_posterior_of_equal_sums_is_even() -> None:
    np.testing.assert_allclose(posterior(np.full(4, -3.0), 2.0, HOW, 24), 0.25)


chances = st.tuples(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))


@given(st.lists(st.tuples(chances, st.floats(0, 1)), min_size=1, max_size=40), st.integers(1, 9))
def test_row_by_row_is_the_whole(
    values: list[tuple[tuple[float, float, float], float]], step: int
) -> None:
    whole = line([v for v, _ in values], [p for _, p in values])
    decider = Decider(whole.labels, RULES)
    parts = [decider.push(rows(whole, slice(i, i + step))) for i in range(0, len(whole), step)]
    assert [d for part in parts for d in part] == decide(whole, RULES)


def test_evidence_adds_up_for_one_at_a_time() -> None:
    with pytest.raises(ValueError, match="only one label is heard at a time"):
        Decider(("a", "b", "c"), replace(RULES, several=True))
    card = Catalog().find("instrument").card
    with pytest.raises(ValidationError, match="only one label is heard at a time"):
        type(card).model_validate(card.model_dump() | {"multi_label": True})


def test_the_card_carries_it() -> None:
    card = Catalog().find("instrument").card
    calibration = card.calibration.model_copy(update={"evidence": EvidenceCard(**HOW.__dict__)})
    text = card.model_copy(update={"calibration": calibration}).model_dump_json()
    assert type(card).model_validate_json(text).rules().evidence == HOW
    # Files of before say that there never are several at once.
    before = text.replace('"sure":0.8', '"sure":0.8,"crowd":null')
    assert before != text
    assert type(card).model_validate_json(before).rules().evidence == HOW
    with pytest.raises(ValidationError, match="crowd"):
        type(card).model_validate_json(text.replace('"sure":0.8', '"sure":0.8,"crowd":1.5'))
