"""Errors that a user can cause and mend, and the near matches that help to mend them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class InputError(ValueError):
    """Bad input from a user: one line that says what was found, where, and what is allowed.

    The command line prints the line and exits with status 2; Python callers may catch it.
    """


def near_match(word: str, allowed: Iterable[str]) -> str:
    """Return `` (did you mean 'x'?)`` for the closest allowed word, or an empty string."""
    found = difflib.get_close_matches(word, list(allowed), n=1, cutoff=0.6)
    return f" (did you mean '{found[0]}'?)" if found else ""


def unknown(kind: str, word: str, allowed: Iterable[str]) -> InputError:
    """Build the error for a name that does not exist among ``allowed``."""
    choices = sorted(allowed)
    shown = ", ".join(choices[:8]) + (", ..." if len(choices) > 8 else "")
    return InputError(f"unknown {kind} '{word}'{near_match(word, choices)}; allowed: {shown}")
