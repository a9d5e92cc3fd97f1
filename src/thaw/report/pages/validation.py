"""The page "Put to the test": trials beyond the time hold-out, from their stored results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from thaw.report.pages.markdown import NOTE, table

Document = Mapping[str, Any]

INTRODUCTION = """# Put to the test

Trials beyond the forecast of 1959-64 ([how far to trust thaw](trust.md)): cases and series left out
one at a time, single decisions, the backlash, rivals. Log scores are natural logarithms of
probabilities: nearer to zero is better. Repeat with `python -m thaw.validate.trials`.
"""
BLOC = """
## Bloc states left out one at a time

A fit that did not see the unrest of a state (`thaw calibrate --leave-out bloc_unrest@STATE`) says
how probable an episode was there in each year {first}-{last}: {cells} cells, {episodes} episodes;
coupled model in replay, {draws} draws, other subsystems as in the set `{base}`. The naive forecasts
know the other states only: their frequency over all years (*constant*), and in the same year
(*same year*, which knows that 1956 was a year of unrest). Indices of liberties stay in the fit.

"""
LEADERSHIP = """
## Leadership

Nothing about the leadership is fitted: what {draws} prior draws say of each month, given all that
went before, is a prediction. The *base rate* is the record's own over the same months, which knows
how many outcomes there were; the *base rate so far* knows the months before only. The months of a
rival are those in which he holds a power base; only men who were in fact removed are followed, and
the base rate of removal is high for that reason.

"""
BACKLASH = """
## Backlash: convictions for agitation rise in 1957-58 and fall again

*Rise*: the mean of 1957-58 above 1956. *Fall*: the mean of 1959-60 below that of 1957-58. {draws}
draws of the fit that ends in {fit_until}. {learned} The other subsystems stand at the prior.
*Weighted*: draws weighted by the likelihood of the value of 1956, the only one the fit could know.
With the sign open the effect of the order on convictions is mirrored in every second draw.
Record: {record}.

"""
RIVALS = """
## Rivals weighed

CRPS on values of 1959-64, {draws} draws: the prior for the subsystem on trial in main and rival
alike, the set `{posterior}` for the others. Skill = 1 - error of the rival / error of the main
mechanism, every series weighing alike; 90 % by blocks of two years. *Own*: series of the subsystem;
*others*: all other held-out series. The verdict follows the own series where the rival moves any,
else the others; it is `undecided` where the interval holds zero, where fewer than four values are
held out, and where the skill is below 0.01. *Fitted*: rivals that win once more, with the set
`{posterior}` in both, fitted under the main mechanism. Many rivals are tried: one in ten would be
called by luck. The two lower limits of a verdict (four values, 0.01) were set after the first rows
had been seen.

"""
SERIES = """
## Series left out one at a time

Rule, fixed before any fit: of each subsystem named the fitted series with the most values
(`thaw calibrate --leave-out SERIES@PLACE`), scored from its fourth value on. The mechanism sees no
value of the series, but related series stay in the fit (the harvest of one republic is part of the
Union's), and priors were written by people who knew both. One naive forecast knows the first three
values, the other all earlier ones.

"""


def write(folder: Path) -> list[Path]:
    """Write ``validation.md`` from the stored trials; return its path."""
    from thaw.validate.trials import stored

    page = folder / "validation.md"
    page.write_text(NOTE + text(stored()), encoding="utf-8")
    return [page]


def text(found: Mapping[str, Document]) -> str:
    """Return the page; a trial that was never computed is left out."""
    parts = [SECTIONS[name](found[name]) for name in SECTIONS if name in found]
    return "".join([INTRODUCTION, *(parts or ["\nNo trial has been computed yet.\n"])])


def bloc(found: Document) -> str:
    """Return the section on left-out bloc states."""
    first, last = found["years"]
    summary = found["summary"]
    introduction = BLOC.format(first=first, last=last, **{**summary, **found})
    states = (
        (
            row["state"],
            ", ".join(map(str, row["unrest"])) or "none",
            f"{sum(row['probability']):.2f}",
            *(f"{row['log_score'][name]:.2f}" for name in FORECASTS),
        )
        for row in found["states"]
    )
    named = (
        (
            f"{row['state']} {row['year']}",
            f"{row['left_out']:.3f} ({row['lo90']:.3f} to {row['hi90']:.3f})",
            *(f"{row[name]:.3f}" for name in FORECASTS[1:]),
        )
        for row in found["named"]
    )
    heads = ("fit without it", "prior", "constant", "same year")
    return "".join(
        [
            introduction,
            table(("episode", *heads), named),
            "\nLog scores summed over the years of each state:\n\n",
            table(("state", "unrest in", "episodes expected", *heads), states),
            "\n" + bloc_verdict(summary) + "\n",
        ]
    )


FORECASTS = ("left_out", "prior", "constant", "calendar")


def bloc_verdict(summary: Document) -> str:
    """Return in words whether the left-out fits beat each base rate."""
    words = {"constant": "the constant base rate", "calendar": "the base rate of the same year"}
    said = [
        f"{_verb(summary['gain'][name])} {title} (gain a cell {_band(summary['gain'][name])})"
        for name, title in words.items()
    ]
    mean = ", ".join(
        f"{title} {summary['log_score'][name]:.3f}"
        for name, title in zip(FORECASTS, ("fit", "prior", "constant", "same year"), strict=True)
    )
    return f"The model {' and '.join(said)}. Mean log score a cell: {mean}."


def _verb(gain: Document) -> str:
    if gain["mean"] <= 0.0:
        return "does not beat"
    low = (gain["interval90"] or (0.0, 0.0))[0]
    return "beats" if low > 0.0 else "scores better than, but within chance of,"


def _band(gain: Document) -> str:
    bounds = gain["interval90"]
    tail = "" if bounds is None else f", 90 % {bounds[0]:+.3f} to {bounds[1]:+.3f}"
    return f"{gain['mean']:+.3f}{tail}"


def leadership(found: Document) -> str:
    """Return the section on decisions about leaders."""
    families = (
        (
            row["family"],
            row["months"],
            row["outcomes"],
            f"{row['expected']:.1f}",
            f"{row['log_score']:.1f}",
            f"{row['base_log_score']:.1f}",
            f"{row['earlier_log_score']:.1f}",
        )
        for row in found["families"]
    )
    outcomes = (
        (
            row["outcome"],
            row["month"],
            f"{row['in_month']:.3f}",
            f"{row['in_year']:.2f} ({row['lo90']:.2f} to {row['hi90']:.2f})",
        )
        for row in found["outcomes"]
    )
    beaten = sum(row["log_score"] > row["base_log_score"] for row in found["families"])
    of = len(found["families"])
    return "".join(
        [
            LEADERSHIP.format(**found),
            table(
                ("decision", "months", "outcomes", "expected", "log score", "base rate",
                 "base rate so far"),
                families,
            ),
            f"\nThe model beats the base rate in {beaten} of {of} families.\n\n",
            table(("outcome", "month", "in its month", "in the year up to it"), outcomes),
        ]
    )  # fmt: skip


def backlash(found: Document) -> str:
    """Return the section on the convictions of 1956-60."""
    fit = found["public"]
    learned = (
        f"Its parameters of public: {', '.join(fit['fitted'])}."
        if fit["fitted"]
        else f"It learned nothing about public ({fit['reason']})."
    )
    record = ", ".join(f"{year} {value:,.0f}" for year, value in found["record"].items())
    rows = (
        (
            row["world"],
            *(f"{row[name]:.2f}" for name in ("rise", "fall", "both")),
            "{median:.2f} ({lo90:.2f} to {hi90:.2f})".format(**row["ratio"]),
            f"{row['weighted']['both']:.2f} ({row['weighted']['effective_draws']:.0f} draws)",
        )
        for row in found["worlds"]
    )
    heads = ("world", "rise", "fall", "both", "1957-58 over 1956", "both, weighted")
    introduction = BACKLASH.format(**{**found, "learned": learned, "record": record})
    return introduction + table(heads, rows) + "\n" + backlash_verdict(found["worlds"])


def backlash_verdict(worlds: Sequence[Document]) -> str:
    """Return in words what the pattern rests on."""
    both = {row["world"]: row["both"] for row in worlds}
    with_it, without, open_ = (
        both[name] for name in ("order in force", "order left out", "sign of the order open")
    )
    said = f"Rise and fall together: {with_it:.2f} with the order, {without:.2f} without it, "
    rest = "The pattern is that of the order, and of the sign assumed for its effect: no finding."
    tail = rest if min(with_it - without, with_it - open_) > 0.1 else ""
    return f"{said}{open_:.2f} with its sign open. {tail}".rstrip() + "\n"


def rivals(found: Document) -> str:
    """Return the section on rivals."""
    heads = (
        "subsystem", "rival", "own series moved", "values", "skill on own", "skill on others",
        "verdict", "fitted",
    )  # fmt: skip
    rows = (
        (
            row["subsystem"],
            f"`{row['rival']}`",
            f"{row['own']['moved']} of {row['own']['series']}" if row["own"] else "none",
            row["own"].get("values", 0),
            _skill(row["own"]),
            _skill(row["others"]),
            row["verdict"],
            _skill(row.get("fitted", {})),
        )
        for row in found["rivals"]
    )
    return RIVALS.format(**found) + table(heads, rows) + "\n" + rivals_verdict(found["rivals"])


def rivals_verdict(rows: Sequence[Document]) -> str:
    """Return in words where rivals win, and where they still do against the fitted mechanism."""
    won = [row for row in rows if row["verdict"] == "rival"]
    kept = [row for row in won if (row.get("fitted") or {}).get("verdict") == "rival"]
    alone, both = (
        ", ".join(f"{row['subsystem']} `{row['rival']}`" for row in some) or "none"
        for some in (won, kept)
    )
    return (
        f"Rivals that score better than the main mechanism when neither is fitted: {alone}. "
        f"Of these, better with the fitted set too: {both}.\n"
    )


def _skill(row: Document) -> str:
    if not row or not row["moved"]:
        return ""
    bounds = row["interval90"]
    tail = "" if bounds is None else f" ({bounds[0]:+.3f} to {bounds[1]:+.3f})"
    return f"{row['skill']:+.3f}{tail}"


def series(found: Document) -> str:
    """Return the section on series left out."""
    names = ("first three values", "all earlier values")
    rows = (
        (
            f"`{row['series_id']}` ({row['place']})",
            row["n"],
            row["status"],
            row["crps"],
            *(_against(row[name]) for name in names),
            f"{row['coverage50']:.0%}",
            f"{row['coverage90']:.0%}",
        )
        for row in found["series"]
    )
    heads = ("series", "values", "fit", "CRPS", *(f"skill, naive knows {n}" for n in names))
    return SERIES + table((*heads, "in 50 %", "in 90 %"), rows)


def _against(row: Document) -> str:
    if row["skill"] is None:
        return ""
    bounds = row["skill90"]
    return f"{row['skill']:.2f}" + (
        "" if bounds is None else f" ({bounds[0]:.2f} to {bounds[1]:.2f})"
    )


SECTIONS = {
    "bloc": bloc,
    "leadership": leadership,
    "backlash": backlash,
    "rivals": rivals,
    "series": series,
}
"""Section of the page by trial, in order."""
