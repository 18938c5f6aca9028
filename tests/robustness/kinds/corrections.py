"""What a user corrected: the file's words, the shapes of its tensors and its bytes, broken."""

import io
import json
import random
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch

from engine.classifier.catalog import Catalog
from engine.classifier.classifier import Classifier
from engine.classifier.personal.applied import corrected, save_corrected
from engine.classifier.personal.card import Correction
from engine.classifier.personal.learning import learn, undo
from tests import planted
from tests.robustness.damage import broken_bytes, broken_value, deep
from tests.robustness.kinds.classifiers import Base
from tests.robustness.victim import Case

_RATE, _MOST_FLOAT = 4000, 3.4e38
_FEATURE = {"rate_hz": _RATE, "n_fft": 256, "hop_length": 128, "center": False, "n_mels": 8}
_DATE = "2026-11-28T21:00:00+00:00"
_KIND_OF_KEY = "personal"


def prepare(folder: Path) -> Callable[[random.Random, Path], Case]:
    """What makes the input of a seed."""
    several = [_made(folder / name, multi_label=name == "several") for name in ("one", "several")]

    def make(rng: random.Random, place: Path) -> Case:
        base, file, taken = rng.choice(several)
        mine = place / "models"
        shutil.copytree(base.parent, mine)
        path = mine / "personal" / file
        what, data = rng.choice(_WAYS)(rng, taken)
        path.write_bytes(data)
        classifier, good = mine / base.name, what == "as it is"
        return Case(what, lambda: _use(classifier, path), not good, (classifier,))

    return make


def _made(folder: Path, *, multi_label: bool) -> tuple[Path, str, Base]:
    """A classifier with three corrections: its file, and theirs, whole and taken apart."""
    folder.mkdir()
    made = planted.build(("log_mel", _FEATURE), ("dense", {"hidden": [4]}), multi_label=multi_label)
    path = folder / "taught.safetensors"
    made.save(path)
    base = Classifier.load(path)
    labels, rng = base.card.labels, torch.Generator().manual_seed(2)
    corrections = [
        Correction(number=1, kind="is", label="kazoo", said=labels[:1], seconds=2.0, date=_DATE),
        Correction(number=2, kind="not", said=labels[1:2], seconds=0.5, heard="a.wav", date=_DATE),
        Correction(number=3, kind="is", label=labels[2], said=["kazoo"], seconds=3, date=_DATE),
    ]
    size = base.network.embedding_size
    drawn = [torch.randn(rows, size, generator=rng) for rows in (5, 2, 4, 20, 3)]
    embeddings = dict(zip((1, 2, 3), drawn, strict=False))
    store = Catalog(folder).corrections
    store.folder.mkdir()
    store.write(learn(base, corrections, embeddings, *drawn[3:]))
    kept = store.path(base.sha256 or "")
    data = kept.read_bytes()
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    words = json.loads(header.pop("__metadata__")[_KIND_OF_KEY])
    return path, kept.name, Base("corrections", header, words, data[8 + length :])


def _use(path: Path, file: Path) -> None:
    """List them, hear with them, take one back and save the rest as a classifier.

    Raises:
        ModelError: they cannot be used.
    """
    catalog = Catalog(path.parent)
    plain = Classifier.load(path)
    # Without any classifier nothing is heard at all: what is damaged here may never cost one.
    loaded = catalog.load("planted")
    _judge(plain)
    store, digest = catalog.corrections, plain.sha256 or ""
    listed = store.cards()
    assert len(listed) <= 1
    kept = store.read(digest)
    assert kept is not None, "they are there, and nothing is said of them"
    assert [card.revision for card in listed] == [kept.card.revision]
    assert loaded.revision == kept.card.revision or loaded.card.labels == plain.card.labels
    _judge(corrected(plain, kept))
    save_corrected(plain, store, path.parent / "others.safetensors")
    _judge(Classifier.load(path.parent / "others.safetensors"))
    numbers = [correction.number for correction in kept.card.corrections]
    for number in numbers:
        undo(plain, store, [number])
    assert not file.exists() or not numbers, "all were taken back and some are left"


def _judge(classifier: Classifier) -> None:
    card = classifier.card
    noise = torch.randn(3, card.window_samples, generator=torch.Generator().manual_seed(1)) / 10
    with torch.inference_mode():
        found = classifier(noise)
    assert found.shape == (3, len(card.labels))
    assert bool(((found >= 0) & (found <= 1)).all()), "what it says are no probabilities"


# Ways to break them.


def _joined(base: Base, words: object = None) -> bytes:
    text = words if isinstance(words, str) else json.dumps(base.card)
    return base.with_header(base.tensors | {"__metadata__": {_KIND_OF_KEY: text}})


def _copy(base: Base) -> Base:
    fresh = json.loads(json.dumps([base.tensors, base.card]))
    return Base(base.name, *fresh, base.rest)


def _as_it_is(rng: random.Random, base: Base) -> tuple[str, bytes]:
    del rng
    return "as it is", _joined(base)


def _words(rng: random.Random, base: Base) -> tuple[str, bytes]:
    base = _copy(base)
    return f"words {broken_value(rng, base.card)}", _joined(base)


def _other_words(rng: random.Random, base: Base) -> tuple[str, bytes]:
    """Words that fit their types, and not each other."""
    base, said = _copy(base), []
    many = [f"l{number}" for number in range(1000)]
    some = base.card["corrections"]
    ways: dict[str, Sequence[object]] = {
        "labels": (base.card["known"], [*base.card["labels"], "more"], many, ["\n", "", "=1"]),
        "known": (base.card["labels"], base.card["known"][:1], many),
        "corrections": ([], some[:1], some * 2, some[::-1], [{**some[0], "number": 10**9}]),
        "sharpness": (1e-300, 1000, 6.0),
        "several": (not base.card["several"],),
        "revision": ("0" * 32,),
        "base": ("0" * 64,),
        "format": (2, 0, 10**30),
    }
    for name in rng.sample(sorted(ways), rng.choice((1, 1, 2))):
        base.card[name] = rng.choice(ways[name])
        said.append(f"{name} {str(base.card[name])[:30]}")
    return f"words with {', '.join(said)}", _joined(base)


def _tensors(rng: random.Random, base: Base) -> tuple[str, bytes]:
    base = _copy(base)
    return f"header {broken_value(rng, base.tensors)}", _joined(base)


def _numbers(rng: random.Random, base: Base) -> tuple[str, bytes]:
    """Numbers in a tensor that are none, or far too large."""
    base, data = _copy(base), bytearray(base.rest)
    name = rng.choice(sorted(base.tensors))
    first, last = base.tensors[name]["data_offsets"]
    value = rng.choice((np.nan, np.inf, -np.inf, _MOST_FLOAT, -_MOST_FLOAT, 1e20, 1e6, 0.0))
    each = range(first, last, 4)
    for at in each if rng.random() < 0.3 else [rng.choice(each)]:
        data[at : at + 4] = np.float32(value).tobytes()
    return f"{name} with {value}", _joined(Base(base.name, base.tensors, base.card, bytes(data)))


def _bytes(rng: random.Random, base: Base) -> tuple[str, bytes]:
    return broken_bytes(rng, _joined(base))


def _json(rng: random.Random, base: Base) -> tuple[str, bytes]:
    text = deep(rng)
    return f"words of {text[:20]!r}", _joined(base, text)


def _other_file(rng: random.Random, base: Base) -> tuple[str, bytes]:
    del base
    out = io.BytesIO()
    if rng.random() < 0.5:
        torch.save({"head.centre": torch.zeros(3)}, out)
    return "another file in their place", out.getvalue()


_WAYS: tuple[Callable[[random.Random, Base], tuple[str, bytes]], ...] = (
    *(_as_it_is, _words, _words, _other_words, _other_words, _other_words),
    *(_tensors, _numbers, _numbers, _numbers, _bytes, _bytes, _json, _other_file),
)
