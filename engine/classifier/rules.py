"""The rules by which a classifier's probabilities become reported labels."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Rules:
    """When a label is reported.

    Attributes:
        thresholds: probability of each label at which it may begin.
        release: share of its threshold under which a label that was heard ends (hysteresis).
        confirm: a label begins when it is over its threshold in ``needed`` of the last ``of`` rows.
        several: whether several labels may be heard at once; if not, only the most probable.
        presence_threshold: presence under which a row is not what the classifier knows about.
        gate: what the classifier knows about, in a word; None when it has no gate.
        silence_dbfs: level under which a row is silence.
        smoothing_seconds: time constant of the exponential smoothing before all this.
        families: of each label, the answer one level up; empty: there are none. Only where not
            several labels may be heard at once.
        family_threshold: sum of a family's probabilities at which the family is heard, where no
            single label is.
    """

    thresholds: tuple[float, ...]
    release: float = 0.7
    needed: int = 2
    of: int = 3
    several: bool = True
    presence_threshold: float = 0.5
    gate: str | None = None
    silence_dbfs: float = -65.0
    smoothing_seconds: float = 1.0
    families: tuple[str, ...] = ()
    family_threshold: float = 0.6
