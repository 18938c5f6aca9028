"""Pages of the documentation site that are made from the code, for `make docs` (mkdocs.yml).

The command-line reference comes from the commands themselves, so that it cannot lag behind; how to
contribute and the changelog are the files at the top of the repository.
"""

from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any, get_args, get_type_hints

import typer.main
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[2]
_ICON = ROOT / "resources" / "icons" / "earmark.svg"
COMMAND_LINE = "reference/command-line.md"
_FROM_ROOT = {"contributing.md": "CONTRIBUTING.md", "changelog.md": "CHANGELOG.md"}
_INTRODUCTION = """# Command line

Made from the commands themselves, as `earmark --help` shows them. The
[guide](../guide/command-line.md) has examples and says what the exit codes mean.
"""


def on_files(files: Files, config: Any) -> Files:
    """Called by mkdocs: adds the pages that are in no file of docs/."""
    made = {place: root_page(name) for place, name in _FROM_ROOT.items()}
    made[COMMAND_LINE] = command_line()
    for place, text in made.items():
        files.append(File.generated(config, place, content=text))
    files.append(File.generated(config, "earmark.svg", abs_src_path=str(_ICON)))
    return files


def root_page(name: str) -> str:
    """A text at the top of the repository, its links made for the site."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return text.replace("](docs/", "](").replace("](CONTRIBUTING.md", "](contributing.md")


def command_line() -> str:
    """The reference of every command, as Markdown."""
    from engine.cli.app import app

    command = typer.main.get_command(app)
    return "\n".join([_INTRODUCTION, *_described("earmark", command)])


def _described(name: str, command: Any) -> Iterator[str]:
    """A command, then those below it."""
    below = getattr(command, "commands", {})
    yield f"{'#' * (len(name.split()) + 1)} {name}\n"
    if command.help:
        yield f"{command.help.strip()}\n"
    context = command.context_class(command, info_name=name)
    usage = " ".join([name, *command.collect_usage_pieces(context)])
    yield f"```text\n{usage}\n```\n"
    hints = get_type_hints(command.callback) if command.callback else {}
    shown = [parameter for parameter in command.params if not _is_hidden(parameter)]
    rows = [_row(parameter, hints.get(parameter.name)) for parameter in shown]
    if rows:
        yield "| | what it is | default |\n| --- | --- | --- |"
        yield "\n".join(rows) + "\n"
    for word, inner in below.items():
        if not inner.hidden:
            yield from _described(f"{name} {word}", inner)


def _is_hidden(parameter: Any) -> bool:
    return bool(getattr(parameter, "hidden", False)) or parameter.name == "help"


def _row(parameter: Any, hint: Any) -> str:
    names = ", ".join(f"`{option}`" for option in parameter.opts)
    if parameter.param_type_name == "argument":
        names = f"`{parameter.name.upper()}`{' ...' if parameter.nargs == -1 else ''}"
    words = [parameter.help or ""]
    if choices := [f"`{choice.value}`" for kind in _enums(hint) for choice in kind]:
        words.append(f"One of {', '.join(choices)}.")
    default = parameter.default
    told = "required" if parameter.required else ""
    if not parameter.required and default not in (None, False, ()):
        told = f"`{getattr(default, 'value', default)}`"
    return f"| {names} | {' '.join(words).strip()} | {told} |".replace("\n", " ")


def _enums(hint: Any) -> Iterator[type[Enum]]:
    """Those in a type, which list the words that an option may be."""
    if isinstance(hint, type) and issubclass(hint, Enum):
        yield hint
    for part in get_args(hint):
        yield from _enums(part)
