"""The page "Does the fit give parameters back?": ranks of synthetic truths as they ship."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from thaw.calibrate import ranks, uniformity
from thaw.calibrate.ranks import DENSITY, LEAST_P, MOST, Ranked, Ranks, Sampling
from thaw.report.figures import BAND, LINE, SEEN, STYLE, TITLES
from thaw.report.pages.markdown import NOTE, table

COLUMNS = 4
NOTHING = "# Does the fit give parameters back?\n\nNo ranks of synthetic truths ship yet.\n"
INTRODUCTION = """# Does the fit give parameters back?

A truth is drawn from the prior, data are drawn from the likelihood at it, at the stamps of the
record, the fit is run on them, and the truth is ranked among {draws} of its draws (simulation-based
calibration; Talts et al. 2018). If sampler and likelihood agree with how data arise, ranks are
uniform. The joint log density of all unknowns is ranked too, because ranks of parameters alone
would not notice a fit that ignores the data (Modrak et al. 2023). This says nothing of whether the
model is true: truths and data come from the model itself.

**{verdict}**

"""
READING = """
*Twice*: a second, longer refit was needed. *Refused*: it did not converge either (R-hat above
{rhat:g}); such truths have no ranks. *Failed*: ranks outside the joint band of their cumulative
distribution (Säilynoja et al. 2022) at {level:.0%}, divided by the number of ranked quantities of
the subsystem. *Stands in*: largest error (95 % of checks), in errors of reading, of the response
surface that stood in the place of the model, which is too slow for so many refits; truths and
refits share it, and lists of events are summed by year and republic there. A refit has
{first}; the second one has
{second}. The fit itself is longer.
Events that drive the path stay as recorded, and nothing is tempered, because synthetic errors are
independent.

![Cumulative ranks less uniform, by subsystem](sbc.png)

*Cumulative share of ranks less what uniform ranks would have; one line a parameter, the dark line
the log density, red what failed. A line leaves the grey band only if it failed.*

## Failed

"""
NO_FAILURE = "No parameter failed.\n"
FAILED = """
An estimate of these parameters is not interpreted: where thaw shows one, it carries the mark
"{mark}". A failed log density is no parameter; it says that something else in the subsystem's
posterior, such as the model's own error of a series, has the wrong width.
"""
TOGETHER = """
## All subsystems together

A small error that no subsystem shows alone may show in all. The mean rank is {parameters:.2f} for
the parameters and {density:.2f} for the log density, where {expected:g} is expected; the joint log
densities of different subsystems are independent, so their mean has a standard error of
{error:.2f}, and their ranks together are uniform with p = {p:.4f}. A mean above expectation says
that truths are a little more likely than the draws. Short chains that have not quite arrived would
do that; whether they did has not been established.
"""
REPEAT = """
## Repeat it

    thaw calibrate --sbc 100 --subsystem agriculture --out results/ranks.json

[Fit the model](../howto/calibrate.md) has the details and the time that it takes.
"""


def write(folder: Path) -> list[Path]:
    """Write ``model/sbc.md`` and its figure from the shipped ranks; return their paths."""
    page, found = folder / "model" / "sbc.md", ranks.shipped()
    page.write_text(NOTE + (text(found) if found is not None else NOTHING), encoding="utf-8")
    if found is None:
        return [page]
    picture = folder / "model" / "sbc.png"
    with mpl.rc_context(STYLE):
        figure(found).savefig(picture, dpi=110)
    return [page, picture]


def text(found: Ranks) -> str:
    """Return the page."""
    sampling = found.sampling
    return "".join(
        [
            INTRODUCTION.format(draws=MOST, verdict=verdict(found)),
            table(
                ("subsystem", "truths", "twice", "refused", "parameters", "failed", "log density",
                 "divergences", "stands in"),
                (_row(name, part) for name, part in found.subsystems.items()),
            ),
            READING.format(
                rhat=sampling[0].worst_rhat, level=LEAST_P,
                first=_length(sampling[0]), second=_length(sampling[1]),
            ),
            _failures(found),
            TOGETHER.format(**together(found)),
            REPEAT,
        ]
    )  # fmt: skip


def _length(sampling: Sampling) -> str:
    return (
        f"{sampling.chains} chains of {sampling.warmup} warm-up and {sampling.draws} kept draws, "
        f"at most 2^{sampling.depth} steps a draw"
    )


def verdict(found: Ranks) -> str:
    """Return the result in a sentence."""
    tried = sum(part.truths for part in found.subsystems.values())
    refused = sum(len(part.refused) for part in found.subsystems.values())
    count = sum(len(part.parameters) for part in found.subsystems.values())
    return (
        f"{len(found.failed())} of {count} fitted parameters fail; {refused} of {tried} refits did "
        "not converge."
    )


def together(found: Ranks) -> dict[str, float]:
    """Return mean ranks over all subsystems, the standard error of the second, and its p-value."""
    parts = found.subsystems.values()
    densities = np.concatenate([part.ranks(DENSITY) for part in parts])
    every = [rank for part in parts for ranks_ in part.parameters.values() for rank in ranks_]
    return {
        "parameters": float(np.mean(every)),
        "density": float(densities.mean()),
        "expected": MOST / 2,
        "error": float(np.arange(MOST + 1).std() / np.sqrt(len(densities))),
        "p": uniformity.p_value(densities, MOST),
    }


def _row(name: str, part: Ranked) -> tuple[str, ...]:
    error = part.surrogate_error
    return (
        TITLES.get(name, name),
        str(part.truths),
        str(len(part.again)),
        str(len(part.refused)),
        str(len(part.parameters)),
        str(sum(failed in part.parameters for failed in part.failed)),
        "fails" if DENSITY in part.failed else "passes",
        f"{part.diverging:.1%}",
        "the model itself" if error is None else f"surface, {error:.2f}",
    )


def _failures(found: Ranks) -> str:
    rows = [
        (TITLES.get(name, name), failed if failed == DENSITY else f"`{failed}`", said,
         f"{part.p_values[failed]:.5f}")
        for name, part in found.subsystems.items()
        for failed, said in part.failed.items()
    ]  # fmt: skip
    if not rows:
        return NO_FAILURE
    shown = table(("subsystem", "quantity", "what is wrong", "p"), rows)
    return shown + FAILED.format(mark=ranks.NOT_INTERPRETED)


def figure(found: Ranks) -> Figure:
    """Return a panel of cumulative ranks by subsystem."""
    rows = -(-len(found.subsystems) // COLUMNS)
    page = Figure(figsize=(2.3 * COLUMNS, 1.9 * rows), layout="constrained")
    panels = page.subplots(rows, COLUMNS, sharex=True, sharey=True, squeeze=False).ravel()
    for panel, (name, part) in zip(panels, found.subsystems.items(), strict=False):
        _panel(panel, part)
        panel.set_title(f"{name} ({part.truths - len(part.refused)})")
    for panel in panels[len(found.subsystems) :]:
        panel.set_visible(False)
    page.supxlabel("rank of the truth among 19 draws")
    page.supylabel("cumulative share less uniform")
    return page


def _panel(panel: Axes, part: Ranked) -> None:
    shares, levels = np.arange(1, MOST + 1) / (MOST + 1), np.arange(MOST)
    names = (*part.parameters, DENSITY)
    count = len(part.log_density)
    if count == 0:
        return
    low, high = uniformity.band(count, MOST, 1.0 - LEAST_P / len(names))
    panel.fill_between(levels, low - shares, high - shares, color="0.88", lw=0)
    for name in names:
        below = np.bincount(part.ranks(name), minlength=MOST + 1).cumsum()[:-1] / count
        color = SEEN if name in part.failed else LINE if name == DENSITY else BAND
        weight = 1.6 if name in part.failed or name == DENSITY else 0.7
        panel.plot(levels, below - shares, color=color, lw=weight)
