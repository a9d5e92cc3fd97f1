"""Priors of execution: how late and how wholly the decisions were carried out."""

from __future__ import annotations

from typing import Any

from thaw.reforms.objects import LeverPath, Range, Reform
from thaw.reforms.tables import find_lever, reforms


def execution_parameters() -> list[dict[str, Any]]:
    """Return the priors of execution: lag in months and executed share of each reform's levers.

    Each entry has ``name`` (``<subsystem>.<slug>_lag`` or ``_share``), ``kind``, ``meaning``,
    ``unit``, ``low``, ``mode``, ``high``, ``provenance``, ``source``, ``reform`` and ``lever``.
    """
    return [
        _parameter(found, move, kind, limits)
        for found in reforms()
        for move in found.moves
        for kind, limits in (("lag", move.lag), ("share", move.share))
        if limits is not None
    ]


def _parameter(found: Reform, move: LeverPath, kind: str, limits: Range) -> dict[str, Any]:
    subsystem = find_lever(move.lever).subsystem
    what = {"lag": "delay of execution", "share": "share of the plan carried out"}[kind]
    return {
        "name": f"{subsystem}.{found.slug}_{kind}",
        "kind": kind,
        "meaning": f"{what}: {found.title}",
        "unit": {"lag": "month", "share": "share"}[kind],
        **dict(zip(("low", "mode", "high"), limits, strict=True)),
        "provenance": move.lag_share_basis,
        "source": f"no direct evidence on execution; the decision: {found.source}",
        "reform": found.id,
        "lever": move.lever,
    }
