"""What a database says about the batch that fills it."""

from pathlib import Path

import pytest

from engine.archive.database import Database
from engine.archive.orders import BatchOrder, absolute, keep_order, kept_order
from engine.archive.processes import Listening
from engine.errors import DataError

ORDER = BatchOrder(("/music", "/more"), Listening(("instrument", "genre"), 1.0, "each"), 12)


def test_the_latest_is_kept(tmp_path: Path) -> None:
    with Database(tmp_path / "a.sqlite") as database:
        assert kept_order(database) is None  # as an earlier Earmark left it
        keep_order(database, BatchOrder(("/old",), Listening(("mood",))))
        keep_order(database, ORDER)
    with Database(tmp_path / "a.sqlite") as database:
        assert kept_order(database) == ORDER


@pytest.mark.parametrize(
    "damage",
    [
        "places = 'x'",
        "classifiers = '{}'",
        "channels = 'left'",
        "hop_seconds = 'long'",
        "hop_seconds = -1",
    ],
)
def test_damage_is_told(tmp_path: Path, damage: str) -> None:
    with Database(tmp_path / "a.sqlite") as database:
        keep_order(database, ORDER)
        database.change(f"UPDATE orders SET {damage}")
        with pytest.raises(DataError, match=r"a\.sqlite is damaged"):
            kept_order(database)


def test_places_are_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert absolute(["in", "/x"]) == (str(tmp_path / "in"), "/x")
