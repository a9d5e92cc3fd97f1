"""Do other mechanisms agree? The same comparison with one subsystem at a time replaced by a rival.

Rivals run on sixteen prior draws in one compiled world in which the mechanisms are data.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
from jaxtyping import Float

from thaw import reforms
from thaw.experiment import labels
from thaw.experiment.effects import HORIZONS, difference
from thaw.experiment.outcomes import Outcome
from thaw.experiment.run import Progress
from thaw.experiment.summaries import sign_probability
from thaw.experiment.variants import DRAWS, Variant, laboratory
from thaw.model import registry
from thaw.model.clock import stamp

Key = tuple[str, str]
MAIN = ("", "main")
Effects = dict[tuple[str, str], Float[np.ndarray, "stamp draw"]]
"""(subsystem, rival) -> effect of one outcome at its stamps; ("", "main") is the main model."""


@dataclasses.dataclass(frozen=True)
class Rivals:
    """What rival structures say of the outcomes shown.

    ``table``: one row per outcome, place, month, subsystem and rival, with median and sign
    probability; ``horizon``: for each outcome the last month up to which the spread within
    structures is not dominated by the spread between them ("" where it is from the start).
    """

    structures: tuple[tuple[str, str], ...]
    draws: int
    table: pd.DataFrame
    horizon: Mapping[Key, str]


def structures(subsystems: Iterable[str]) -> list[tuple[str, str]]:
    """Return every (subsystem, rival) of some subsystems."""
    found = registry.subsystems()
    return [(name, rival) for name in registry.NAMES if name in set(subsystems)
            for rival in found[name].rivals]  # fmt: skip


def compared(
    a: reforms.Scenario,
    b: reforms.Scenario,
    outcomes: Sequence[Outcome],
    since: int,
    decided_from: int,
    progress: Progress | None = None,
) -> Rivals:
    """Return the effects of world ``b`` against ``a`` on some outcomes under every rival.

    The rivals are those of the subsystems that own the outcomes; each is asked for all outcomes.
    """
    chosen = [MAIN, *structures({outcome.subsystem for outcome in outcomes})]
    at = {o: o.stamps_since(since, a.months, HORIZONS) for o in outcomes}
    found: dict[Outcome, Effects] = {o: {} for o in outcomes}
    for done, structure in enumerate(chosen, start=1):
        variant = Variant() if structure == MAIN else Variant(rivals=dict([structure]))
        pair = tuple(laboratory().run(world, variant, decided_from) for world in (a, b))
        for o in outcomes:
            columns = [difference(pair, o, month) for month in at[o]]  # type: ignore[arg-type]
            found[o][structure] = np.stack(columns) if columns else np.zeros((0, DRAWS))
        if progress is not None:
            progress(done, len(chosen))
    rows = [row for o, effects in found.items() for row in _rows(_key(o), effects, at[o])]
    horizon = {_key(o): credibility(effects, at[o]) for o, effects in found.items()}
    return Rivals(tuple(chosen[1:]), DRAWS, pd.DataFrame(rows), horizon)


def _key(outcome: Outcome) -> Key:
    return outcome.label, outcome.place


def _rows(key: Key, effects: Effects, months: list[int]) -> Iterable[dict[str, object]]:
    for (subsystem, rival), values in effects.items():
        for at, effect in zip(months, values, strict=True):
            finite = effect[np.isfinite(effect)]
            yield {
                "outcome": key[0],
                "place": key[1],
                "month": stamp(at),
                "subsystem": subsystem,
                "rival": rival,
                "median": float(np.median(finite)) if finite.size else 0.0,
                "p_sign": sign_probability(effect),
            }


def credibility(effects: Effects, months: list[int]) -> str:
    """Return the last month before the variance between structures first exceeds that within.

    Within: mean over structures of the variance over draws; between: variance over structures of
    the mean effect. Empty where it does so at once, or where there is no rival.
    """
    if len(effects) < 2:
        return ""
    values = np.stack(list(effects.values()))
    last = ""
    for index, at in enumerate(months):
        effect = np.nan_to_num(values[:, index])
        if effect.mean(axis=1).var(ddof=1) > effect.var(axis=1, ddof=1).mean():
            break
        last = stamp(at)
    return last


def disagreeing(found: Rivals) -> set[tuple[str, str, str]]:
    """Return (outcome, place, month) where a rival has not the sign of the main model.

    A rival without any effect in any draw does not have what the worlds differ by: it abstains.
    """
    table = found.table
    if table.empty:
        return set()
    index = ["outcome", "place", "month"]
    main = table[table["rival"] == MAIN[1]].set_index(index)["median"]
    rest = table[(table["rival"] != MAIN[1]) & (table["p_sign"] > 0.0)]
    other = np.sign(rest["median"].to_numpy())
    mine = np.sign(main.reindex(pd.MultiIndex.from_frame(rest[index])).to_numpy())
    return set(rest.loc[other != mine, index].itertuples(index=False, name=None))


def relabelled(table: pd.DataFrame, found: Rivals) -> pd.DataFrame:
    """Return an effect table in which effects that rivals contradict are ``model-dependent``."""
    contradicted = disagreeing(found)
    names = zip(table["outcome"], table["place"], table["month"], strict=True)
    hit = np.array([name in contradicted for name in names], bool)
    moved = hit & (table["label"] != labels.NO_EFFECT).to_numpy()
    return table.assign(label=table["label"].mask(moved, labels.MODEL_DEPENDENT))
