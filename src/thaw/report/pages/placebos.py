"""How often the labels are wrong on synthetic histories in which the true effect is zero."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from thaw.experiment import labels, placebo
from thaw.experiment.run import Progress
from thaw.report.pages.markdown import NOTE, table

AIM = 0.1
KINDS = {
    placebo.NEUTRAL: "the reform happened, the mechanism did not exist",
    placebo.NEVER: "the reform never happened; asked at its true date",
    placebo.WRONG_DATE: "the reform never happened; asked at a date that had none",
    placebo.ACTS: "the mechanism acts, with either sign",
}
SHARES = (*placebo.POSITIVE, labels.SIGN_ASSUMED, labels.UNDECIDED, labels.NO_EFFECT)

INTRODUCTION = """# Placebos: how often the labels are wrong

{count} synthetic histories in which the true effect is zero, {mechanisms} mechanisms, {labels}
labels under each of four priors; the histories in which the reform never happened are asked
twice, at its date and at a wrong one. {headline}

How: a synthetic history is a held-out draw of the model, read with the error of the record, whose
mechanism is switched off (its parameters neutral) or whose reform never happened. The refit is
cheap: a pool of {pool} prior draws, reweighted by how near each comes to that history in the one
number that best predicts the effect from the record of the subsystem (a ridge regression over the
pool, each draw predicted without itself; Fearnhead and Prangle 2012), tempered until {fewest:.0f}
draws count. The labels are then made as in `thaw compare`. A full fit would use the record better,
so it would find more effects, true and false. *False*: labelled necessary, sufficient or
contributory. *Sign-free*: the mechanism's parameters are multiplied by a number between -1 and 1,
so that nothing is `sign assumed`. *Open*: in a third of the draws they keep their sign, in a third
they are turned, in a third they are zero. *Either way*: they are kept or turned, so that nothing
may be absent, and a record that shows no effect still chooses a side. No parameter of the model has
such a prior; it is the worst case.

An effect counts as contributory only where it is larger than the error with which the record reads
its series. That condition was added after an earlier run of this page, in which effects near zero,
but of one sign, had made false labels ([decision 006](../decisions/006-changed-after-scores.md)).

"""
POWER_HEADINGS = ("mechanism", "prior", "labels", "right sign", "wrong sign", "not labelled")
POWER = """
## What the same labels find where there is an effect

Held-out draws in which the mechanism acts, for or against, at full size. Where few of these are
labelled, a low rate of false labels shows little: the record of the mechanism is too weak.

"""
BLIND = """
## Values that cannot respond

By the coupling graph a reform reaches its own subsystem in its month and each further one a month
later, or never. Every regular value that ends before must be labelled `no effect`.

"""
TRUTH = """
The largest true effect left when a mechanism's parameters are neutral is {largest:.2%} of the
level of its series: other paths of the same reform, by a decision that fell otherwise.
"""


def write(folder: Path, progress: Progress | None = None) -> list[Path]:
    """Write ``model/placebos.md``; return its path."""
    page = folder / "model" / "placebos.md"
    size = placebo.Size()
    page.write_text(text(placebo.placebos(size, progress=progress), size), encoding="utf-8")
    return [page]


def text(found: placebo.Placebos, size: placebo.Size) -> str:
    """Return the page."""
    rows = found.labels.assign(positive=found.labels["label"].isin(placebo.POSITIVE))
    null, acts = rows[rows["kind"] != placebo.ACTS], rows[rows["kind"] == placebo.ACTS]
    own = null[null["kind"] != placebo.WRONG_DATE]
    true = null.loc[(null["kind"] == placebo.NEUTRAL) & null["series"], "truth"].abs().max()
    return "".join(
        [
            NOTE,
            INTRODUCTION.format(
                count=len(own.groupby(["kind", "mechanism", "history"])),
                mechanisms=null["mechanism"].nunique(),
                labels=len(null) // null["prior"].nunique(),
                headline=headline(null),
                pool=size.pool,
                fewest=placebo.FEWEST,
            ),
            table(("history", "prior", "labels", "false", *SHARES), _kinds(null)),
            "\n## By mechanism\n\n",
            table(("mechanism", "prior", "labels", "false", *SHARES), _mechanisms(null)),
            TRUTH.format(largest=true),
            POWER,
            table(POWER_HEADINGS, _power(acts)),
            BLIND,
            table(("reform", "values", "labelled all the same"), found.blind.to_numpy().tolist()),
        ]
    )


def headline(null: pd.DataFrame) -> str:
    """Return the rates of false labels in a sentence each, beside the aim."""
    parts = []
    for prior, rows in null.groupby("prior", sort=False):
        rate = rows["positive"].mean()
        verdict = "within" if rate <= AIM else "NOT within"
        parts.append(f"Prior {prior}: {rate:.1%} false labels, {verdict} the aim of {AIM:.0%}.")
    worst = null.groupby(["prior", "mechanism"])["positive"].mean()
    prior, name = worst.idxmax()
    return " ".join(parts) + f" Worst: {name} ({prior} prior), {worst.max():.0%}."


def _shares(rows: pd.DataFrame) -> list[str]:
    shares = rows["label"].value_counts(normalize=True)
    return [
        str(len(rows)),
        f"{rows['positive'].mean():.1%}",
        *(f"{shares.get(name, 0.0):.1%}" for name in SHARES),
    ]


def _kinds(null: pd.DataFrame) -> list[list[str]]:
    groups = null.groupby(["prior", "kind"], sort=False)
    return [[KINDS[kind], prior, *_shares(rows)] for (prior, kind), rows in groups]


def _mechanisms(null: pd.DataFrame) -> list[list[str]]:
    groups = null.groupby(["prior", "mechanism"], sort=False)
    return [[name, prior, *_shares(rows)] for (prior, name), rows in groups]


def _power(acts: pd.DataFrame) -> list[list[str]]:
    found = []
    for (prior, name), rows in acts.groupby(["prior", "mechanism"], sort=False):
        right = (rows["positive"] & rows["right"]).mean()
        wrong = (rows["positive"] & ~rows["right"]).mean()
        shares = (right, wrong, 1.0 - right - wrong)
        found.append([name, prior, str(len(rows)), *(f"{share:.0%}" for share in shares)])
    return found
