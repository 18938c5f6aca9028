"""Where corrections lie: one file for each classifier that was corrected, and the sounds beside it.

``personal/SHA.safetensors`` under the user's classifiers, SHA being the SHA-256 of the classifier:
the embeddings of what was corrected and the head learned from them, written whole or not at all.
``personal/SHA/NUMBER.flac`` is the sound of a correction, so that it can be heard again.
"""

import contextlib
import math
import os
import shutil
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from engine.classifier.file import read_all, read_metadata, write_file
from engine.classifier.personal.card import PersonalCard, parse_card
from engine.errors import ModelError
from engine.leftovers import sweep
from engine.locks import FolderLock

if TYPE_CHECKING:
    from torch import Tensor

    from engine.classifier.personal.head import Head

FOLDER = "personal"
_SUFFIX = ".safetensors"
_PATIENCE_SECONDS = 30.0
MOST_WINDOWS = 64  # of one correction
MOST_KEPT = 1024
MOST_POINTS = 1 << 14
_MOST_SIZE = 1 << 17
_MOST_NUMBER = 1e8
_HEAD = ("centre", "spread", "points", "shifts")


@dataclass(frozen=True)
class Kept:
    """All that a file of corrections holds.

    Attributes:
        card: what it says in words.
        head: what was learned.
        corrected: embeddings of each correction, by its number, each (windows, size).
        rehearsal: embeddings of sounds that Earmark comes with, (windows, size).
        left: embeddings of sounds that the user heard and left as they were named, (windows, size).
    """

    card: PersonalCard
    head: "Head"
    corrected: "dict[int, Tensor]" = field(default_factory=dict)
    rehearsal: "Tensor | None" = None
    left: "Tensor | None" = None


class PersonalStore:
    """The corrections of one user.

    Args:
        models: the folder of the user's classifiers.
    """

    def __init__(self, models: Path) -> None:
        self.folder = models / FOLDER

    def path(self, base: str) -> Path:
        """The file for the classifier of that SHA-256."""
        return self.folder / f"{base}{_SUFFIX}"

    def sound(self, base: str, number: int) -> Path:
        """The sound of a correction."""
        return self.folder / base / f"{number}.flac"

    def card(self, base: str) -> PersonalCard | None:
        """What was corrected, without torch; None: nothing.

        Raises:
            ModelError: the file is damaged.
        """
        path = self.path(base)
        if not path.exists():
            return None
        metadata, tensors = read_metadata(path)
        card = parse_card(metadata.get("personal"), path.name)
        if card.base != base:
            raise ModelError(f"{path.name} holds the corrections of another classifier.")
        _check_shapes(card, tensors, path)
        return card

    def cards(self) -> list[PersonalCard]:
        """Of all classifiers that were corrected; what is damaged is left out."""
        found = []
        for path in sorted(self.folder.glob(f"*{_SUFFIX}")):
            with contextlib.suppress(ModelError):
                card = self.card(path.stem)
                if card is not None:
                    found.append(card)
        return found

    def read(self, base: str) -> "Kept | None":
        """All that is kept for a classifier; None: nothing.

        Raises:
            ModelError: the file is damaged.
        """
        card = self.card(base)
        return None if card is None else _load(card, self.path(base))

    def write(self, kept: "Kept") -> None:
        """Keep it instead of what was there; the caller holds :meth:`changing`.

        Raises:
            ModelError: it cannot be written.
        """
        from safetensors.torch import save

        tensors = {f"head.{name}": getattr(kept.head, name) for name in _HEAD}
        for name, some in (("rehearsal", kept.rehearsal), ("left", kept.left)):
            if some is not None and len(some):
                tensors[name] = some
        tensors |= {f"correction.{number}": one for number, one in kept.corrected.items()}
        plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
        data = save(plain, metadata={"personal": kept.card.model_dump_json()})
        write_file(self.path(kept.card.base), data)
        self._forget_sounds(kept.card.base, [c.number for c in kept.card.corrections])

    @contextlib.contextmanager
    def following(self, before: str, after: str) -> Iterator[None]:
        """Corrections go with a classifier whose file changes but not its tensors: another title.

        Args:
            before: SHA-256 of its file.
            after: of its file once this has been left.

        Damaged ones stay where they are, as do those of which there are others for that file
        already: nothing takes their place, and both are kept.

        Raises:
            ModelError: they cannot be written.
        """
        if before == after or not self.path(before).exists():
            yield
            return
        with self.changing():  # what is learned meanwhile is not left behind
            kept = None
            with contextlib.suppress(ModelError):
                kept = self.read(before)
            if kept is None or self.path(after).exists():
                yield
                return
            moved = []
            for one in kept.card.corrections:
                keep_sound(self.sound(before, one.number), self.sound(after, one.number))
                # Were it killed here, both would be there: known as the same by this.
                origin = one.origin or f"{before}/{one.number}"
                moved.append(one.model_copy(update={"origin": origin}))
            card = kept.card.model_copy(update={"base": after, "corrections": moved})
            self.write(replace(kept, card=card))
            try:
                yield
            except BaseException:
                self.forget(after)
                raise
            self.forget(before)

    def forget(self, base: str) -> None:
        """Take away all corrections of a classifier; the caller holds :meth:`changing`.

        Raises:
            ModelError: they cannot be deleted.
        """
        try:
            self.path(base).unlink(missing_ok=True)
        except OSError as error:
            raise ModelError(f"The corrections could not be deleted: {error.strerror}.") from error
        self._forget_sounds(base, [])

    @contextlib.contextmanager
    def changing(self) -> Iterator[None]:
        """Nobody else writes for as long as this lasts.

        Raises:
            ModelError: another program has been writing for half a minute, or none can write.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ModelError(f"The corrections cannot be saved: {error.strerror}.") from error
        lock = FolderLock(self.folder)
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not lock.acquire():
            if time.monotonic() > deadline:
                raise ModelError(
                    f"The corrections are in use by {lock.holder()}. Close it, then try again."
                )
            time.sleep(0.05)
        try:
            sweep(self.folder)
            yield
        finally:
            lock.release()

    def _forget_sounds(self, base: str, numbers: Sequence[int]) -> None:
        """Delete the sounds of corrections that were undone."""
        for path in (self.folder / base).glob("*.flac"):
            if path.stem.isdecimal() and int(path.stem) not in numbers:
                with contextlib.suppress(OSError):  # somebody listens to it: next time
                    path.unlink()
        with contextlib.suppress(OSError):  # not there, or not empty
            (self.folder / base).rmdir()


def keep_sound(sound: Path, target: Path) -> None:
    """The same sound under another name, where there is one; without links on the disk a copy.

    Raises:
        ModelError: it cannot be written.
    """
    if not sound.is_file():
        return
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)  # of a correction that was never finished
        try:
            os.link(sound, target)
        except OSError:
            shutil.copyfile(sound, target)
    except OSError as error:
        raise ModelError(f"The corrected sound cannot be saved: {error.strerror}.") from error


def new_revision() -> str:
    """One that no other file has."""
    return uuid.uuid4().hex


def _check_shapes(
    card: PersonalCard, tensors: Mapping[str, tuple[str, tuple[int, ...]]], path: Path
) -> None:
    """Hold what the file says of its tensors against its words, before any is read."""
    size = math.prod(tensors.get("head.centre", ("", (0,)))[1])
    points = (tensors.get("head.points", ("", (0,)))[1] or (0,))[0]
    shapes = {
        "head.centre": (size,),
        "head.spread": (size,),
        "head.points": (points, size),
        "head.shifts": (points, len(card.labels) + 1),
    }
    most = dict.fromkeys(("rehearsal", "left"), MOST_KEPT)
    wanted = {f"correction.{correction.number}": MOST_WINDOWS for correction in card.corrections}
    fits = 0 < size <= _MOST_SIZE and points <= MOST_POINTS
    fits = fits and wanted.keys() <= tensors.keys() and shapes.keys() <= tensors.keys()
    for name, (kind, shape) in tensors.items():
        if name in shapes:
            fits = fits and shape == shapes[name]
        else:
            rows = (most | wanted).get(name, -1)
            fits = fits and len(shape) == 2 and shape[0] <= rows and shape[1] == size
        fits = fits and kind == "F32"
    if not fits:
        raise ModelError(f"{path.name} does not fit its corrections: it was modified.")


def _load(card: PersonalCard, path: Path) -> "Kept":
    from safetensors import SafetensorError
    from safetensors.torch import load

    from engine.classifier.personal.head import Head

    try:
        tensors = load(read_all(path))
    except (SafetensorError, LookupError, RuntimeError, TypeError, ValueError) as error:
        raise ModelError(f"{path.name} is damaged.") from error
    # Points lie on a sphere of radius 1, and products of the others stay in float32's range.
    most = {"head.points": 1.001}
    for name, tensor in tensors.items():
        # "not ... <=" is true of NaN as well.
        if tensor.numel() and not float(tensor.abs().max()) <= most.get(name, _MOST_NUMBER):
            raise ModelError(f"{path.name} contains invalid numbers (NaN, or far too large).")
    return Kept(
        card,
        Head(*(tensors[f"head.{name}"] for name in _HEAD)),
        {c.number: tensors[f"correction.{c.number}"] for c in card.corrections},
        tensors.get("rehearsal"),
        tensors.get("left"),
    )
