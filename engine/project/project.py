"""A project: a folder of collected sounds that can be trained on directly.

It holds ``manifest.csv`` (what :mod:`engine.datasets.corpora.manifest` reads),
``classes.json`` (the order of the classes, and the empty ones) and the audio under
``sounds/<class>/``. Every operation saves at once and can be undone. Only files that the project
took in itself are ever moved or deleted. One program at a time may change it: whoever comes second
reads it and follows.
"""

from collections.abc import Generator, Sequence
from dataclasses import replace
from pathlib import Path

from engine.audio.files import probe
from engine.datasets import open_dataset
from engine.datasets.table import Excerpt
from engine.errors import AudioError, DataError
from engine.project.check import Facts, Inspector, Problem
from engine.project.cutting import cut_out, examples
from engine.project.history import History
from engine.project.store import RECORDING, State, Store, safe, sounds_at
from engine.project.twins import joined


class Project:
    """A folder of labelled sounds that is being worked on. One operation at a time.

    Args:
        folder: a project, any data set that :func:`engine.datasets.open_dataset` knows (its rows
            point at the files where they are), or a new or empty folder.

    Attributes:
        history: undoes and redoes.

    Raises:
        DataError: it is none of these, or cannot be read.
    """

    def __init__(self, folder: Path | str) -> None:
        self._store = Store(Path(folder))
        self._tried: object = None
        self._store.take()
        try:
            loaded = self._store.find(self._store.load(), self.root)
        except DataError:
            self.release()
            raise
        self.history = History(self._store, loaded)
        self._inspector = Inspector(self.root)

    @property
    def root(self) -> Path:
        """Its folder."""
        return self._store.root

    @property
    def read_only(self) -> str:
        """Why it cannot be changed here, in a sentence; empty: it can, as far as we know."""
        holder = self._store.holder
        if holder is None:
            return ""
        return (
            f"This project is open in {holder}. Here it is read-only and follows the changes; "
            "it can be edited when it is closed there."
        )

    @property
    def outdated(self) -> bool:
        """Whether :meth:`refresh` is due; looks at the disk."""
        store = self._store
        changed = store.changed and store.stamps() != self._tried
        return changed or (store.holder is not None and store.lock.free())

    def refresh(self) -> str:
        """Follow what others did on the disk, and take the project over when its holder has left.

        Returns:
            A sentence about it, where the user has to know; else nothing.

        Raises:
            DataError: it cannot be read; what was known stays.
        """
        store = self._store
        self._tried = store.stamps()
        followed, taken, changed = store.holder is not None, store.take(), store.changed
        if taken or changed:
            self.history.read_again()
        if followed and taken:
            return "The project is no longer open elsewhere: it can be edited here."
        if changed and store.lock.held:
            return "The project was changed by another program and was read again."
        return ""

    def release(self) -> None:
        """Let others change it; sounds that were removed stay at hand."""
        self._store.lock.release()

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, in order."""
        return self.history.state.classes

    @property
    def rows(self) -> tuple[Excerpt, ...]:
        """All excerpts."""
        return self.history.state.rows

    @property
    def missing(self) -> list[Excerpt]:
        """Rows whose file is nowhere; looks at the disk."""
        return [row for row in self.rows if not self.file_of(row).is_file()]

    def file_of(self, row: Excerpt) -> Path:
        """The file of a row."""
        return self.root / row.path

    def facts_of(self, row: Excerpt) -> Facts | None:
        """What :meth:`check` has found of a row; None: not looked at yet."""
        return self._inspector.facts_of(row)

    def add_class(self, name: str) -> None:
        """A new, empty class.

        Raises:
            DataError: there is one of that name, or the name is empty.
        """
        name = self.history.state.new_name(name)
        self.history.change(f"new class '{name}'", State((*self.classes, name), self.rows))

    def rename_class(self, name: str, new: str) -> None:
        """Another name for a class; the files stay where they are.

        Raises:
            DataError: there is one of the new name already, or none of the old.
        """
        self.history.state.check_known(name)
        if new.strip() == name:
            return
        new = self.history.state.new_name(new, besides=name)
        classes = tuple(new if other == name else other for other in self.classes)
        rows = tuple(replace(r, label=new) if r.label == name else r for r in self.rows)
        self.history.change(f"rename '{name}' to '{new}'", State(classes, rows))

    def merge_classes(self, name: str, into: str) -> None:
        """Put all sounds of a class into another, and drop it.

        Raises:
            DataError: one of them is not there, or they are the same.
        """
        self.history.state.check_known(name, into)
        if name == into:
            raise DataError(f"'{name}' cannot be merged with itself. Choose another class.")
        classes = tuple(other for other in self.classes if other != name)
        rows = tuple(replace(r, label=into) if r.label == name else r for r in self.rows)
        self.history.change(f"merge '{name}' into '{into}'", State(classes, rows))

    def delete_class(self, name: str) -> None:
        """Drop a class with its sounds.

        Raises:
            DataError: there is none of that name.
        """
        self.history.state.check_known(name)
        classes = tuple(other for other in self.classes if other != name)
        rows = tuple(row for row in self.rows if row.label != name)
        self.history.change(f"delete class '{name}'", State(classes, rows))

    def relabel(self, rows: Sequence[Excerpt], label: str) -> None:
        """Put excerpts into another class.

        Raises:
            DataError: there is no such class.
        """
        self.history.state.check_known(label)
        chosen = {id(row) for row in rows if row.label != label}
        new = tuple(replace(r, label=label) if id(r) in chosen else r for r in self.rows)
        if new != self.rows:
            self.history.change(
                f"move {_sounds(len(chosen))} to '{label}'", State(self.classes, new)
            )

    def cut_at_end(self, rows: Sequence[Excerpt]) -> None:
        """Let excerpts end with their files, where the table has them longer."""
        chosen = {id(row) for row in rows}
        new = tuple(replace(r, end=None) if id(r) in chosen else r for r in self.rows)
        if new != self.rows:
            self.history.change(f"cut {_sounds(len(chosen))}", State(self.classes, new))

    def join_groups(self, sets: Sequence[Sequence[str]]) -> None:
        """Merge each set of groups, so that a split keeps it in one part."""
        new = joined(self.history.state, sets)
        if new.rows != self.rows:
            self.history.change(f"join {_sounds(sum(map(len, sets)), 'group')}", new)

    def remove(self, rows: Sequence[Excerpt]) -> None:
        """Take excerpts out."""
        chosen = {id(row) for row in rows}
        kept = tuple(row for row in self.rows if id(row) not in chosen)
        if gone := len(self.rows) - len(kept):
            self.history.change(f"remove {_sounds(gone)}", State(self.classes, kept))

    def add_files(self, label: str, paths: Sequence[Path]) -> Generator[float, None, int]:
        """Copy files, and all sounds in folders, into a class; yields the share done.

        A file is a group of its own; files in a folder inside a folder given are one together.

        Returns:
            How many were added.

        Raises:
            DataError: there is no sound among them, or they cannot be copied: then none is added.
        """
        found = [pair for path in paths for pair in sounds_at(Path(path))]
        if not found:
            raise DataError(
                "None of these is a sound file. Drop .wav, .flac, .mp3 or similar files."
            )
        rows = [(file, Excerpt("", label, group)) for file, group in found]
        return (yield from self._take_in(f"add {_sounds(len(rows))} to '{label}'", rows))

    def import_folder(self, folder: Path) -> Generator[float, None, int]:
        """Copy another data set in, all its classes; yields the share done.

        Raises:
            DataError: it is none that is known, holds no sound, or cannot be copied.
        """
        data = open_dataset(folder)
        if data.features:
            raise DataError(f"{folder.name} contains features instead of sounds.")
        groups = (f"{folder.name}/{group}" for group in data.groups)
        named = zip(data.excerpts, groups, strict=True)
        rows = [(data.root / row.path, replace(row, group=group)) for row, group in named]
        return (yield from self._take_in(f"import '{folder.name}'", rows))

    def recording_path(self, label: str, name: str) -> Path:
        """Where a recording for a class belongs while it runs; found again after a crash."""
        return self.root / RECORDING / safe(label) / f"{name}.flac"

    def unfinished(self) -> list[tuple[str, Path]]:
        """Recordings that were never added, each with the name of its class."""
        folders = {safe(name): name for name in self.classes}
        if self._store.holder is not None:  # one of them may be going on
            return []
        files = sorted((self.root / RECORDING).glob("*/*.flac"))
        return [(folders.get(path.parent.name, path.parent.name), path) for path in files]

    def add_recording(self, label: str, path: Path, seconds: float) -> int:
        """Cut a recording into examples of some seconds; each stretch of it is one group.

        One made at :meth:`recording_path` is moved, any other copied. A rest of less than half an
        example is left out.

        Returns:
            How many examples.

        Raises:
            DataError: it cannot be read or copied.
        """
        self.history.ready()
        try:
            length = probe(path).duration_seconds
        except AudioError as error:
            raise DataError(str(error)) from error
        ours = path.is_relative_to(self.root / RECORDING)
        own = self._store.take_in(path, label, move=ours)
        rows = examples(Excerpt(own, label, own), length, seconds)
        count = len(rows)
        try:
            self._add(f"record {_sounds(count, 'example')} of '{label}'", rows)
        except DataError:  # a recording is never lost
            (self.root / own).replace(path) if ours else (self.root / own).unlink()
            raise
        finally:
            self._store.settled()
        return count

    def add_region(self, label: str, source: Path, start: float, end: float) -> None:
        """Copy a stretch of a file into a class; its group is that file.

        Raises:
            DataError: it cannot be read, or the disk is full.
        """
        self.history.ready()
        place = self._store.free_place(label, f"{source.stem} {start:.2f}-{end:.2f} s.flac")
        own = place.relative_to(self.root).as_posix()
        try:
            cut_out(source, place, start, end)
            row = Excerpt(own, label, f"{source.parent.name}/{source.name}")
            self._add(f"add a region to '{label}'", (row,))
        except (AudioError, DataError) as error:
            place.unlink(missing_ok=True)
            raise DataError(str(error)) from error
        finally:
            self._store.settled()

    def look_for(self, folder: Path) -> int:
        """Find missing files by their names in a folder; tells how many rows were mended.

        Raises:
            DataError: the folder cannot be read.
        """
        before = len(self.missing)
        found = self._store.find(self.history.state, folder)
        if found is not self.history.state:
            self.history.change("find missing files", found)
        return before - len(self.missing)

    def empty_removed(self) -> None:
        """Delete removed sounds for good; what needs them can't be undone any more.

        Where another program holds the project nothing is deleted.
        """
        self.history.forget()
        if self._store.lock.held:
            self._store.empty()

    def close(self) -> None:
        """Done: removed sounds go for good, and others may change it."""
        self.empty_removed()
        self.release()

    def check(self) -> Generator[float, None, list[Problem]]:
        """Look at what is new; yields the share done, returns the problems found."""
        return (yield from self._inspector.inspect(self.history.state))

    def _take_in(
        self, words: str, rows: Sequence[tuple[Path, Excerpt]]
    ) -> Generator[float, None, int]:
        self.history.ready()
        own: dict[tuple[Path, str], str] = {}
        done = False
        try:
            for number, (file, row) in enumerate(rows, start=1):
                if (file, row.label) not in own:
                    own[file, row.label] = self._store.take_in(file, row.label)
                yield number / len(rows)
            new = [replace(row, path=own[file, row.label]) for file, row in rows]
            self._add(words, new)
            done = True
        finally:  # cancelled, or no more room: as if it had never begun
            if not done:
                for name in own.values():
                    (self.root / name).unlink(missing_ok=True)
            self._store.settled()
        return len(rows)

    def _add(self, words: str, rows: Sequence[Excerpt]) -> None:
        fresh = dict.fromkeys(row.label for row in rows if row.label not in self.classes)
        self.history.change(words, State((*self.classes, *fresh), (*self.rows, *rows)))


def _sounds(count: int, noun: str = "sound") -> str:
    return f"{count} {noun}{'s' * (count != 1)}"
