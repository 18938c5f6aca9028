"""What is said of a moment holds, and never contradicts its bars."""

import itertools
import random
from collections.abc import Sequence

import pytest

from engine.classifier.rules import Rules
from engine.recognition.decisions import UNCERTAIN, Candidate, Decision
from engine.recognition.said.answer import HOLD_SECONDS, Answer, Answerer

HOP = 0.25
LABELS = ("piano", "cello", "flute")
ONE = Rules((0.4, 0.4, 0.4), several=False)
SEVERAL = Rules((0.4, 0.4, 0.4), several=True)


def decision(
    time: float, chances: Sequence[float], heard: Sequence[str] = (), absent: str = ""
) -> Decision:
    candidates = tuple(
        Candidate(label, chance, label in heard, "" if label in heard else "no", threshold=0.4)
        for label, chance in sorted(zip(LABELS, chances, strict=True), key=lambda x: -x[1])
    )
    words = ", ".join(heard) or absent or UNCERTAIN
    return Decision(time, tuple(heard), words, candidates, absent, 0.0 if absent else 1.0)


def run(rules: Rules, rows: Sequence[tuple[Sequence[float], Sequence[str], str]]) -> list[Answer]:
    answerer, answers = Answerer(rules), []
    for number, (chances, heard, absent) in enumerate(rows):
        answer = answerer.push([decision(HOP * number, chances, heard, absent)])
        assert answer is not None
        answers.append(answer)
    return answers


def said(answer: Answer) -> list[str]:
    return [name.label for name in answer.named]


@pytest.mark.parametrize(
    ("chance", "words"), [(0.95, "piano"), (0.6, "probably piano"), (0.42, "piano?")]
)
def test_certainty_is_said_in_words(chance: float, words: str) -> None:
    assert run(ONE, [((chance, 0.1, 0.0), ["piano"], "")] * 8)[-1].words == words


def test_several_are_joined_and_what_is_surer_comes_first() -> None:
    rows = [((0.6, 0.9, 0.1), ["cello", "piano"], "")] * 8
    assert run(SEVERAL, rows)[-1].words == "cello and probably piano"
    rows = [((0.9, 0.9, 0.95), ["flute", "piano", "cello"], "")] * 8
    assert run(SEVERAL, rows)[-1].words == "flute, piano and cello"
    rows = [((0.6, 0.55, 0.45), ["piano", "cello", "flute"], "")] * 8
    assert run(SEVERAL, rows)[-1].words == "probably piano, cello and maybe flute"


def test_a_family_is_said_as_one_of_its_kind() -> None:
    family = Candidate("plucked strings", 0.7, True, "", threshold=0.6)
    rest = decision(0.0, (0.2, 0.2, 0.2))
    made = Decision(0.0, ("plucked strings",), "plucked strings", (family, *rest.candidates))
    answer = Answerer(ONE).push([made])
    assert answer is not None
    assert answer.words == "probably a plucked string"


@pytest.mark.parametrize("rules", [ONE, SEVERAL], ids=["one", "several"])
def test_a_name_holds_for_a_second_whatever_comes(rules: Rules) -> None:
    draw = random.Random(7)
    rows = []
    for _ in range(2000):
        chances = tuple(draw.random() for _ in LABELS)
        over = [label for label, chance in zip(LABELS, chances, strict=True) if chance >= 0.4]
        heard = over if rules.several else over[:1]
        absent = "silence" if draw.random() < 0.1 else ""
        rows.append((chances, [] if absent else heard, absent))
    begun: dict[str, float] = {}
    for answer in run(rules, rows):
        now = set(said(answer))
        assert len(now) <= (4 if rules.several else 1)
        for gone in set(begun) - now:
            assert answer.time - begun.pop(gone) >= HOLD_SECONDS - 1e-6
        for label in now:
            begun.setdefault(label, answer.time)
    assert begun


def test_a_short_pause_takes_no_name_away() -> None:
    rows = [((0.9, 0.0, 0.0), ["piano"], "")] * 8
    rows += [((0.2, 0.0, 0.0), [], "")] * 4 + [((0.9, 0.0, 0.0), ["piano"], "")] * 4
    assert {tuple(said(answer)) for answer in run(ONE, rows)} == {("piano",)}
    rows = [((0.9, 0.0, 0.0), ["piano"], "")] * 8 + [((0.1, 0.0, 0.0), [], "silence")] * 8
    assert run(ONE, rows)[-1].words == "silence"


def test_words_change_once_a_second_at_most() -> None:
    swinging = [((0.97 if n % 2 else 0.62, 0.0, 0.0), ["piano"], "") for n in range(80)]
    answers = run(ONE, swinging)
    changes = [b.time for a, b in itertools.pairwise(answers) if a.words != b.words]
    assert all(b - a >= HOLD_SECONDS - 1e-6 for a, b in itertools.pairwise(changes))
    assert len(changes) <= 1  # the mean does not swing
    slower = [((0.99, 0.0, 0.0), ["piano"], "")] * 8
    slower += [((0.99 if n % 6 > 2 else 0.45, 0.0, 0.0), ["piano"], "") for n in range(60)]
    words = [(answer.words, answer.time) for answer in run(ONE, slower)]
    changes = [b[1] for a, b in itertools.pairwise(words) if a[0] != b[0]]
    assert changes
    assert all(b - a >= HOLD_SECONDS - 1e-6 for a, b in itertools.pairwise(changes))
    mixed = [((0.1, 0.1, 0.1), [], "silence" if n % 2 else "not music") for n in range(40)]
    said_then = [answer.words for answer in run(ONE, mixed)]
    assert sum(a != b for a, b in itertools.pairwise(said_then)) <= 10


def test_unknown_is_said_of_real_rejection_only_and_tells_what_it_might_be() -> None:
    rejected = run(ONE, [((0.3, 0.2, 0.02), [], "")] * 8)
    assert [answer.words for answer in rejected[:4]] == [""] * 4  # it may be about to come
    assert rejected[-1].words == UNCERTAIN
    assert rejected[-1].guess == "maybe piano or cello"
    coming = run(ONE, [((0.6, 0.2, 0.02), [], "")] * 8)
    assert {answer.words for answer in coming} == {""}
    nothing = run(ONE, [((0.05, 0.02, 0.02), [], "")] * 8)
    assert nothing[-1].words == UNCERTAIN
    assert nothing[-1].guess == ""
    for absent in ("silence", "not music"):
        assert run(ONE, [((0.3, 0.2, 0.0), [], absent)] * 8)[-1].words == absent


@pytest.mark.parametrize("rules", [ONE, SEVERAL], ids=["one", "several"])
def test_bars_say_what_the_words_say(rules: Rules) -> None:
    draw = random.Random(3)
    rows = []
    for _ in range(1000):
        chances = tuple(draw.random() for _ in LABELS)
        over = [label for label, chance in zip(LABELS, chances, strict=True) if chance >= 0.4]
        rows.append((chances, over if rules.several else over[:1], ""))
    for answer in run(rules, rows):
        lines = [line.candidate.label for line in answer.lines]
        named = said(answer)
        assert lines[: len(named)] == named  # what is said comes first, in the same order
        for line in answer.lines:
            candidate = line.candidate
            assert line.said is candidate.heard is (candidate.label in named)
            assert bool(candidate.reason) is not line.said
            if line.said and candidate.probability < candidate.threshold:
                assert line.holds
            if not line.said and candidate.probability >= candidate.threshold:
                assert line.coming
        rest = [line.candidate.probability for line in answer.lines[len(named) :]]
        assert all(b <= a + 0.0101 for a, b in itertools.pairwise(rest))


def test_bars_that_hardly_differ_keep_their_places() -> None:
    rows = [((0.1, 0.300 + 0.004 * (n % 2), 0.302), [], "") for n in range(20)]
    orders = {tuple(x.candidate.label for x in answer.lines) for answer in run(ONE, rows)}
    assert len(orders) == 1


def test_a_name_that_is_about_to_go_gives_way_after_its_second() -> None:
    rows = [((0.9, 0.1, 0.0), ["piano"], "")] * 2 + [((0.1, 0.9, 0.0), ["cello"], "")] * 8
    answers = run(ONE, rows)
    assert [said(answer)[0] for answer in answers[:4]] == ["piano"] * 4
    assert said(answers[-1]) == ["cello"]
    waiting = next(x for x in answers[2].lines if x.candidate.label == "cello")
    assert waiting.coming
    assert waiting.candidate.reason == "another label is said for a moment longer"
