"""What a lever, its movement by a reform, and a reform are."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

Kind = Literal["policy", "response", "exogenous"]
PathKind = Literal["step", "ramp", "pulse", "path", "window"]
Basis = Literal["seen", "recalled", "judgement"]
Range = tuple[float, float, float]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Lever(_Frozen):
    """A named input of one subsystem that reforms may move.

    ``neutral`` is the value without any reform, ``combine`` the rule where reforms meet (``last``:
    the later one rules while in force; ``add``: they sum; ``union``: released stays released).
    ``targets`` names the columns of the lever; without targets it is one number a month.
    """

    name: str
    subsystem: str
    type: Literal["number", "switch", "path", "categorical"]
    neutral: float
    combine: Literal["last", "add", "union"]
    targets: tuple[str, ...]
    unit: str
    meaning: str

    @property
    def words(self) -> dict[str, float]:
        """Return the words of a categorical lever with their codes, for example keep 0, remove 1.

        Empty for the other types.
        """
        if self.type != "categorical":
            return {}
        pairs = (part.split() for part in self.unit.split(", "))
        return {word: float(code) for code, word in pairs}


class LeverPath(_Frozen):
    """What one reform does to one lever (or one target of it).

    ``points`` are (date, value); ``until`` is the last day in force, or the day on which a ramp is
    complete; empty means without end. ``basis`` says how the numbers are known, ``lag`` (months)
    and ``share`` are ranges (low, mode, high) of the execution where it is not prompt and whole.
    """

    reform_id: str
    lever: str
    target: str
    path: PathKind
    points: tuple[tuple[str, float], ...]
    until: str
    basis: Basis
    lag: Range | None
    share: Range | None
    lag_share_basis: Basis | None
    note: str


class Reform(_Frozen):
    """A dated, sourced decision: a ``policy``, a ``response`` to events, or an exogenous fact.

    ``words`` are the values that ``force`` accepts: empty unless the reform is a response.
    """

    id: str
    slug: str
    title: str
    start: str
    end: str
    kind: Kind
    subsystem: str
    provenance: Basis
    source: str
    note: str
    moves: tuple[LeverPath, ...]
    words: tuple[str, ...]
