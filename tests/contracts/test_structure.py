"""Rooms in which a stranger finds what he looks for: folders instead of prefixes, parts instead of
slices of a class."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("engine", "desktop", "packaging")
MOST_MODULES = 15
TYPING = {"Protocol", "ABC"}


def _folders(room: Path) -> Iterator[Path]:
    """The folder and those in it that have modules."""
    yield room
    for place in sorted(room.rglob("*")):
        if place.is_dir() and any(place.glob("*.py")):
            yield place


def _modules(folder: Path) -> list[str]:
    return sorted(path.stem for path in folder.glob("*.py") if path.stem != "__init__")


def _too_full(room: Path) -> Iterator[str]:
    for folder in _folders(room):
        count = len(_modules(folder))
        if count > MOST_MODULES:
            yield f"{folder.relative_to(room.parent)}: {count} modules (at most {MOST_MODULES})"


def _prefixed(room: Path) -> Iterator[str]:
    """Modules named as a part of another module or folder beside them."""
    for folder in _folders(room):
        modules = _modules(folder)
        wholes = {*modules, *(path.name for path in folder.iterdir() if path.is_dir())}
        for module in modules:
            words = module.split("_")
            for whole in ("_".join(words[:count]) for count in range(1, len(words))):
                if whole in wholes:
                    yield f"{folder.relative_to(room.parent)}: {module}.py beside {whole}"


def _classes(room: Path) -> Iterator[tuple[str, list[str]]]:
    """Full name of each class, and of those it inherits from as far as they can be known."""
    for path in sorted(room.rglob("*.py")):
        module = ".".join(path.relative_to(room.parent).with_suffix("").parts)
        tree = ast.parse(path.read_text(encoding="utf-8"))
        known: dict[str, str] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                known |= {a.asname or a.name: f"{node.module}.{a.name}" for a in node.names}
            elif isinstance(node, ast.Import):
                known |= {a.asname or a.name: a.name for a in node.names}
            elif isinstance(node, ast.ClassDef):
                known[node.name] = f"{module}.{node.name}"
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                bases = (ast.unparse(base).partition("[")[0] for base in node.bases)
                yield f"{module}.{node.name}", [_full(base, known) for base in bases]


def _full(name: str, known: dict[str, str]) -> str:
    first, dot, rest = name.partition(".")
    return known.get(first, first) + dot + rest


def _single_subclasses(room: Path) -> Iterator[str]:
    classes = dict(_classes(room))
    subclasses: dict[str, list[str]] = defaultdict(list)
    for name, bases in classes.items():
        for base in bases:
            subclasses[base].append(name)
    for base, found in subclasses.items():
        typing = {name.rpartition(".")[2] for name in classes.get(base, [])} & TYPING
        if base in classes and not typing and len(found) == 1:
            yield f"{base} has the single subclass {found[0]}"


@pytest.mark.parametrize("room", ROOMS)
def test_no_folder_is_too_full(room: str) -> None:
    found = list(_too_full(ROOT / room))
    assert not found, "\n".join(found)


@pytest.mark.parametrize("room", ROOMS)
def test_a_folder_and_no_prefix_groups_modules(room: str) -> None:
    found = list(_prefixed(ROOT / room))
    assert not found, "\n".join(found)


def test_no_class_is_cut_in_two_by_inheritance() -> None:
    found = list(_single_subclasses(ROOT / "desktop"))
    assert not found, "\n".join(found)


@pytest.fixture
def untidy(tmp_path: Path) -> Path:
    room = tmp_path / "room"
    (room / "queue").mkdir(parents=True)
    (room / "queue" / "one.py").touch()
    for number in range(MOST_MODULES - 3):
        (room / f"part{number}.py").touch()
    (room / "base.py").write_text(
        "class Base: ...\nclass Twice: ...\nclass Shape(Protocol): ...\n"
        "class A(Twice): ...\nclass B(Twice): ...\nclass C(Shape): ...\n"
    )
    (room / "page.py").write_text("import room.base\nclass Page(room.base.Base): ...\n")
    (room / "page_view.py").write_text("from room.page import Page\n")
    (room / "__init__.py").touch()
    return room


def test_what_is_untidy_is_found(untidy: Path) -> None:
    assert not list(_too_full(untidy))
    assert list(_prefixed(untidy)) == ["room: page_view.py beside page"]
    (untidy / "queue_list.py").write_text("from room.base import Base\n")
    assert list(_too_full(untidy)) == [f"room: 16 modules (at most {MOST_MODULES})"]
    assert list(_prefixed(untidy))[1] == "room: queue_list.py beside queue"
    assert list(_single_subclasses(untidy)) == [
        "room.base.Base has the single subclass room.page.Page"
    ]
    (untidy / "queue_list.py").write_text("from room.base import Base\nclass List(Base): ...\n")
    assert not list(_single_subclasses(untidy))
