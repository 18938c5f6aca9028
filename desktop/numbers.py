"""How numbers are written, everywhere alike."""

_SPACE = "\N{NO-BREAK SPACE}"


def percent(share: float) -> str:
    """A share of 1: 81 %."""
    return f"{100 * share:.0f}{_SPACE}%"
