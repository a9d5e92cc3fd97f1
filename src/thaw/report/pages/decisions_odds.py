"""Prior probabilities of single decisions, with the coding that produced them."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from thaw import reforms
from thaw.experiment.run import Settings, trace_on
from thaw.model.clock import month_index
from thaw.model.places import BLOC_STATES
from thaw.model.simulate import Trace
from thaw.model.subsystems import bloc_decision, bloc_inputs
from thaw.report.pages.markdown import NOTE, table

if TYPE_CHECKING:
    from thaw.experiment.run import Progress

DRAWS = 128
DECIDES_FROM = "1956-02"
ROSTER = Path("model") / "leadership_roster.csv"

LEADERSHIP = (
    ("June 1953: security chief removed", "removal_probability_beria", "1953-04", "1953-06"),
    ("January 1955: premier removed", "removal_probability_malenkov", "1953-04", "1955-02"),
    ("June 1957: move against the leader", "challenge_probability", "1957-01", "1957-06"),
    ("June 1957: leader falls", "ouster_probability", "1957-01", "1957-06"),
    ("October 1957: defence minister removed", "removal_probability_zhukov", "1957-07", "1957-10"),
    ("October 1964: leader falls", "ouster_probability", "1964-01", "1964-10"),
    ("1958-63: leader falls (he did not)", "ouster_probability", "1958-01", "1963-12"),
)
"""Decision, monthly probability, first and last month of the window (from when it could happen)."""

INTRODUCTION = f"""# Prior probabilities of single decisions

What the model would have said before any of its parameters met data: {DRAWS} prior draws of the
coupled model. There is no quota for these figures. Near-certainty would be a sign of hindsight,
and where it occurs the coding is to blame, as said below each table. The written rules of coding
stand on [leadership](leadership.md) and [bloc](bloc.md).

## Leadership

Replay: everything up to each month is history, and the monthly hazards are cumulated over the
window. *In its month* is the probability in the last month of the window alone. Intervals hold 90 %
of the draws.

"""
WHO = """
What they rest on: ideal points from birth, membership before 1939 and the leaning of the record
(zero where its note speaks of a later contest), ties to patrons, posts held. The table is
computed from the record by the code; the four weights are priors. The sign of the ministries'
stake in 1957 was chosen by people who know June 1957, so that figure is no independent test.

"""
BLOC = """
## Allied states: does unrest break out

Replay: hazards of an episode cumulated over the window, mean and 90 % of the draws. History had
episodes in East Germany and, smaller, in Czechoslovakia in 1953, in Poland and Hungary in 1956;
in all other cells of the table nothing on that scale happened.

"""
MOSCOW = f"""
## Allied states: does Moscow intervene

From {DECIDES_FROM} on the model decides (mode `do` without a changed reform; before that, history):
share of the draws with at least one episode, and with at least one intervention, to the end of 1957
and to the end of 1964.

"""
CASES = """
## The coded cases of intervention

One set of coefficients for all. *Once due*: mean and 90 % interval of the probability over 4,000
prior draws, given that a decision is due; *over all*: with "no decision due" counted as 0. The
covariates are coded for the eve of the decision, by one coder who knew the outcomes.

"""
HINDSIGHT = """
East Germany in June 1953 and Hungary on 31 October 1956 are near certain before any data: three
to five covariates stand at their top there and the signs of all were assumed. This is hindsight,
stated, not a success.
"""


def write(folder: Path, progress: Progress | None = None) -> list[Path]:
    """Write ``model/decisions_odds.md``; return its path."""
    page = folder / "model" / "decisions_odds.md"
    replay = _trace("replay", None, progress)
    decided = _trace("do", month_index(DECIDES_FROM), progress)
    page.write_text(text(replay, decided, folder / ROSTER), encoding="utf-8")
    return [page]


def _trace(mode: str, since: int | None, progress: Progress | None) -> Trace:
    settings = Settings(reforms.load_scenario("historical").with_mode(mode), DRAWS)
    paths = reforms.lever_paths(settings.scenario, settings.months + 1, since)
    return trace_on(settings, paths, progress)


def text(replay: Trace, decided: Trace, roster: Path) -> str:
    """Return the page for a replay, a run in which the model decides, and the roster's file."""
    with roster.open(encoding="utf-8", newline="") as handle:
        people = list(csv.DictReader(handle))
    headings = ("decision", "window", "probability", "90 % of draws", "in its month")
    return "".join(
        [
            NOTE,
            INTRODUCTION,
            table(headings, (_decision(replay, *row) for row in LEADERSHIP)),
            WHO,
            table(tuple(people[0]), (tuple(row.values()) for row in people)),
            BLOC,
            table(("state", "1953", "1956", "1953-64"), _unrest(replay)),
            MOSCOW,
            table(
                ("state", "unrest to 1957", "force to 1957", "unrest to 1964", "force to 1964"),
                _moscow(decided),
            ),
            CASES,
            _cases(),
            HINDSIGHT,
        ]
    )


def cumulated(
    monthly: Float[np.ndarray, "draw month"], first: str, last: str
) -> Float[np.ndarray, " draw"]:
    """Return the probability of at least one event within a window of months, by draw."""
    window = monthly[:, month_index(first) : month_index(last) + 1]
    return 1.0 - np.prod(1.0 - np.clip(window, 0.0, 1.0), axis=1)


def _interval(values: Float[np.ndarray, " draw"]) -> str:
    low, high = np.quantile(values, (0.05, 0.95))
    return f"{low:.2f}-{high:.2f}"


def _decision(trace: Trace, title: str, latent: str, first: str, last: str) -> tuple[str, ...]:
    monthly = trace["latent"][f"leadership.{latent}"]
    whole, single = cumulated(monthly, first, last), cumulated(monthly, last, last)
    window = f"{first} to {last}"
    return title, window, f"{whole.mean():.2f}", _interval(whole), f"{single.mean():.3f}"


def _unrest(trace: Trace) -> list[tuple[str, ...]]:
    rows = []
    for state, place in zip(BLOC_STATES, bloc_inputs.places(), strict=True):
        monthly = 1.0 - np.exp(-trace["latent"][f"bloc.hazard_{state}"])
        cells = [
            cumulated(monthly, first, last)
            for first, last in (
                ("1953-01", "1953-12"),
                ("1956-01", "1956-12"),
                ("1953-01", "1964-12"),
            )
        ]
        rows.append((place, *(f"{c.mean():.2f} ({_interval(c)})" for c in cells)))
    return rows


def _moscow(trace: Trace) -> list[tuple[str, ...]]:
    start = month_index(DECIDES_FROM)
    rows = []
    for place in bloc_inputs.places():
        cells = [
            (trace["events"][family, place][:, start : month_index(end) + 1] > 0).any(axis=1)
            for end in ("1957-12", "1964-12")
            for family in ("bloc_unrest", "intervention")
        ]
        rows.append((place, *(f"{hit.mean():.2f}" for hit in cells)))
    return rows


def _cases() -> str:
    odds = bloc_decision.prior_probabilities()
    coded = bloc_decision.cases()
    covariates = [name for name in coded[0] if name in bloc_decision.Covariates.__annotations__]
    rows = []
    for case in coded:
        found = odds[case["case"]]
        given = found["given_due"]
        chance = f"{given.mean():.2f} ({_interval(given)})"
        happened = "force" if case["outcome"] == "1" else "no force"
        codes = (case[name] for name in covariates)
        rows.append((case["case"], *codes, chance, f"{found['all'].mean():.2f}", happened))
    names = (name.replace("_", " ") for name in covariates)
    return table(("case", *names, "once due", "over all", "happened"), rows)
