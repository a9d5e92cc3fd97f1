"""The page "How far to trust thaw": generated from the shipped validation results."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from thaw.calibrate import ranks
from thaw.report.figures import TITLES
from thaw.report.pages.markdown import NOTE, table
from thaw.report.pages.sbc import verdict
from thaw.report.scores import headline, summary_sentence
from thaw.validate.summary import wins

WORST = 6
Document = Mapping[str, Any]

NOTHING = (
    "# How far to trust thaw\n\nNo validation result ships yet: nothing has been shown, and every "
    "observable carries the mark `scaffold`.\n"
)
RULES = """
Skill is that of the mechanism alone: 1 - CRPS / CRPS of the best naive forecast (persistence,
drift, damped trend, AR(1)). The model is given decisions, weather and the acts of other states as
they were, the naive forecasts only the past values. Repeat it with `thaw validate`; test it on
values of your own: [validate](howto/validate.md).
"""


def write(folder: Path) -> list[Path]:
    """Write ``trust.md`` from the shipped results; return its path."""
    from thaw.validate.results import results

    page = folder / "trust.md"
    page.write_text(NOTE + text(results()), encoding="utf-8")
    return [page]


def text(documents: Mapping[str, Document]) -> str:
    """Return the page; the set fitted until 1958 is shown where there is one."""
    if not documents:
        return NOTHING
    document = documents.get("until-1958") or next(iter(documents.values()))
    return "".join(
        [
            "# How far to trust thaw\n\n",
            headline(document) + "\n\n",
            *_summaries(document),
            RULES,
            "\n## By subsystem, 1959-64\n\n",
            _subsystems(document),
            "\n## Misses\n\n",
            *_misses(document["series"]),
            "\n## Events and later years\n\n",
            *_events(document),
            "\n## Learned and not learned\n\n",
            _learning(document.get("learning", [])),
            _given_back(),
        ]
    )


def _summaries(document: Document) -> list[str]:
    named = {
        "summary": "All scored observables, 1959-64",
        "summary_fitted": "Those the model is fitted to, 1959-64",
        "summary_later": "Later years, 1965-68",
    }
    found = [(document[key], words) for key, words in named.items() if document.get(key)]
    return [f"- {summary_sentence(summary, words)}\n" for summary, words in found]


def _subsystems(document: Document) -> str:
    rows = sorted(document["by_subsystem"], key=lambda row: -(row["skill_median"] or -99.0))
    return table(
        ("subsystem", "observables", "values", "median skill", "beat naive", "in 50 %", "in 90 %"),
        (
            (
                TITLES.get(row["subsystem"], row["subsystem"]),
                row["observables"],
                row["values"],
                "" if row["skill_median"] is None else f"{row['skill_median']:.2f}",
                _share(row["share_beating_best_baseline"]),
                _share(row["coverage50"]),
                _share(row["coverage90"]),
            )
            for row in rows
        ),
    )


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.0%}"


def _misses(rows: Sequence[Document]) -> list[str]:
    lost = sorted((r for r in rows if r["baselines"] and not wins(r)), key=_skill)
    lines = [
        f"- `{r['series_id']}` ({r['place']}): {_skill_words(r)}, {r['coverage90']:.0%} of "
        f"{r['n']} values inside the 90 % band\n"
        for r in lost[:WORST]
    ]
    rest = len(lost) - len(lines)
    more = [f"- and {rest} more observables that lose to the best naive forecast\n"] if rest else []
    return [*lines, *more] or ["No scored observable loses to the best naive forecast.\n"]


def _skill(row: Document) -> float:
    """Return the skill; minus infinity where the best naive forecast was exact."""
    return -math.inf if row["skill"] is None else row["skill"]


def _skill_words(row: Document) -> str:
    return "naive exact" if row["skill"] is None else f"skill {row['skill']:.2f}"


def _events(document: Document) -> list[str]:
    scores = [
        f"- {e['family'].replace('_', ' ')}: log score {e['log_score']:.2f} a year, best constant "
        f"or calendar hazard {e['baseline_log_score']:.2f} ({e['n']} years)\n"
        for e in document["events"]
    ]
    ratios = [
        f"- {c['outcome']}, {c['years_after'][0]}-{c['years_after'][1]} against "
        f"{c['years_before'][0]}-{c['years_before'][1]}: {_band(c['after'])} against "
        f"{_band(c['before'])}; probability of a fall {c['probability_of_fall']:.2f}\n"
        for c in document.get("out_of_period", [])
    ]
    return [*scores, *ratios]


def _band(found: Mapping[str, float]) -> str:
    return "{median:.3g} ({lo90:.3g} to {hi90:.3g})".format(**found)


def _learning(rows: Sequence[Document]) -> str:
    known = sum(len(row["learned"]) for row in rows)
    count = sum(row["parameters"] for row in rows)
    where = [f"{row['subsystem']} {len(row['learned'])}" for row in rows if row["learned"]]
    by = f" ({', '.join(where)})" if where else ""
    return (
        f"{known} of {count} parameters were learned: their spread fell by a fifth or more{by}. "
        "All others stand at their priors, and what depends on them is prior, not finding.\n"
    )


def _given_back() -> str:
    """Return what the calibration of the fit on synthetic truths says of fitted parameters."""
    found = ranks.shipped()
    if found is None:
        return ""
    failed = ", ".join(f"`{name}`" for name in found.failed())
    marked = f" {ranks.NOT_INTERPRETED.capitalize()}: {failed}." if failed else ""
    return f"\n[Synthetic truths](model/sbc.md): {verdict(found)}{marked}\n"
