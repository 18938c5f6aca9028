"""Text in tables that spreadsheets open: what looks like a formula must not be one.

A cell that begins like a formula gets an apostrophe in front when Earmark writes a CSV or TSV
file, as OWASP advises on *CSV Injection*, and Earmark's readers take it off again.
"""

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def guarded(text: str) -> str:
    """A cell's text, with an apostrophe in front where a spreadsheet would compute it.

    Text that would be taken for a guarded one gets another, so that :func:`unguarded` gives back
    whatever was written.

    Examples:
        >>> guarded("=SUM(A1)"), guarded("flute")
        ("'=SUM(A1)", 'flute')
    """
    return f"'{text}" if text.lstrip("'").startswith(_FORMULA) else text


def unguarded(text: str) -> str:
    """A cell's text as it was before :func:`guarded`.

    Examples:
        >>> unguarded("'=SUM(A1)"), unguarded("'tis")
        ('=SUM(A1)', "'tis")
    """
    formula = text.startswith("'") and text.lstrip("'").startswith(_FORMULA)
    return text[1:] if formula else text
