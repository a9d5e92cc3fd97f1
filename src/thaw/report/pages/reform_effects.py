"""Every reform with and without: which observables move, and how far."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from thaw import reforms
from thaw.experiment.variants import DRAWS, Laboratory, laboratory
from thaw.model import registry
from thaw.model.clock import month_index
from thaw.model.simulate import Trace
from thaw.report.figures import STYLE
from thaw.report.pages import effects
from thaw.report.pages.markdown import NOTE, table

if TYPE_CHECKING:
    from thaw.experiment.run import Progress

FLOOR, CEILING = 0.01, 3.0
"""Colours of the heat map run from one to the other, in standard deviations."""

INTRODUCTION = f"""# What each reform moves

History with every reform at its dose against history without one of them, to December 1968,
{DRAWS} prior draws, common random numbers. Everything else, the responses included, stays as it
happened, so these are the effects of the levers alone; what the leadership would have decided
otherwise is the business of `thaw compare`. *Moved*: observables of {{count}} that differ in any
draw. *Changed most*: median over draws of the paired difference (with less without) at the stamp
where it is largest, in standard deviations of the observable over the draws and stamps of
history, so that a change of 1 is as large as all that the prior and the years make it vary.

![Largest standardised change by reform and subsystem](reform_effects.png)

"""


EXCEPTIONS = """
## Exceptions: reforms that move no observable

*States*: latent states that differ all the same. *Where the model decides*: what changes most when
responses are decided by the model from the reform's first month on, in both worlds.

"""
REASONS = {
    "kgb_under_party": "acts on the hold on the service, and so on plots and removals alone",
    "currency_reform_1961": "changes the unit of account, and all money is counted in new roubles",
    "renewal_rule_1961": "acts on the expected risk of office, and so on votes alone",
    "renewal_rule_dropped_1966": "the same rule",
    "poland_accepted_1956": "acceptance is the neutral value of the lever",
    "challenge_rejected_1957": "rejection is the neutral value of the lever",
    "fallow_share": "the historical value is the neutral one; offered to users only",
}
"""Why a reform moves nothing, where that is so by construction."""


@dataclass(frozen=True)
class Effect:
    """What one reform moves: changes by observable, observables moved, events, latent states."""

    reform: reforms.Reform
    changes: effects.Changes
    moved: int
    events: list[str]
    states: list[str]


def write(folder: Path, progress: Progress | None = None) -> list[Path]:
    """Write ``model/reform_effects.md`` and its picture; return the paths."""
    page, picture = folder / "model" / "reform_effects.md", folder / "model" / "reform_effects.png"
    found = matrix(laboratory(), progress)
    figure(found).savefig(picture, dpi=100)
    exceptions = [exception(laboratory(), effect) for effect in found if not effect.moved]
    page.write_text(text(found, exceptions), encoding="utf-8")
    return [page, picture]


def matrix(world: Laboratory, progress: Progress | None = None) -> list[Effect]:
    """Return the effect of each reform against the world without it."""
    history = reforms.load_scenario("historical")
    base = world.run(history)
    with_it = effects.stamped(base)
    found = []
    for done, reform in enumerate(reforms.reforms(), start=1):
        absent = history.dose(reform.id, 0.0).with_mode("replay")
        other = world.run(absent)
        without = effects.stamped(other)
        changes = effects.changes(with_it, without)
        found.append(
            Effect(
                reform,
                {key: -value for key, value in changes.items()},
                len(effects.moved(with_it, without)),
                effects.event_changes(other, base),
                states_moved(base, other),
            )
        )
        if progress is not None:
            progress(done, len(reforms.reforms()))
    return found


def states_moved(base: Trace, other: Trace) -> list[str]:
    """Return the names of latent states that differ in any draw."""
    return [
        name
        for name, values in base["latent"].items()
        if not np.allclose(values, other["latent"][name], rtol=1e-9, atol=0.0, equal_nan=True)
    ]


def exception(world: Laboratory, effect: Effect) -> tuple[str, ...]:
    """Return the row of a reform that moves no observable: reason, states, effect when free."""
    reform = effect.reform
    history = reforms.load_scenario("historical")
    since = max(month_index(reform.start[:7]), 1)
    base = world.run(history.with_mode("do"), decided_from=since)
    other = world.run(history.dose(reform.id, 0.0).with_mode("do"), decided_from=since)
    changes = effects.changes(effects.stamped(other), effects.stamped(base))
    events = "; ".join(effects.event_changes(other, base))
    free = effects.words(effects.strongest(changes)) or "nothing readable"
    return (
        reform.id,
        f"`{reform.slug}`",
        REASONS.get(reform.slug, "no reason known"),
        ", ".join(f"`{name}`" for name in effect.states[:6]) or "none",
        f"{free}. Events: {events or 'none'}",
    )


def text(found: list[Effect], exceptions: list[tuple[str, ...]]) -> str:
    """Return the page."""
    still = [e for e in found if not e.moved]
    faint = [e for e in found if e.moved and not effects.strongest(e.changes)]
    rows = (
        (
            e.reform.id,
            f"`{e.reform.slug}`",
            e.reform.kind,
            e.moved,
            effects.words(effects.strongest(e.changes)) or "nothing readable",
            "; ".join(e.events) or "none",
        )
        for e in found
    )
    headings = ("id", "reform", "kind", "moved", "changed most", "events (without to with)")
    return "".join(
        [
            NOTE,
            INTRODUCTION.format(count=len(found[0].changes)),
            f"Move no observable at all: {_named(still)}. Move some, none by as much as "
            f"{effects.READABLE:g} standard deviations at the median: {_named(faint)}.\n\n",
            table(headings, rows),
            EXCEPTIONS,
            table(("id", "reform", "reason", "states", "where the model decides"), exceptions),
        ]
    )


def _named(found: list[Effect]) -> str:
    return ", ".join(f"{e.reform.id} `{e.reform.slug}`" for e in found) or "none"


def figure(found: list[Effect]) -> Figure:
    """Return the heat map: reforms by subsystems, logarithmic colours."""
    columns = [name for name in registry.NAMES if name != "backlash"]
    largest = [effects.by_subsystem(e.changes) for e in found]
    values = np.array([[row.get(name, 0.0) for name in columns] for row in largest])
    with mpl.rc_context({**STYLE, "axes.grid": False}):
        page = Figure(figsize=(7.6, 11.0), layout="constrained")
        axis = page.subplots()
        norm = mpl.colors.LogNorm(FLOOR, CEILING, clip=True)
        shown = np.ma.masked_less(values, FLOOR)
        image = axis.imshow(shown, cmap="Blues", norm=norm, aspect="auto")
        for i, j in zip(*np.nonzero(values >= FLOOR), strict=True):
            strong = values[i, j] > 0.5
            label = f"{values[i, j]:.1f}" if values[i, j] >= 0.095 else f"{values[i, j]:.2f}"
            axis.text(
                j, i, label, ha="center", va="center", fontsize=5.5, color="w" if strong else "0.25"
            )
        axis.set_xticks(range(len(columns)), columns, rotation=45, ha="left")
        axis.xaxis.tick_top()
        axis.set_yticks(
            range(len(found)), [f"{e.reform.slug} {e.reform.id}" for e in found], fontsize=6.5
        )
        axis.tick_params(length=0)
        for side in axis.spines.values():
            side.set_visible(False)
        bar = page.colorbar(image, ax=axis, shrink=0.3, aspect=30, location="bottom", pad=0.01)
        bar.set_label("largest standardised change of any observable of the subsystem; empty: none")
    return page
