"""What the file of corrections says in words: whose they are, and what each of them was."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from engine.bounded import parse_json
from engine.errors import ModelError

FORMAT = 1
MOST_CORRECTIONS = 500
_MOST_BYTES = 1_000_000
_MOST_LABELS = 20_000
_Line = Annotated[str, Field(max_length=1000)]
_Label = Annotated[str, Field(min_length=1, max_length=200)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Correction(_Strict):
    """One thing that the user said of a stretch of sound.

    Attributes:
        number: it is known by, also in the names of its tensors and of its sound file.
        kind: ``"is"``: it is ``label``; ``"not"``: it is not what was said; ``"nothing"``: it is
            nothing that the classifier knows about.
        label: what it is; empty unless kind is ``"is"``.
        said: what the classifier had said: labels of its own.
        seconds: of sound.
        heard: where: a file's name, or empty for the microphone.
        date: local time, ISO 8601.
        origin: where it was first made, as ``SHA/NUMBER``, if that was for an earlier version of
            the classifier, or under another title; empty: it was made for this file.
    """

    number: int = Field(ge=1, le=10**9)
    kind: Literal["is", "not", "nothing"]
    label: str = Field(default="", max_length=200)
    said: list[_Label] = Field(default_factory=list, max_length=100)
    seconds: float = Field(ge=0, le=3600)
    heard: _Line = ""
    date: _Line
    origin: str = Field(default="", pattern=r"^([0-9a-f]{64}/[0-9]{1,10})?$")

    @model_validator(mode="after")
    def _whole(self) -> "Correction":
        if (self.kind == "is") != bool(self.label):
            raise ValueError(
                "a label belongs to a correction that says what it is, and to no other"
            )
        if self.kind == "not" and not self.said:
            raise ValueError("a correction that says what it is not needs what was said")
        return self

    @property
    def words(self) -> str:
        """As it is said: "clarinet, not flute"."""
        said = " or ".join(self.said)
        if self.kind == "is":
            return f"{self.label}, not {said}" if said else self.label
        return f"not {said}" if self.kind == "not" else "none of the labels"


@dataclass(frozen=True)
class Said:
    """What the user says of a stretch.

    Attributes:
        kind: see :class:`Correction`.
        label: what it is; may be new.
        said: what the classifier had said of it: labels or a family.
    """

    kind: Literal["is", "not", "nothing"]
    label: str = ""
    said: tuple[str, ...] = ()


class PersonalCard(_Strict):
    """Metadata of a file of corrections, under the key ``personal``.

    Attributes:
        base: SHA-256 of the classifier file that they are for.
        name: what that classifier is called.
        known: its labels.
        labels: all labels: its own, then those that only the corrections know.
        revision: another one whenever the file is written.
        corrections: the oldest first.
    """

    format: Literal[1] = 1
    base: str = Field(pattern=r"^[0-9a-f]{64}$")
    name: _Line
    known: list[_Line] = Field(min_length=1, max_length=_MOST_LABELS)
    labels: list[_Line] = Field(min_length=1, max_length=_MOST_LABELS)
    several: bool
    sharpness: float = Field(gt=0, le=1000)
    revision: str = Field(pattern=r"^[0-9a-f]{32}$")
    corrections: list[Correction] = Field(max_length=MOST_CORRECTIONS)

    @model_validator(mode="after")
    def _agree(self) -> "PersonalCard":
        if self.labels[: len(self.known)] != self.known or len(set(self.labels)) != len(
            self.labels
        ):
            raise ValueError("the labels do not begin with those of the classifier")
        numbers = [correction.number for correction in self.corrections]
        if len(set(numbers)) != len(numbers):
            raise ValueError("two corrections have one number")
        if any(c.label not in self.labels for c in self.corrections if c.label):
            raise ValueError("a correction has a label that is not among the labels")
        return self


def labels_of(known: Sequence[str], corrections: Sequence[Correction]) -> list[str]:
    """A classifier's labels, and after them those that only the corrections know."""
    more = dict.fromkeys(c.label for c in corrections if c.label and c.label not in known)
    return [*known, *more]


def parse_card(text: object, name: str) -> PersonalCard:
    """Read and check the words of a file of corrections.

    Raises:
        ModelError: they are missing, wrong, or of a newer Earmark.
    """
    if not isinstance(text, str):
        raise ModelError(f"{name} contains no corrections of Earmark's.")
    fields = parse_json(text, name, ModelError, most_bytes=_MOST_BYTES)
    found = fields.get("format") if isinstance(fields, dict) else None
    if isinstance(found, int) and found > FORMAT:
        raise ModelError(
            f"{name} was made by a newer version of Earmark (format {found}). Update Earmark."
        )
    try:
        return PersonalCard.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])[:200] or "as a whole"
        raise ModelError(f"{name} was modified: '{place}': {first['msg']}.") from error
