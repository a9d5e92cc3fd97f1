"""How a sensitivity is told: a paragraph and a table per outcome, a figure, the document."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

import thaw
from thaw.experiment.designs import LUCK, OTHERS
from thaw.experiment.question import EVIDENCE, JUDGEMENT, Target
from thaw.report import contract
from thaw.report.figures import STYLE, wrap
from thaw.report.text import number

if TYPE_CHECKING:
    from thaw.experiment.sensitivity import Answer

SHOWN = 12
"""Rows of a table or panel; the CSV files hold all."""
COLOURS = {JUDGEMENT: "#e0a030", EVIDENCE: "#1f4e79", "": "#8a8a8a"}
NAMES = {JUDGEMENT: "judgement priors", EVIDENCE: "priors with evidence", LUCK: "luck"}
KEYS = ["outcome", "place", "month"]


def document(answer: Answer) -> dict[str, Any]:
    """Return the ``sensitivity`` document."""
    question = answer.question
    settings = question.settings
    return {
        "scenario": settings.scenario.name,
        "mode": settings.scenario.mode,
        "version": thaw.__version__,
        "digest": answer.digest,
        "seed": settings.seed,
        "weather": settings.weather,
        "subsystems": list(question.subsystems),
        "parameters": len(question.factors) - 1,
        "trajectories": question.trajectories,
        "points": question.points,
        "streams": settings.draws,
        "runs": answer.runs,
        "outcomes": contract.rows(answer.targets),
        "shares": contract.rows(answer.shares),
        "sobol": contract.rows(answer.indices),
        "screening": contract.rows(answer.screening),
    }


def tables(answer: Answer) -> dict[str, pd.DataFrame]:
    """Return the tables of an answer by the name of their file."""
    return {
        "outcomes": answer.targets,
        "shares": answer.shares,
        "sobol": answer.indices,
        "screening": answer.screening,
    }


def parts(answer: Answer) -> Iterator[tuple[Target, dict[str, pd.DataFrame]]]:
    """Yield every target with its own rows of each table."""
    for target in answer.question.targets:
        at = target.row()
        yield (
            target,
            {
                name: table[(table[KEYS] == pd.Series(at)).all(axis=1)]
                for name, table in tables(answer).items()
            },
        )


def words(target: Target) -> str:
    """Return an outcome and its month in words; a state by its name, which is shorter."""
    outcome = target.outcome
    name = outcome.label if outcome.kind == "state" else outcome.title
    return f"{name}, {target.row()['month']}"


def sentence(target: Target, own: dict[str, pd.DataFrame]) -> str:
    """Return what an outcome is, how wide it is, and what carries its variance."""
    at = own["outcomes"].iloc[0]
    what = words(target)
    if own["shares"]["total"].isna().all():
        return f"{what}: no parameter and no luck moves it ({number(at['mean'])} {at['unit']})."
    shares = ", ".join(
        f"{NAMES[row.group]} {row.total:.0%} (+-{row.total_margin:.0%})"
        for row in own["shares"].itertuples()
    )
    label = f": {at['label']}" if at["label"] else ""
    return (
        f"{what}: mean {number(at['mean'])}, s.d. {number(at['sd'])} {at['unit']}; "
        f"total share of variance: {shares}{label}."
    )


def frame(own: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the top factors of an outcome as text: screening effect and indices."""
    effects = own["screening"].set_index("parameter")["mu_star"]
    return pd.DataFrame(
        [
            {
                "factor": row["group"],
                "provenance": row["provenance"],
                "mu*": number(effects.get(row["group"])),
                "first": _share(row["first"], row["first_margin"]),
                "total": _share(row["total"], row["total_margin"]),
            }
            for row in leading(own).to_dict("records")
        ]
    )


def leading(own: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the indices of an outcome's own top parameters, then of all others and of luck."""
    screened, indices = own["screening"], own["sobol"]
    top = screened.loc[screened["rank"] <= SHOWN, "parameter"]
    rest = indices[indices["group"].isin((OTHERS, LUCK))]
    mine = indices[indices["group"].isin(top)].sort_values("total", ascending=False)
    return pd.concat([mine, rest])


def _share(value: float, margin: float) -> str:
    return "" if pd.isna(value) else f"{value:.2f} +-{margin:.2f}"


def figure(answer: Answer) -> Figure:
    """Return one line of panels per outcome: screening, indices, shares of the variance."""
    count = len(answer.question.targets)
    with mpl.rc_context(STYLE):
        drawn = Figure(figsize=(11.0, 2.9 * count + 0.7), layout="constrained")
        lines = drawn.subplots(count, 3, squeeze=False, width_ratios=(1.0, 1.0, 0.7))
        for (target, own), (left, middle, right) in zip(parts(answer), lines, strict=True):
            _screening(left, own["screening"], target)
            _indices(middle, leading(own))
            _shares(right, own["shares"])
        drawn.legend(handles=_handles(), loc="outside upper right", ncols=3, fontsize=7)
        drawn.supxlabel(wrap(_legend(answer), 190), fontsize=6.5, x=0.01, ha="left")
    return drawn


def _handles() -> list[Patch]:
    words = {JUDGEMENT: "judgement", EVIDENCE: "seen, recalled, derived", "": "luck, all others"}
    return [Patch(color=colour, label=words[key]) for key, colour in COLOURS.items()]


def _legend(answer: Answer) -> str:
    question = answer.question
    return (
        f"Scenario {question.settings.scenario.name}, {len(question.factors) - 1} parameters over "
        f"their priors, {answer.runs} runs, seed {question.settings.seed}. Left: Morris, "
        f"{question.trajectories} trajectories, a move from the 5 % to the 95 % quantile of the "
        f"prior. Middle and right: Saltelli design of {question.points} base points; all "
        "parameters vary, so shares are of the whole variance (dark: first order; light: total, "
        "with its 95 % interval by bootstrap)."
    )


def _colour(provenance: str) -> str:
    return COLOURS.get(provenance, COLOURS[EVIDENCE])


def _bars(
    axis: Axes, labels: pd.Series, colours: list[str], values: pd.Series, margins: pd.Series
) -> np.ndarray:
    at = np.arange(len(labels))[::-1]
    size = values.fillna(0.0)
    axis.barh(at, size, color=colours, alpha=0.45, xerr=margins.fillna(0.0), ecolor="0.4",
              error_kw={"lw": 0.7})  # fmt: skip
    axis.set_yticks(at, labels, fontsize=6)
    axis.grid(axis="y", visible=False)
    return at


def _screening(axis: Axes, rows: pd.DataFrame, target: Target) -> None:
    top = rows[rows["mu_star"] > 0].nlargest(SHOWN, "mu_star", keep="first")
    colours = [_colour(p) for p in top["provenance"]]
    _bars(axis, top["parameter"], colours, top["mu_star"], top["mu_star_margin"])
    axis.set_xlim(left=0.0)
    axis.set_xlabel(f"mu*, {target.outcome.unit}")
    axis.set_title(wrap(words(target), 60))


def _indices(axis: Axes, rows: pd.DataFrame) -> None:
    _variance(axis, rows["group"], [_colour(p) for p in rows["provenance"]], rows)


def _shares(axis: Axes, rows: pd.DataFrame) -> None:
    colours = [COLOURS.get(group, COLOURS[""]) for group in rows["group"]]
    _variance(axis, rows["group"].map(NAMES), colours, rows)
    axis.set_xlim(right=max(1.05, axis.get_xlim()[1]))


def _variance(axis: Axes, labels: pd.Series, colours: list[str], rows: pd.DataFrame) -> None:
    at = _bars(axis, labels, colours, rows["total"], rows["total_margin"])
    axis.barh(at, rows["first"].fillna(0.0), height=0.4, color=colours)
    axis.axvline(0.0, color="black", lw=0.6)
    axis.set_xlabel("share of variance")
