"""A batch into files that goes on where it was interrupted.

What is done is kept in a small database beside the output until the batch has come to its end;
started again, it gives the same results in the same order, and hears only what is missing.
"""

import contextlib
import os
from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from engine.archive.batch import Plan, carry_out, ears_of
from engine.archive.database import Database, Known, Stamp, key_of, stamp_of, unchanged
from engine.archive.processes import Event, Listening
from engine.recognition.events import BatchResult

if TYPE_CHECKING:
    from engine.archive.cluster.connection import Cluster

_ENDING = ".unfinished"


def journal_of(output: str) -> Path:
    """Where it is kept what is done of an output: a hidden file beside it, or in its folder."""
    path = Path(output)
    inside = path.is_dir() or output.endswith(("/", os.sep))
    return path / f".results{_ENDING}" if inside else path.with_name(f".{path.name}{_ENDING}")


def drop_journal(journal: Path) -> None:
    """The batch has come to its end, or begins from the start: nothing is to be continued."""
    for ending in ("", "-wal", "-shm"):
        with contextlib.suppress(OSError):
            journal.with_name(journal.name + ending).unlink()


def resume(
    journal: Database,
    paths: Sequence[Path],
    how: Listening,
    *,
    jobs: int,
    ahead: int,
    cluster: "Cluster | None" = None,
) -> Generator[Event | None, None, None]:
    """As :func:`engine.archive.batch.carry_out`, each file's result in order.

    What the journal has is given again as it was, also that a file failed.

    Args:
        journal: what is done already.
        paths: the files.
        how: with what and how they are heard; what was heard otherwise is heard again.
        jobs: how many processes; 0: this one.
        ahead: how many results may wait for one before them.
        cluster: hears them instead of processes of this machine.

    Raises:
        EarmarkError: nothing more can be done; what was done is kept.
    """
    ears = ears_of(how)
    wanted, known = set(journal.ids(ears).values()), journal.known()
    stamps = {path: stamp_of(path) for path in paths}
    todo = {path: stamps[path] for path in paths if not _done(known, path, stamps[path], wanted)}
    numbers = {path: number for number, path in enumerate(paths, start=1)}
    work = Plan(how, ears, todo, [], 0)
    events = carry_out(journal, work, jobs=jobs, ahead=ahead, cluster=cluster)
    held: dict[int, BatchResult] = {}
    try:
        for number, path in enumerate(paths, start=1):
            if path not in todo:
                yield _kept(journal, path, number)
                continue
            while number not in held:
                event = next(events)
                if event is not None:
                    event = replace(event, number=numbers[event.path])
                if isinstance(event, BatchResult):
                    held[event.number] = event
                else:
                    yield event
            yield held.pop(number)
    finally:
        events.close()


def _done(known: Mapping[str, Known], path: Path, now: Stamp | None, wanted: set[int]) -> bool:
    """Whether a file was heard, or failed, and is what it was."""
    before = known.get(key_of(path))
    if before is None or before.stamp is None or now is None:
        return False
    heard = wanted <= before.ears or before.status != "done"
    return heard and unchanged(before.stamp, now)


def _kept(journal: Database, path: Path, number: int) -> BatchResult:
    found = journal.result_of(path)
    if found is not None:
        found = replace(found, info=replace(found.info, path=path))
    rows = journal.rows("SELECT reason, repaired FROM files WHERE path = ?", (key_of(path),))
    reason, repaired = rows[0]
    return BatchResult(path, found, str(reason), int(repaired), number)
