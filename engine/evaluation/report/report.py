"""The report of a training run: one self-contained HTML page, and the same as JSON."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from engine.atomic_write import write_whole
from engine.errors import DataError
from engine.evaluation.dimensions import ValueEvaluation
from engine.evaluation.json_values import json_value
from engine.evaluation.metrics import Evaluation
from engine.evaluation.open_set import OpenSet
from engine.evaluation.report import sections
from engine.evaluation.report.dimensions import dimensions
from engine.evaluation.report.page import Section, document, part
from engine.evaluation.tags import TagEvaluation
from engine.recipes.published import Beside


@dataclass(frozen=True, eq=False)
class RunReport:
    """The contents of a report.

    Attributes:
        title: of the classifier.
        description: what it does, in a sentence or two.
        recipe_toml: the recipe as TOML.
        facts: words by words: data, split, windows of each part, device, epochs, seconds, energy
            ("not measured" or joules), versions, date, seed.
        warnings: sentences, such as about leaks.
        history: of each epoch ``epoch``, ``loss``, ``accuracy``, ``validation_loss``,
            ``validation_accuracy`` and ``learning_rate``; None or NaN where there is none.
        evaluation: of the test part; None: there was none.
        open_set: of background; None: there was none.
        published: for each run its name, and the original's figures beside those it reached.
        comparison: variants of the recipe with their figures, to show side by side.
        verdicts: sentences under them, such as ``Comparison.verdict``.
        link: from a recording's name to a file URI that opens it; None: no links.
    """

    title: str
    description: str
    recipe_toml: str
    facts: Mapping[str, str]
    warnings: Sequence[str] = ()
    history: sections.History = ()
    evaluation: Evaluation | TagEvaluation | ValueEvaluation | None = None
    open_set: OpenSet | None = None
    published: Sequence[tuple[str, Sequence[Beside]]] = ()
    comparison: Sequence[tuple[str, Mapping[str, float]]] = ()
    verdicts: Sequence[str] = ()
    link: Callable[[str], str] | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain values, without the links; what is not defined is None."""
        return {
            "title": self.title,
            "description": self.description,
            "recipe_toml": self.recipe_toml,
            "facts": json_value(self.facts),
            "warnings": json_value(tuple(self.warnings)),
            "history": json_value(tuple(self.history)),
            "evaluation": json_value(self.evaluation),
            "figures": self.evaluation.figures() if self.evaluation is not None else {},
            "open_set": json_value(self.open_set),
            "published": [json_value(asdict(one)) for _, rows in self.published for one in rows],
            "comparison": [
                {"name": name, "figures": json_value(figures)} for name, figures in self.comparison
            ],
            "verdicts": json_value(tuple(self.verdicts)),
        }


def html(report: RunReport) -> str:
    """The report as an HTML page, light or dark as the reader's system is."""
    parts = [
        sections.warnings(report.warnings),
        sections.figures(report.evaluation),
        *sections.published(report.published),
        *sections.comparison(report.comparison, report.verdicts),
        *_of_evaluation(report.evaluation, report.link),
        sections.open_set(report.open_set),
        sections.history(report.history),
        sections.facts(report.facts),
        sections.recipe(report.recipe_toml),
    ]
    head = part("title", name=report.title, about=report.description)
    return document(report.title, head, parts, contents=True)


def _of_evaluation(
    evaluation: Evaluation | TagEvaluation | ValueEvaluation | None,
    link: Callable[[str], str] | None,
) -> list[Section]:
    if evaluation is None:
        return []
    if isinstance(evaluation, ValueEvaluation):
        return [dimensions(evaluation)]
    if isinstance(evaluation, TagEvaluation):
        return [sections.tags(evaluation)]
    return [
        sections.classes(evaluation),
        sections.confusion(evaluation),
        sections.calibration(evaluation),
        sections.mistakes(evaluation.mistakes, link),
    ]


def write_html(report: RunReport, path: Path) -> None:
    """Write the page.

    Raises:
        DataError: it cannot be written.
    """
    _write(path, html(report))


def write_json(report: RunReport, path: Path) -> None:
    """Write the same as JSON (UTF-8, null where a figure is not defined).

    Raises:
        DataError: it cannot be written.
    """
    _write(path, json.dumps(report.to_json(), indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def _write(path: Path, content: str) -> None:
    try:
        # File names that are no UTF-8 arrive as lone surrogates.
        write_whole(path, content.encode("utf-8", "replace"))
    except OSError as error:
        raise DataError(f"The report {path} cannot be written: {error.strerror}.") from error
