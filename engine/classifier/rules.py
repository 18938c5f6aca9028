"""The rules by which a classifier's probabilities become reported labels."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Evidence:
    """How the probabilities of windows that follow each other add up.

    The mean of their logarithms, times ``weight``, times the number of windows to the power of
    ``growth``: with a growth of 1 each window would be a witness of its own, with 0 a phrase would
    be no surer than a second of it. Windows weigh as much as they hold what is known.

    Attributes:
        seconds: time constant with which windows are forgotten; a whole file is no surer than so
            many seconds.
        weight: of a single window.
        growth: from 0 to 1.
        floor: added to each probability, so that no window speaks against a label for ever.
        change: where the last windows together prefer another label by so much, in nats, what was
            before them is forgotten at once.
        presence_seconds: time constant with which presence is averaged (its logit).
        sure: probability under which a label that is heard is called probable.
    """

    seconds: float
    weight: float
    growth: float
    floor: float
    change: float
    presence_seconds: float
    sure: float


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
        families: of each label, the answer one level up; empty: there are none.
        family_threshold: sum of a family's probabilities at which the family is heard, where no
            single label is.
        evidence: how windows add up, where only one label is heard at a time; None: they are
            smoothed.
        ranges: of each dimension its lowest and highest value; empty: there are labels instead.
            Dimensions have no thresholds: none is reported, each has a value.
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
    evidence: Evidence | None = None
    ranges: tuple[tuple[float, float], ...] = ()
