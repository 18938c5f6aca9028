"""Where a batch's results go: standard output, one file, or a folder with one result a sound.

Each writes as results come, so that whatever ends a batch, those of the finished files are there.
Nothing that exists is replaced unasked, and never a sound; what cannot work is said before any
work starts.
"""

import contextlib
import errno
import os
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol, TextIO

from engine.atomic_write import write_whole
from engine.audio.formats import EXTENSIONS
from engine.errors import DataError
from engine.export import Export
from engine.export.words import encodable, visible
from engine.leftovers import DAY, sweep
from engine.recognition.verdict import FileResult

_NAMED = 3  # of the files that exist, in a message
# After these no other file can be written either.
_LASTING = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO}


class DestinationError(DataError):
    """Nothing more can be written."""


class Destination(Protocol):
    """Takes the results of a batch one by one."""

    def put(self, sound: Path, result: FileResult) -> None:
        """Write the result of one more sound.

        Raises:
            DataError: this one cannot be written.
            DestinationError: nor can any other.
        """

    def fail(self, sound: Path, reason: str) -> None:
        """Note that a sound has no result, where the format has words for it."""

    def close(self) -> None:
        """Finish what was written; called once, also where a batch was interrupted."""


def open_destination(
    output: str | None,
    export: Export,
    places: Iterable[str | Path],
    sounds: Sequence[Path],
    *,
    stream: TextIO,
    overwrite: bool = False,
    resume: bool = False,
) -> Destination:
    """Choose where results go, and see that they can.

    Args:
        output: a file, a folder (it exists, ends in a slash, or the format needs one for several
            sounds), or None: ``stream``.
        export: in which form.
        places: files, folders and patterns, as they were named.
        sounds: the files that they stand for.
        stream: standard output.
        overwrite: whether results that exist may be replaced.
        resume: whether what exists is of the same batch, which is given from its start again:
            it stays, and what is missing is added.

    Raises:
        DataError: results cannot be written there, or would replace something.
    """
    if output is None:
        if export.separate and len(sounds) > 1:
            raise DataError(
                f"{export.words} of several sounds cannot follow each other in one text. Name a "
                "folder for them with --output, such as -o labels/."
            )
        return _Stream(export, stream)
    path = Path(output)
    as_folder = output.endswith(("/", os.sep)) or (export.separate and len(sounds) > 1)
    if path.is_dir() or as_folder:
        targets = plan(path, export.suffix, places, sounds)
        check_folder(path, targets, overwrite or resume)
        return _Folder(export, path, targets, overwrite=overwrite, resume=resume)
    check_file(path, sounds, overwrite or resume)
    return _Continued(export, path) if resume else _File(export, path, overwrite=overwrite)


def plan(
    folder: Path, suffix: str, places: Iterable[str | Path], sounds: Sequence[Path]
) -> dict[Path, Path]:
    """The file for each sound's result, all different on every file system.

    Sounds keep their folders below what all named places have in common. Those of one folder that
    differ only in their endings keep them: ``song.wav.csv`` beside ``song.m4a.csv``.

    Args:
        folder: what they lie in.
        suffix: of their names.
        places: files, folders and patterns, as they were named.
        sounds: the files that they stand for.
    """
    below = _below(places, sounds)
    short = {sound: place.with_name(place.stem + suffix) for sound, place in below.items()}
    uses = Counter(_key(name) for name in short.values())
    names = {sound: name for sound, name in short.items() if uses[_key(name)] == 1}
    taken = {_key(name) for name in names.values()}
    for sound, place in below.items():
        if sound in names:
            continue
        name, number = place.with_name(place.name + suffix), 2
        while _key(name) in taken:
            name, number = place.with_name(f"{place.name} {number}{suffix}"), number + 1
        names[sound] = name
        taken.add(_key(name))
    return {sound: folder / names[sound] for sound in sounds}


def _below(places: Iterable[str | Path], sounds: Sequence[Path]) -> dict[Path, Path]:
    """Each sound's path below what all places have in common."""
    whole = {sound: Path(os.path.abspath(sound)) for sound in sounds}
    roots = {os.path.abspath(place) for place in places if os.path.isdir(place)}
    roots |= {
        str(path.parent)
        for path in whole.values()
        if not any(path.is_relative_to(root) for root in roots)
    }
    try:
        top = os.path.commonpath(roots)
    except ValueError:  # several drives of Windows
        return {
            sound: Path(path.drive.rstrip(":") or "_", *path.parts[1:])
            for sound, path in whole.items()
        }
    return {sound: path.relative_to(top) for sound, path in whole.items()}


def _key(path: Path) -> str:
    """Equal for names that are one on some file system."""
    return unicodedata.normalize("NFC", os.fspath(path)).casefold()


def refuse_sound(target: Path, sounds: Iterable[Path]) -> None:
    """Refuse to write over a sound, whatever its name leads to.

    Args:
        target: what would be written.
        sounds: files that were named as input, whether they exist or not.

    Raises:
        DataError: it is one of them.
    """
    real, file = os.path.realpath(target), _identity(target)
    for sound in sounds:
        if real == os.path.realpath(sound) or (file is not None and file == _identity(sound)):
            raise DataError(
                f"{visible(target.name)} is one of the sounds to read. No result is ever written "
                "over a sound. Choose another name."
            )


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return found.st_dev, found.st_ino


def check_file(path: Path, sounds: Sequence[Path], overwrite: bool) -> None:
    """Refuse a file that is not to be written, before any work for it.

    Raises:
        DataError: it is a sound or named like one, exists and may not be replaced, or its place
            cannot be written to.
    """
    refuse_sound(path, sounds)
    name = visible(path.name)
    if path.suffix.lower() in EXTENSIONS:
        raise DataError(
            f"{name} is named like a sound, so no result is written there. The output's own name "
            "comes after --output, such as -o results.csv."
        )
    if os.path.lexists(path) and not path.is_file() and not path.is_char_device():
        raise DataError(f"{visible(str(path))} is not a file. Choose another name.")
    if path.is_file() and not overwrite:
        raise DataError(
            f"{visible(str(path))} exists already and is kept. Choose another name, or replace it "
            "with --overwrite."
        )
    if path.is_file() and not os.access(path, os.W_OK):
        raise DataError(f"{name} cannot be written: you have no permission. Choose another name.")
    if not path.is_char_device():
        _check_room(path.parent)


def check_folder(folder: Path, targets: Mapping[Path, Path], overwrite: bool) -> None:
    """Make a folder, and refuse targets in it that are not to be written, before any work.

    Raises:
        DataError: one is a sound, exists and may not be replaced, or cannot be written.
    """
    if os.path.lexists(folder) and not folder.is_dir():
        raise DataError(
            f"{visible(str(folder))} is a file, and the results of several sounds need a folder. "
            "Choose another name."
        )
    real = {os.path.realpath(sound) for sound in targets}
    known = {_identity(sound) for sound in targets} - {None}
    for target in targets.values():
        if os.path.realpath(target) in real or _identity(target) in known:
            refuse_sound(target, targets)
        _check_way(target, folder)
    there = [path for path in targets.values() if os.path.lexists(path)]
    if there and not overwrite:
        names = ", ".join(visible(str(path.relative_to(folder))) for path in there[:_NAMED])
        more = ", ..." if len(there) > _NAMED else ""
        raise DataError(
            f"These files exist already in {visible(str(folder))} and are kept: {names}{more} "
            f"({len(there)} of {len(targets)} results). Choose another folder, or replace them "
            "with --overwrite."
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(
            f"The folder {visible(str(folder))} cannot be made: {error.strerror}. Choose another "
            "place."
        ) from error
    sweep(folder, older_than=DAY)  # of batches that were killed
    _check_room(folder)


def _check_way(target: Path, folder: Path) -> None:
    """That folders can be made, and the target is no folder."""
    wrong = target if target.is_dir() else None
    for parent in target.relative_to(folder).parents:
        way = folder / parent
        if os.path.lexists(way) and not way.is_dir():
            wrong = way
    if wrong is not None:
        raise DataError(
            f"{visible(str(wrong))} is in the way of a result. Choose another folder for them."
        )


def _check_room(folder: Path) -> None:
    """That files can be made in a folder."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        what = "there is no such folder" if not folder.is_dir() else (error.strerror or "").lower()
        raise DataError(
            f"Nothing can be written in {visible(str(folder))}: {what}. Choose another place."
        ) from error


class _Joined:
    """All results in one text, one after another."""

    def __init__(self, export: Export, write: Callable[[str], None]) -> None:
        self._text, self._failure = export.joined(), export.failure
        self._write = write

    def put(self, sound: Path, result: FileResult) -> None:
        self._write(self._text(result))

    def fail(self, sound: Path, reason: str) -> None:
        if self._failure is not None:
            self._write(self._failure(str(sound), reason))

    def close(self) -> None:
        pass  # each result was written as it came


class _Stream(_Joined):
    def __init__(self, export: Export, stream: TextIO) -> None:
        super().__init__(export, self._say)
        self._stream = stream

    def _say(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise DestinationError(f"The output cannot be written: {error.strerror}.") from error


class _File(_Joined):
    """It begins with the first result: until then, what is replaced stays."""

    def __init__(self, export: Export, path: Path, *, overwrite: bool) -> None:
        super().__init__(export, self._append)
        self._path = path
        self._mode = "wb" if overwrite or path.is_char_device() else "xb"

    def _append(self, text: str) -> None:
        data = encodable(text).encode()
        try:
            with self._path.open(self._mode, buffering=0) as file:
                self._mode, whole = "ab", os.fstat(file.fileno()).st_size
                try:
                    while data:
                        data = data[file.write(data) :]
                except OSError:
                    with contextlib.suppress(OSError):
                        file.truncate(whole)  # no half result
                    raise
        except OSError as error:
            raise DestinationError(
                f"{visible(self._path.name)} could not be written: {error.strerror}. The results "
                "before are kept."
            ) from error


class _Continued(_Joined):
    """A file that an interrupted batch left: what is there is compared, the rest is written."""

    def __init__(self, export: Export, path: Path) -> None:
        super().__init__(export, self._append)
        self._path, self._at = path, 0

    def _append(self, text: str) -> None:
        data = encodable(text).encode()
        try:
            with self._path.open("r+b" if self._path.exists() else "x+b", buffering=0) as file:
                file.seek(self._at)
                there = file.read(len(data))
                if not data.startswith(there):
                    raise DestinationError(
                        f"{visible(self._path.name)} has other results than those that were "
                        "interrupted: it was changed since, or files or settings are others. It "
                        "is kept. Choose another name, or replace it with --overwrite."
                    )
                rest = data[len(there) :]
                try:
                    while rest:
                        rest = rest[file.write(rest) :]
                except OSError:
                    with contextlib.suppress(OSError):
                        file.truncate(self._at)  # no half result
                    raise
                self._at += len(data)
        except OSError as error:
            raise DestinationError(
                f"{visible(self._path.name)} could not be written: {error.strerror}. The results "
                "before are kept."
            ) from error


class _Folder:
    """A text of its own for each sound, written completely or not at all."""

    def __init__(
        self,
        export: Export,
        folder: Path,
        targets: Mapping[Path, Path],
        *,
        overwrite: bool,
        resume: bool = False,
    ) -> None:
        self._export, self._folder, self._overwrite = export, folder, overwrite
        self._targets = targets
        self._there = {t for t in targets.values() if os.path.lexists(t)} if resume else set()

    def put(self, sound: Path, result: FileResult) -> None:
        self._write(sound, self._export.joined()(result))

    def fail(self, sound: Path, reason: str) -> None:
        if self._export.failure is not None:
            self._write(sound, self._export.failure(str(sound), reason))

    def close(self) -> None:
        pass  # each has its file

    def _write(self, sound: Path, text: str) -> None:
        target = self._targets[sound]
        if target in self._there:  # of the batch that is continued
            return
        if os.path.lexists(target) and not self._overwrite:  # since the start
            raise DataError(f"{visible(str(target))} exists meanwhile and is kept.")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            write_whole(target, encodable(text).encode())
        except OSError as error:
            lasting = error.errno in _LASTING or not self._folder.is_dir()
            raise (DestinationError if lasting else DataError)(
                f"{visible(str(target))} could not be written: {error.strerror}."
            ) from error
