"""Stand-ins for libraries that a GPU machine lacks, enough to import the engine's training.

The engine's own code runs as it is. pydantic is replaced by a few lines that take defaults and
nested tables and check nothing: recipes here are the presets, which are checked elsewhere.
"""

import importlib.abc
import importlib.machinery
import importlib.util
import sys
import types
import typing
from collections.abc import Sequence
from typing import Any

# Imported by modules on the way, and never called for what is checked here.
_UNUSED = ("platformdirs", "soundfile", "soxr", "sounddevice", "librosa", "jinja2", "markupsafe",
           "tomli_w", "threadpoolctl", "scipy", "pynput")  # fmt: skip
_MISSING = object()


class _Nothing:
    """Whatever is imported by name from a library that is not here."""

    def __init__(self, *_: Any, **__: Any) -> None:
        raise RuntimeError("this part of the engine needs a library that is not installed")


class _Absent(types.ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (_Nothing,), {})


class _Field:
    def __init__(self, default: Any, factory: Any) -> None:
        self.default, self.factory = default, factory

    def value(self) -> Any:
        return self.factory() if self.factory is not None else self.default


def field(default: Any = _MISSING, *, default_factory: Any = None, **_: Any) -> Any:
    """As pydantic's ``Field``, of which only the default counts here."""
    return _Field(default, default_factory)


class BaseModel:
    """As pydantic's, without any validation but of names."""

    def __init__(self, **fields: Any) -> None:
        hints = typing.get_type_hints(type(self))
        for name in fields:
            if name not in hints:
                raise ValueError(f"{type(self).__name__} has no field {name}")
        for name, kind in hints.items():
            if name in fields:
                value = _nested(kind, fields[name])
            else:
                default = getattr(type(self), name, _MISSING)
                value = default.value() if isinstance(default, _Field) else default
                if value is _MISSING:
                    raise ValueError(f"{type(self).__name__} needs {name}")
            self.__dict__[name] = value

    @classmethod
    def model_validate(cls, fields: Any) -> Any:
        return fields if isinstance(fields, cls) else cls(**fields)

    def model_dump(self, **_: Any) -> dict[str, Any]:
        return {name: _plain(value) for name, value in self.__dict__.items()}

    def model_copy(self, update: dict[str, Any]) -> Any:
        return type(self)(**{**self.__dict__, **update})

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.__dict__ == other.__dict__

    __hash__ = None  # type: ignore[assignment]


def _nested(kind: Any, value: Any) -> Any:
    kinds = [kind, *typing.get_args(kind)]
    model = next((k for k in kinds if isinstance(k, type) and issubclass(k, BaseModel)), None)
    if model is None:
        return value
    if isinstance(value, list):
        return [model.model_validate(one) for one in value]
    return model.model_validate(value) if isinstance(value, dict) else value


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump()
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return {k: _plain(v) for k, v in value.items()} if isinstance(value, dict) else value


def _same(*_: Any, **__: Any) -> Any:
    return lambda method: method


def _pydantic() -> types.ModuleType:
    made = _Absent("pydantic")
    made.BaseModel = BaseModel  # type: ignore[attr-defined]
    made.Field, made.ConfigDict = field, dict  # type: ignore[attr-defined]
    made.ValidationError = ValueError  # type: ignore[attr-defined]
    made.field_validator = made.model_validator = _same  # type: ignore[attr-defined]
    return made


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def __init__(self, names: Sequence[str]) -> None:
        self._names = names

    def find_spec(
        self, name: str, path: Any = None, target: Any = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name.partition(".")[0] not in self._names:
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        return _pydantic() if spec.name == "pydantic" else _Absent(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        pass


def fill_in(*, everything: bool = False) -> list[str]:
    """Put stand-ins where libraries are missing; ``everything``: also where they are not."""
    names = [*_UNUSED, "pydantic"]
    missing = [n for n in names if everything or importlib.util.find_spec(n) is None]
    sys.meta_path.insert(0, _Finder(missing))
    return missing
