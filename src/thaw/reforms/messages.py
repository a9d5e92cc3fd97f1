"""Found values as they appear in messages: short, and on one line whatever they hold."""

from __future__ import annotations

LONGEST = 60


def printable(text: object, longest: int = 4 * LONGEST) -> str:
    """Return ``text`` on one line; of a longer text the end, which tells files apart."""
    line = str(text).encode("unicode_escape").decode()
    return line if len(line) <= longest else f"...{line[-longest:]}"


def shown(value: object) -> str:
    """Return ``value`` as Python writes it, cut to 60 characters."""
    try:
        return repr(value)[:LONGEST]
    except ValueError:  # a whole number too long to write out
        return "a very long number"
