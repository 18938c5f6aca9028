"""What is said of players and of mixtures that a student never heard, before and after.

    python packaging/models/run.py instrument.real.judge ANSWERS

ANSWERS is what ``real/answers.py`` wrote. Prints the tables of ``judge/players.py``, each group of
sources decided upon by thresholds found without it, and how right the labels of mixtures are, for
the one after; with ``--before`` for the classifier of before. ``--write=DECISIONS.json`` keeps what
all together decide, for ``real/build.py``.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from engine.classifier.file import read_header
from engine.classifier.rules import Rules
from engine.recognition.decisions import decide
from engine.recognition.timeline import Timeline
from engine.recognition.verdict import verdict_on
from instrument.classes import FAMILIES, LABELS
from instrument.judge.certainty import PRESENCE, Found, find, passes, rules_of, table_of
from instrument.judge.players import READ, Judged, judge, mean_of, reads, report
from instrument.judge.recordings import (
    LEARNED,
    RELATIVES,
    Clip,
    joined,
    label_of,
    recordings,
    timeline_of,
)
from instrument.real.tuning import Tuned, read, tune
from project import ROOT

_SHIFTS = (-0.5, 0.0, 0.5, 1.0, 1.5)
_CROWDS = (1.3, 1.5, 1.7)
_HEARD = 0.25  # of the windows of a mixture in which a label sounds


def clips_after(folder: Path, tuned: Tuned) -> list[Clip]:
    """Recordings as the students heard them, and notes joined."""
    single = []
    for path in sorted(folder.glob("*.npz")):
        if path.stem == "judged-mixtures":
            continue
        for name, line in _lines(path, tuned):
            source = path.stem
            group = RELATIVES.get(source, source)
            single.append(Clip(name, source, group, label_of(name), line))
    return single + list(joined(single))


def _lines(path: Path, tuned: Tuned) -> Iterator[tuple[str, Timeline]]:
    file = np.load(path)
    said = read(path.parent, only=path.stem)
    logits = tuned.logits(said.alone, said.together, said.crowd)
    gates = tuned.gate[0] * said.gates + tuned.gate[1]
    start = 0
    for name, count in zip(file["names"], file["rows"], strict=True):
        part = slice(start, start + count)
        start += count
        chances, presence, levels = (
            np.asarray(values[part], np.float32) for values in (logits, gates, said.levels)
        )
        yield str(name), timeline_of(chances, presence, levels, several=True)


def truths(path: Path) -> list[set[str]]:
    """The labels that sound in a good part of each mixture."""
    file = np.load(path)
    ends = np.cumsum(file["rows"])
    return [
        {LABELS[i] for i in np.flatnonzero(file["targets"][end - n : end].mean(0) >= _HEARD)}
        for n, end in zip(file["rows"], ends, strict=True)
    ]


def mixture_table(said: list[tuple[str, ...]], truth: list[set[str]]) -> Iterator[str]:
    """Macro F1 by how many sound, and what is read of them."""
    heads = "instruments | mixtures | nothing said | labels said | right of them | found | macro F1"
    yield f"| {heads} |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    pairs = list(zip(said, truth, strict=True))
    kinds = {"1": (1,), "2": (2,), "3": (3,), "4 to 6": (4, 5, 6), "2 to 6": (2, 3, 4, 5, 6)}
    for name, sizes in kinds.items():
        mine = [(set(s) & set(LABELS), t) for s, t in pairs if len(t) in sizes]
        if not mine:
            continue
        named = sum(len(s) for s, _ in mine)
        right = sum(len(s & t) for s, t in mine)
        wanted = sum(len(t) for _, t in mine)
        silent = np.mean([not s for s, _ in mine])
        cells = [name, str(len(mine)), f"{100 * silent:.0f} %", f"{named / len(mine):.1f}"]
        cells += [f"{100 * right / max(1, named):.0f} %", f"{100 * right / wanted:.0f} %"]
        yield "| " + " | ".join([*cells, f"{macro_f1(mine):.2f}"]) + " |"


def macro_f1(pairs: list[tuple[set[str], set[str]]]) -> float:
    """Mean over the labels that sound anywhere."""
    scores = []
    for label in LABELS:
        hit = sum(label in s and label in t for s, t in pairs)
        either = sum((label in s) + (label in t) for s, t in pairs)
        if any(label in t for _, t in pairs):
            scores.append(2 * hit / either if either else 0.0)
    return float(np.mean(scores))


def heard_in(lines: list[Timeline], rules: Rules) -> list[tuple[str, ...]]:
    """What is read of each."""
    return [verdict_on(line, decide(line, rules), rules).heard for line in lines]


def base_rules() -> Rules:
    """What no calibration changes."""
    families = tuple(FAMILIES[label] for label in LABELS)
    thresholds = (0.5,) * len(LABELS)
    return Rules(thresholds, gate="music", families=families, smoothing_seconds=0.3)


def left_out(clips: list[Clip], crowd: float) -> tuple[list[Judged], Found]:
    """Each group decided upon without it, and what all together say."""
    music = [clip for clip in clips if clip.label and clip.source not in LEARNED]
    table = table_of(music, [passes(clip, PRESENCE) for clip in music])
    judged = []
    for group in np.unique(table.group):
        found = find(table.part(table.group != group), crowd)
        rules = rules_of(found, base_rules(), PRESENCE)
        judged += [judge(clip, rules) for clip in music if clip.group == group]
    final = find(table, crowd)
    rules = rules_of(final, base_rules(), PRESENCE)
    judged += [judge(c, rules) for c in clips if not c.label or c.source in LEARNED]
    return judged, final


def before_tables(folder: Path) -> str:
    """What the classifier of before says, as its card has it."""
    rules = read_header(ROOT / "resources" / "models" / "instrument.safetensors").card.rules()
    rules = replace(rules, several=False)
    single = list(recordings(folder))
    found = report([judge(clip, rules) for clip in [*single, *joined(single)]])
    path = folder / "judged-mixtures.npz"
    file = np.load(path)
    ends = np.cumsum(file["rows"])
    lines = [
        timeline_of(*(file[key][end - n : end] for key in ("logits", "gates", "levels")))
        for n, end in zip(file["rows"], ends, strict=True)
    ]
    return found + "\n" + "\n".join(mixture_table(heard_in(lines, rules), truths(path))) + "\n"


@dataclass(frozen=True)
class Choice:
    """A way to make chances of what is said, and how right they are."""

    tuned: Tuned
    crowd: float
    solos: float
    mixtures: float

    @property
    def worth(self) -> float:
        """Solos rightly named count most: they are what is heard most often."""
        return 2 * self.solos + self.mixtures


def choices(folder: Path) -> Iterator[Choice]:
    """Of whole clips; none is decided upon window by window here."""
    said, path = read(folder), folder / "judged-mixtures.npz"
    truth = truths(path)
    for shift in _SHIFTS:
        tuned = tune(said, LEARNED, shift)
        music = [c for c in clips_after(folder, tuned) if c.label and c.source not in LEARNED]
        table = table_of(music, [passes(clip, PRESENCE) for clip in music])
        mixed = [Clip(name, "", "", LABELS[0], line) for name, line in _lines(path, tuned)]
        together = table_of(mixed, [passes(clip, PRESENCE) for clip in mixed])
        for crowd in _CROWDS:
            found = find(table, crowd)
            heard = found.chances(together) >= found.thresholds
            pairs = [
                ({LABELS[i] for i in np.flatnonzero(row)} if passed else set(), wanted)
                for row, passed, wanted in zip(heard, together.passed, truth, strict=True)
            ]
            chances = found.chances(table)
            first = chances.argmax(1)
            alone = (chances >= found.thresholds).sum(1) == 1
            over = chances.max(1) >= found.thresholds[first]
            right = table.passed & alone & over & (first == table.truth)
            solos = float(np.average(right, weights=table.importance))
            yield Choice(tuned, crowd, solos, macro_f1(pairs))


def figures(judged: list[Judged], mixtures: float) -> dict[str, float]:
    """For the card."""
    out = [o for o in judged if o.clip.label and o.clip.source not in LEARNED]
    found = {}
    for name, mine in (
        ("notes", [o for o in out if not o.clip.joined]),
        ("phrases", [o for o in out if o.clip.joined]),
    ):
        found[f"left_out_{name}_top_1"] = mean_of(mine, lambda o: o.order[0] == o.clip.label)
        found[f"left_out_{name}_top_3"] = mean_of(mine, lambda o: o.clip.label in o.order[:3])
        for what in READ:
            found[f"left_out_{name}_read_{what}"] = mean_of(mine, reads(what))
    return found | {"left_out_mixtures_macro_f1": mixtures}


def main() -> None:
    folder = Path(sys.argv[1])
    if "--before" in sys.argv:
        sys.stdout.write(before_tables(folder / "before"))
        return
    found = list(choices(folder / "after"))
    for one in found:
        words = f"shift {one.tuned.shift}, crowd {one.crowd}"
        sys.stdout.write(f"{words}: solos {one.solos:.3f}, mixtures {one.mixtures:.3f}\n")
    best = max(found, key=lambda one: one.worth)
    judged, final = left_out(clips_after(folder / "after", best.tuned), best.crowd)
    sys.stdout.write("\n" + report(judged))
    rules = rules_of(final, base_rules(), PRESENCE)
    path = folder / "after" / "judged-mixtures.npz"
    heard = heard_in([line for _, line in _lines(path, best.tuned)], rules)
    sys.stdout.write("\n" + "\n".join(mixture_table(heard, truths(path))) + "\n")
    sys.stdout.write(f"\n{best.tuned}\n{final}\n")
    score = macro_f1([(set(s), t) for s, t in zip(heard, truths(path), strict=True)])
    for word in sys.argv:
        if word.startswith("--write="):
            kept = {"tuned": asdict(best.tuned), "found": asdict(final)}
            kept["found"]["thresholds"] = [float(t) for t in final.thresholds]
            kept["figures"] = {k: round(v, 4) for k, v in figures(judged, score).items()}
            Path(word.removeprefix("--write=")).write_text(json.dumps(kept, indent=1))


if __name__ == "__main__":
    main()
