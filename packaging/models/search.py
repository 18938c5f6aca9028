"""Chooses the embedding of the search and learns its projection: resources/search.

    python packaging/models/run.py search SHARED_DATA OUT [STEPS...]

STEPS are some of hear, measure, learn, teach; without them, all. "hear" embeds the beginning of the
recordings of SHARED_DATA (players/, philharmonia/, weresax/, esc10/, ravdess/, emotify/) in an
order that is fair to all of their folders, and keeps OUT/cells.npz as it goes, so that it can be
stopped at any time and continued. "measure" prints how often the same label is found in other
sources, for each embedding and projection; "learn" writes resources/search/projection.safetensors
from the sounds whose licences allow any use. "teach" prints how many marks teach one new class,
chosen as the window chooses them, the most likely, and at random.
"""

import os
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.audio.files import find_audio, read
from engine.classifier.catalog import Catalog
from engine.classifier.personal.rehearsal import embed
from engine.search.ear import trunks_digest
from engine.search.projection import Projection, fitted, on_sphere, spread_of, written
from engine.search.teaching import Fitted, learn, turns
from resources import resource

PLACES = ("players", "philharmonia", "weresax", "esc10", "ravdess", "emotify")
# Not for commercial use, or under terms of their own.
NOT_FREE = ("ravdess", "emotify", "players/rickenbacker4001", "players/kay-banjo")
RELATIVES = {
    "mtg-solosax": "fsdkaggle2018",
    "shinyguitar": "karoryfer",
    "war-tuba": "karoryfer",
    "emilyguitar": "karoryfer",
    "dsmolken-double-bass": "karoryfer",
}
RATE, WINDOW, CELL, LONG = 16000, 16000, 48000, 48128
POWERS, POWER = (0.0, 0.25, 0.5, 0.75), 0.5
# Numbers of musicnn and the first mobile network. `instrument`'s second one came later: it was not
# measured here, and the search gives its numbers no weight, so that vectors stay comparable.
KNOWN = 1762
TAGGED = 300  # cells that the tagger is heard on, too: it is slow
SEEDS, MARKS, BATCH = 2, 60, 6
WAYS = ("chosen", "likely", "random")
TAUGHT = (
    *("banjo", "cello", "clarinet", "drums", "harpsichord", "saxophone", "voice", "rock music"),
)
Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class Cells:
    """Embeddings of the first 3 s of recordings.

    Attributes:
        names: of the files, relative to the data.
        own: of the trunks of `instrument`, mean of three windows, float32, (n, 2018).
        tagger: of the trunks of `genre`, float32, (n, 3012); zeros where it was not heard.
    """

    names: tuple[str, ...]
    own: Vectors
    tagger: Vectors

    @property
    def chosen(self) -> Vectors:
        """The numbers that the search was measured with, (n, 1762)."""
        return self.own[:, :KNOWN]

    @property
    def labels(self) -> list[str]:
        return [label_of(name) for name in self.names]

    @property
    def sources(self) -> list[str]:
        return [source_of(name) for name in self.names]


def source_of(name: str) -> str:
    """What must not be on both sides: a player's, a collection's or a data set's recordings."""
    parts = name.split("/")
    if parts[0] == "players":
        return RELATIVES.get(parts[1], parts[1])
    if parts[0] == "weresax":
        return "karoryfer"
    if parts[0] == "esc10":  # a fold holds all clips of a recording
        return f"esc10 {parts[-1].split('-')[0]}"
    if parts[0] in ("ravdess", "emotify"):  # an actor; an artist
        part = parts[-1].split("_")[0] if parts[0] == "ravdess" else parts[-1].split("__")[1]
        return f"{parts[0]} {part}"
    return parts[0]


def label_of(name: str) -> str:
    """What is heard in a recording."""
    parts = name.split("/")
    if parts[0] == "weresax":
        return "saxophone"
    if parts[0] == "ravdess":
        return parts[1]
    label = parts[2] if parts[0] == "players" and len(parts) > 3 else parts[1]
    same = {"contrabassoon": "bassoon", "guitar": "acoustic-guitar", "percussion": "drums"}
    return same.get(label, label) if parts[0] != "emotify" else f"{label} music"


def in_fair_order(data: Path) -> list[Path]:
    """Three of each folder of players and songs, one of each other, and again."""
    groups: dict[tuple[str, ...], list[Path]] = defaultdict(list)
    for path in find_audio([data / place for place in PLACES]):
        groups[path.relative_to(data).parts[:-1]].append(path)
    rng, order = np.random.default_rng(0), []
    for paths in groups.values():
        rng.shuffle(paths)
    while any(groups.values()):
        for place, paths in groups.items():
            for _ in range(3 if place[0] in ("players", "emotify") else 1):
                if paths:
                    order.append(paths.pop())
    return order


def hear(data: Path, out: Path) -> None:
    """Embed what is not embedded yet."""
    known = load(out) if (out / "cells.npz").is_file() else None
    names = list(known.names) if known else []
    own = list(known.own) if known else []
    tagger = list(known.tagger) if known else []
    models = [Catalog().load(name) for name in ("instrument", "genre")]
    done = set(names)
    for number, path in enumerate(in_fair_order(data)):
        name = path.relative_to(data).as_posix()
        if name in done:
            continue
        samples = read(path, rate_hz=RATE, mono=True, duration_seconds=3.2).samples[0][:CELL]
        whole = np.resize(samples, LONG).astype(np.float32)
        count = max(1, min(3, -(-len(samples) // WINDOW)))
        windows = np.stack([whole[n * WINDOW : (n + 1) * WINDOW] for n in range(count)])
        names.append(name)
        own.append(_embedded(models[0], windows).mean(axis=0))
        tagger.append(_embedded(models[1], whole[None])[0] if number < TAGGED else np.zeros(3012))
        if number % 50 == 0:
            print(number, name, flush=True)
            _save(out, names, own, tagger)
    _save(out, names, own, tagger)


def _embedded(model: object, windows: Vectors) -> Vectors:
    import torch

    return np.asarray(embed(model, torch.from_numpy(windows)).numpy())  # type: ignore[arg-type]


def _save(
    out: Path, names: Sequence[str], own: Sequence[Vectors], tagger: Sequence[Vectors]
) -> None:
    np.savez(
        out / "next.npz",
        names=np.asarray(names),
        own=np.asarray(own, np.float32),
        tagger=np.asarray(tagger, np.float32),
    )
    os.replace(out / "next.npz", out / "cells.npz")


def load(out: Path) -> Cells:
    with np.load(out / "cells.npz", allow_pickle=False) as kept:
        names = tuple(str(name) for name in kept["names"])
        return Cells(names, kept["own"].astype(np.float32), kept["tagger"].astype(np.float32))


def sizes_of(embeddings: Vectors) -> tuple[int, ...]:
    """Of the trunks that embeddings are from: each counts the same."""
    return {KNOWN: (1506, 256), 3012: (1506, 1506), 4774: (1506, 256, 1506, 1506)}.get(
        embeddings.shape[1], ()
    )


def projection_of(embeddings: Vectors, power: float) -> tuple[Vectors, Vectors]:
    """Mean, and principal components divided by their deviation to some power."""
    found = fitted(embeddings, "", sizes_of(embeddings), power)
    return found.mean, found.components


def average_precision(scores: Vectors, right: NDArray[np.bool_]) -> float:
    """Mean precision at the places of the right ones."""
    order = np.argsort(-scores, kind="stable")
    hits = right[order]
    return float((np.cumsum(hits)[hits] / (np.flatnonzero(hits) + 1)).mean())


def retrieval(vectors: Vectors, labels: Sequence[str], sources: Sequence[str]) -> float:
    """Average precision of the same label among all other sources, mean over labels."""
    label, source = np.asarray(labels), np.asarray(sources)
    alike = vectors @ vectors.T
    found: dict[str, list[float]] = defaultdict(list)
    for n in range(len(vectors)):
        others = source != source[n]
        right = label[others] == label[n]
        if right.any():
            found[labels[n]].append(average_precision(alike[n][others], right))
    return float(np.mean([np.mean(values) for values in found.values()]))


def measure(cells: Cells) -> None:
    """Print the table of embeddings and projections."""
    labels, sources = cells.labels, cells.sources
    heard = np.flatnonzero(cells.tagger.any(axis=1))
    some = [labels[n] for n in heard], [sources[n] for n in heard]
    print(f"\n{len(heard)} recordings of {len(set(some[1]))} sources, {len(set(some[0]))} labels")
    joined = np.concatenate([cells.chosen, cells.tagger], axis=1)[heard]
    for title, part in (
        ("musicnn, levelled, 1 s", cells.chosen[heard, :1506]),
        ("mobile, 1 s", cells.chosen[heard, 1506:]),
        ("both (instrument)", cells.chosen[heard]),
        ("two musicnn (genre), 3 s", cells.tagger[heard]),
        ("all", joined),
    ):
        _print_row(title, part, *some)
    print(f"\n{len(labels)} recordings of {len(set(sources))} sources, {len(set(labels))} labels")
    _print_row("both (instrument)", cells.chosen, labels, sources)
    _print_row("mobile, 1 s", cells.chosen[:, 1506:], labels, sources)
    _print_row("musicnn, levelled, 1 s", cells.chosen[:, :1506], labels, sources)


def _print_row(title: str, part: Vectors, labels: Sequence[str], sources: Sequence[str]) -> None:
    """Of instruments, which `instrument` was trained on, and of all else, which it was not."""
    other = np.asarray([source.split()[0] in ("esc10", "ravdess", "emotify") for source in sources])
    values = []
    for vectors in [_plain(part), *(_reduced(part, power) for power in POWERS)]:
        for some in (np.flatnonzero(~other), np.flatnonzero(other)):
            kind = [labels[n] for n in some.tolist()], [sources[n] for n in some.tolist()]
            values.append(f"{retrieval(vectors[some], *kind):.3f}")
    print(f"| {title} | " + " | ".join(values) + " |")


def _reduced(part: Vectors, power: float) -> Vectors:
    return _projected(part, *projection_of(part, power))


def _projected(part: Vectors, mean: Vectors, components: Vectors) -> Vectors:
    return on_sphere(np.asarray((part - mean) @ components.T, dtype=np.float32))


def _plain(part: Vectors) -> Vectors:
    """Standardised, not reduced."""
    return on_sphere((part - part.mean(axis=0)) / spread_of(part, sizes_of(part)))


def learn_projection(cells: Cells, power: float) -> None:
    """Write what Earmark comes with."""
    free = [n for n, name in enumerate(cells.names) if not name.startswith(NOT_FREE)]
    mean, components = projection_of(cells.chosen[free], power)
    unheard = cells.own.shape[1] - KNOWN
    mean, components = np.pad(mean, (0, unheard)), np.pad(components, ((0, 0), (0, unheard)))
    digest = trunks_digest(Catalog().load("instrument"))
    path = resource("search", "projection.safetensors")
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(written(Projection(mean, components, digest)))
    print(f"{path}: of {len(free)} recordings")


def teach(cells: Cells, power: float) -> None:
    """Print the average precision after 20, 40 and 60 marks, by way of choosing, mean over seeds.

    Half of the recordings are marked from, the other half are what is judged: what was marked
    cannot be found there again.
    """
    vectors = _projected(cells.chosen, *projection_of(cells.chosen, power))
    label = np.asarray(cells.labels)
    found: dict[str, list[Vectors]] = defaultdict(list)
    for name in TAUGHT:
        truth = label == name
        rows = {way: [_taught(vectors, truth, way, seed) for seed in range(SEEDS)] for way in WAYS}
        for way, values in rows.items():
            found[way].append(np.mean(values, axis=0))
        words = [" ".join(f"{x:.2f}" for x in found[way][-1]) for way in WAYS]
        print(f"| {name} | {truth.sum()} | " + " | ".join(words) + " |", flush=True)
    means = [" ".join(f"{x:.2f}" for x in np.mean(found[way], axis=0)) for way in WAYS]
    print("| mean |  | " + " | ".join(means) + " |")


def _taught(vectors: Vectors, truth: NDArray[np.bool_], way: str, seed: int) -> list[float]:
    """Average precision on the half that is not marked, after each third of the marks."""
    rng = np.random.default_rng(seed)
    halves = np.array_split(rng.permutation(len(vectors)), 2)
    (pool, judged), kinds = (vectors[halves[0]], vectors[halves[1]]), truth[halves[0]]
    marked, found = [int(rng.choice(np.flatnonzero(kinds)))], []
    head = learn(pool[marked], [True])
    while len(marked) <= MARKS:
        marked += list(_next(head, pool, marked, way, rng, [bool(kinds[n]) for n in marked]))
        head = learn(pool[marked], [bool(kinds[n]) for n in marked])
        if (len(marked) - 1) % (MARKS // 3) < BATCH and len(marked) > MARKS // 3:
            found.append(average_precision(head.logits(judged), truth[halves[1]]))
    return found[:3]


def _next(
    head: Fitted,
    vectors: Vectors,
    marked: Sequence[int],
    way: str,
    rng: np.random.Generator,
    kinds: Sequence[bool],
) -> Iterator[int]:
    """What is marked next: as engine.search.teaching chooses it, on vectors alone."""
    left = np.setdiff1d(np.arange(len(vectors)), marked)
    logits = head.logits(vectors[left])
    likely = left[np.argsort(-logits, kind="stable")]
    if way == "random":
        yield from rng.permutation(left)[:BATCH].tolist()
        return
    if way == "likely" or len(marked) == 1:
        yield from likely[:BATCH].tolist()
        return
    margin = left[np.argsort(np.abs(logits), kind="stable")].tolist()
    plausible = likely[:400][head.probabilities(vectors[likely[:400]]) >= 0.1]
    novel = plausible[np.argsort((vectors[plausible] @ head.points.T).max(axis=1))].tolist()
    audit = rng.permutation(left[logits >= 0]).tolist()
    ways = {"audit": audit, "likely": likely.tolist(), "margin": margin, "novel": novel}
    taken = list[int]()
    while len(taken) < BATCH:
        for reason in turns(kinds, len(marked) - 1):
            some = ways[reason]
            while some and some[0] in taken:
                some.pop(0)
            if some and len(taken) < BATCH:
                taken.append(some.pop(0))
    yield from sorted(taken)


if __name__ == "__main__":
    shared, place = Path(sys.argv[1]), Path(sys.argv[2])
    steps = sys.argv[3:] or ["hear", "measure", "learn", "teach"]
    if "hear" in steps:
        hear(shared, place)
    if "measure" in steps:
        measure(load(place))
    if "learn" in steps:
        learn_projection(load(place), POWER)
    if "teach" in steps:
        teach(load(place), POWER)
