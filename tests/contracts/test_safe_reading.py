"""What others wrote is read by the bounded readers only, and by nothing that can run it."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Of our own making, or checked by the bounded reader just before.
ALLOWED = {
    ("engine/bounded.py", "json.loads"),
    ("engine/bounded.py", "tomllib.loads"),
    ("engine/classifier/file.py", "json.loads"),  # of a header that was read before
    ("engine/datasets/corpora/gtzan.py", "json.loads"),  # a resource
    ("desktop/style.py", "json.loads"),  # a resource
}
FORBIDDEN = {
    *("json.load", "json.loads", "tomllib.load", "tomllib.loads", "pickle.load", "pickle.loads"),
    *("torch.load", "marshal.loads", "shelve.open", "yaml.load", "eval", "exec"),
}


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def test_nothing_else_parses_json_or_toml_or_runs_what_it_reads() -> None:
    found = set()
    for path in [*(ROOT / "engine").rglob("*.py"), *(ROOT / "desktop").rglob("*.py")]:
        place = path.relative_to(ROOT).as_posix()
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found |= {(place, name) for name, _ in calls(tree) if name in FORBIDDEN}
        for name, call in calls(tree):
            if name in ("np.load", "numpy.load"):
                given = {word.arg: ast.unparse(word.value) for word in call.keywords}
                assert given.get("allow_pickle") == "False", f"{place}, line {call.lineno}"
        names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        assert "QSettings" not in names, f"{place}: Qt's settings unpickle what they read"
    assert found <= ALLOWED
