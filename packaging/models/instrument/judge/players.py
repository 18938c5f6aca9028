"""How right `instrument` is about real players, and what a person reads of their clips.

    python packaging/models/run.py instrument.judge.players CACHE [CLASSIFIER]

CACHE is what instrument.judge.heard wrote; CLASSIFIER a file whose card says how what was heard is
decided (the bundled one where it is left out). Prints tables in Markdown: of each source, and in
the mean, whether the most probable label of a clip is the right one and among the first three; what
is read of a clip (the verdict on the file): the right label, only the right family, something
wrong, or nothing; how often what is said is right by how sure it is; what of speech, singing and
surroundings passes; and which labels are taken for which. Means are of the classes, of each the
mean of its sources, of each that of its clips.
"""

import itertools
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.classifier.file import read_header
from engine.classifier.rules import Rules
from engine.recognition.decisions import decide
from engine.recognition.evidence import total
from engine.recognition.timeline import summary
from engine.recognition.verdict import verdict_on
from instrument.classes import FAMILIES, LABELS
from instrument.judge.recordings import LEARNED, RELATED, Clip, joined, recordings
from project import ROOT

_TENTHS = (0.0, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.01)
READ = ("right", "family", "wrong", "unknown")
_READ_HEADS = ("right label", "right family", "wrong", "unknown")


@dataclass(frozen=True)
class Judged:
    """What was said of a clip.

    Attributes:
        clip: what was heard.
        order: labels, most probable first.
        read: of ``READ``.
        sure: whether a label was said without "probably".
        chance: of the first label.
        passed: share of the rows that are neither silent nor "not music".
        words: what is read.
    """

    clip: Clip
    order: tuple[str, ...]
    read: str
    sure: bool
    chance: float
    passed: float
    words: str


def judge(clip: Clip, rules: Rules) -> Judged:
    """What is said of a clip by these rules."""
    decisions = decide(clip.timeline, rules)
    verdict = verdict_on(clip.timeline, decisions, rules)
    if rules.evidence is None:
        ranked = summary(clip.timeline)
    else:
        chances, _ = total(clip.timeline, rules)
        places = np.argsort(-chances, kind="stable")
        ranked = [(LABELS[i], float(chances[i])) for i in places]
    said = [candidate for candidate in verdict.candidates if candidate.heard]
    absent = {"silence", f"not {rules.gate}"}
    return Judged(
        clip,
        tuple(label for label, _ in ranked),
        read_as(tuple(verdict.heard), clip.label),
        bool(said) and all(candidate.sure for candidate in said),
        said[0].probability if said else ranked[0][1],
        float(np.mean([decision.verdict not in absent for decision in decisions])),
        verdict.verdict,
    )


def read_as(heard: tuple[str, ...], truth: str) -> str:
    """What a person reads: one of ``READ``. More than one label is right only if all are."""
    if not heard:
        return "unknown"
    if heard == (truth,):
        return "right"
    return "family" if heard == (FAMILIES.get(truth),) else "wrong"


def mean_of(found: Iterable[Judged], value: Callable[[Judged], float]) -> float:
    """Mean of the classes, of each the mean of its sources, of each the mean of its clips."""
    cells: dict[str, dict[str, list[float]]] = {}
    for one in found:
        cells.setdefault(one.clip.label, {}).setdefault(one.clip.source, []).append(value(one))
    means = [np.mean([np.mean(v) for v in by_source.values()]) for by_source in cells.values()]
    return float(np.mean(means)) if means else float("nan")


def row(name: str, found: list[Judged]) -> str:
    """A line of the first table."""
    cells = [name, str(len({one.clip.label for one in found})), str(len(found))]
    cells += [f"{100 * mean_of(found, lambda one: one.order[0] == one.clip.label):.0f}"]
    cells += [f"{100 * mean_of(found, lambda one: one.clip.label in one.order[:3]):.0f}"]
    cells += [f"{100 * mean_of(found, reads(what)):.0f}" for what in READ]
    return "| " + " | ".join(cells) + " |"


def reads(what: str) -> Callable[[Judged], float]:
    """Whether that is what is read."""
    return lambda one: one.read == what


def first_table(found: list[Judged]) -> Iterator[str]:
    """Each source, and what was left out of the training together."""
    heads = ("source", "classes", "clips", "top 1", "top 3", *_READ_HEADS)
    yield "| " + " | ".join(heads) + " |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- | --- |"
    music = [one for one in found if one.clip.label]
    out = [one for one in music if one.clip.source not in LEARNED]
    notes = [one for one in out if not one.clip.joined]
    yield row("**left out: recordings**", notes)
    yield row("**left out: notes of a player, 7 s of them**", [o for o in out if o.clip.joined])
    for source in sorted({one.clip.source for one in music}):
        mine = [one for one in music if one.clip.source == source and not one.clip.joined]
        if source in LEARNED:
            mark = " (learned from)"
        else:
            kin = source in RELATED or mine[0].clip.group in RELATED
            mark = " (a relative was learned from)" if kin else ""
        yield row(source.removeprefix("players-") + mark, mine)


def by_class(found: list[Judged]) -> Iterator[str]:
    """Recall and what else is said, of recordings left out."""
    heads = ("class", "recordings", "top 1", "taken for", *_READ_HEADS)
    yield "| " + " | ".join(heads) + " |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- |"
    out = [o for o in found if o.clip.label and o.clip.source not in LEARNED and not o.clip.joined]
    for label in LABELS:
        mine = [one for one in out if one.clip.label == label]
        if not mine:
            continue
        first = [one.order[0] for one in mine]
        others = sorted({f for f in first if f != label}, key=lambda f: -first.count(f))[:3]
        words = ", ".join(f"{f} {100 * first.count(f) / len(mine):.0f}" for f in others)
        shares = [np.mean([one.read == what for one in mine]) for what in READ]
        cells = [label, str(len(mine)), f"{100 * first.count(label) / len(mine):.0f}", words]
        yield "| " + " | ".join([*cells, *(f"{100 * share:.0f}" for share in shares)]) + " |"


def calibration(found: list[Judged]) -> Iterator[str]:
    """How often a label that is said is right, by how probable it is called."""
    yield "| said with | clips | mean probability | right |"
    yield "| --- | --- | --- | --- |"
    out = [o for o in found if o.clip.label and o.clip.source not in LEARNED]
    said = [o for o in out if o.read != "unknown" and o.words.removeprefix("probably ") in LABELS]
    for low, high in itertools.pairwise(_TENTHS):
        mine = [one for one in said if low <= one.chance < high]
        if mine:
            chance = np.mean([one.chance for one in mine])
            right = mean_weighted(mine)
            span = f"{low:.1f} to {min(high, 1.0):.1f}"
            yield f"| {span} | {len(mine)} | {chance:.2f} | {right:.2f} |"
    for name, sure in (("sure", True), ('"probably"', False)):
        mine = [one for one in said if one.sure == sure]
        if mine:
            chance = np.mean([one.chance for one in mine])
            yield f"| {name} | {len(mine)} | {chance:.2f} | {mean_weighted(mine):.2f} |"


def mean_weighted(found: list[Judged]) -> float:
    """Share right, each cell of a class and source as heavy as its root: large ones do not rule."""
    cells: dict[tuple[str, str], list[float]] = {}
    for one in found:
        cells.setdefault((one.clip.label, one.clip.source), []).append(one.read == "right")
    weights = [len(v) ** 0.5 for v in cells.values()]
    return float(np.average([np.mean(v) for v in cells.values()], weights=weights))


def passing(found: list[Judged]) -> Iterator[str]:
    """What the gate lets pass."""
    yield "| sounds | clips | windows that pass | clips of which something is said |"
    yield "| --- | --- | --- | --- |"
    kinds: dict[str, Callable[[Judged], bool]] = {
        "instruments left out": _instrument_left_out,
        "singers (RAVDESS)": lambda o: o.clip.source == "ravdess-song",
        "sung vowels (Berklee)": lambda o: _olpc(o) and o.clip.label == "voice",
        "the same people speaking (RAVDESS)": lambda o: o.clip.source == "ravdess-speech",
        "spoken digits (FSDD, learned from)": lambda o: o.clip.source == "fsdd",
        "surroundings (ESC-10, learned from)": lambda o: o.clip.source == "esc10",
        "not music (Berklee)": lambda o: _olpc(o) and not o.clip.label,
    }
    for name, chosen in kinds.items():
        mine = [one for one in found if not one.clip.joined and chosen(one)]
        if mine:
            said = np.mean([one.read != "unknown" for one in mine])
            rows = [len(one.clip.timeline) for one in mine]
            share = np.average([one.passed for one in mine], weights=rows)
            yield f"| {name} | {len(mine)} | {100 * share:.0f} % | {100 * said:.0f} % |"


def _instrument_left_out(one: Judged) -> bool:
    return one.clip.label not in ("", "voice") and one.clip.source not in LEARNED


def _olpc(one: Judged) -> bool:
    return one.clip.source == "players-berklee-olpc"


def report(found: list[Judged]) -> str:
    """All tables."""
    parts = (first_table(found), passing(found), calibration(found), by_class(found))
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def all_clips(cache: Path) -> list[Clip]:
    """Recordings, and notes joined."""
    single = list(recordings(cache))
    return single + list(joined(single))


def main() -> None:
    cache = Path(sys.argv[1])
    bundled = ROOT / "resources" / "models" / "instrument.safetensors"
    path = Path(sys.argv[2]) if len(sys.argv) > 2 else bundled
    rules = read_header(path).card.rules()
    sys.stdout.write(report([judge(clip, rules) for clip in all_clips(cache)]))


if __name__ == "__main__":
    main()
