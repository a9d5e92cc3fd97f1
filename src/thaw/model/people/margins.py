"""Whole persons of January 1953: margins by unit that add up exactly, and the room to grow.

Unit totals at liberty and prisoners by class and unit are exact by largest remainder; ages, sexes
and localities are rounded inside units with the error carried on from unit to unit, so that the
union's margins are met to a person or two.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from jaxtyping import Float, Int64

from thaw.model.people.demography import custody_profile
from thaw.model.people.layout import CELL, Layout, layout_of

MARGIN = 1.12
"""Slots per person of January 1953 beside the foreseen growth."""


@dataclasses.dataclass(frozen=True)
class Margins:
    """Whole persons of January 1953."""

    free: Int64[np.ndarray, " unit"]
    bins: Int64[np.ndarray, "unit age_sex_locality"]
    prisoners: Int64[np.ndarray, "unit class"]
    inside: Int64[np.ndarray, "unit age_sex"]
    party: Int64[np.ndarray, " unit"]
    komsomol: Int64[np.ndarray, " unit"]
    settlers: Int64[np.ndarray, "unit group"]
    kin: Int64[np.ndarray, " unit"]
    workers: Int64[np.ndarray, " unit"]
    weight: float


def largest_remainder(shares: Float[np.ndarray, "..."], total: int) -> Int64[np.ndarray, "..."]:
    """Return integers in proportion to ``shares`` that add up to ``total`` (ties: first)."""
    flat = np.maximum(np.asarray(shares, float).reshape(-1), 0.0)
    exact = flat * (total / flat.sum()) if flat.sum() > 0 else flat
    out = np.floor(exact).astype(np.int64)
    left = int(total - out.sum()) if flat.sum() > 0 else 0
    out[np.argsort(-(exact - out), kind="stable")[:left]] += 1
    return out.reshape(np.shape(shares))


def carried(
    table: Float[np.ndarray, "row bin"], totals: Int64[np.ndarray, " row"]
) -> Int64[np.ndarray, "row bin"]:
    """Return whole numbers with exact row totals; each bin's error is carried to the next row."""
    out = np.zeros(table.shape, np.int64)
    carry = np.zeros(table.shape[1])
    for row, total in enumerate(totals):
        wanted = table[row] * (total / table[row].sum() if table[row].sum() > 0 else 0.0) + carry
        low = np.where(table[row] > 0, np.maximum(np.floor(wanted), 0.0), 0.0)
        short = round(total - low.sum())
        order = np.argsort(-np.where(table[row] > 0, wanted - low, -np.inf), kind="stable")
        low[order[:short]] += 1 if short > 0 else 0
        for at in order[::-1] if short < 0 else ():
            if short == 0:
                break
            short, low[at] = (short + 1, low[at] - 1) if low[at] > 0 else (short, low[at])
        out[row] = low
        carry = wanted - low
    return out


def margins(start: Any, people: int | str, params: dict[str, float], workers: float) -> Margins:
    """Return the whole-number margins of the first month for ``people`` citizens or ``"all"``.

    ``start`` is the state of cohorts in January 1953; ``workers`` the record's number of workers
    and employees of 1953.
    """
    persons = np.asarray(start.persons, float)
    prisoners = np.asarray(start.prisoners, float).T
    everybody = persons.sum() + prisoners.sum()
    number = round(everybody) if people == "all" else int(people)
    scale = number / everybody
    by_unit = np.concatenate([persons.sum(axis=(0, 1, 2))[:, None], prisoners], axis=1)
    whole = largest_remainder(by_unit, number)
    free = whole[:, 0]
    bins = carried(persons.reshape(-1, persons.shape[-1]).T, free)
    women = params["people.custody_women"]
    ages = persons.sum(axis=(2, 3)) * np.asarray(custody_profile(women, persons.shape[0]))
    inside = carried(np.repeat(ages.reshape(1, -1), len(free), axis=0), whole[:, 1:].sum(axis=1))
    adults = np.asarray(start.adults, float)
    settlers = np.asarray(start.settlers, float).T
    young = bins.reshape(len(free), -1, 2, 2)[:, 17:29].sum(axis=(1, 2, 3))
    return Margins(
        free=free,
        bins=bins,
        prisoners=whole[:, 1:],
        inside=inside,
        party=largest_remainder(adults[:, 0], round(adults[:, 0].sum() * scale)),
        komsomol=np.rint(young * params["people.komsomol_coverage"]).astype(np.int64),
        settlers=largest_remainder(settlers, round(settlers.sum() * scale)),
        kin=largest_remainder(
            free.astype(float), round(params["people.kin_degree"] * whole[:, 1:].sum())
        ),
        workers=largest_remainder(np.asarray(start.urban, float), round(workers * scale)),
        weight=everybody / number,
    )


def layout_for(
    found: Margins,
    fields: dict[str, np.ndarray],
    start: Any,
    params: dict[str, float],
    months: int,
    called: Float[np.ndarray, " unit"],
) -> Layout:
    """Return the layout with room for the growth that the first month's rates foretell.

    Natural increase, moves to towns and the return of settlers at the rates of January 1953 over
    :func:`horizon` months, ``called`` persons to new lands, and ``MARGIN`` more; a unit never gets
    less than its people and margin.
    """
    persons = np.asarray(start.persons, float)
    rural = np.einsum("asu,as->u", persons[:, :, 1], fields["leaving"]) * fields["pull"]
    far = fields["far_share"] * rural
    deaths = (persons * (1 - fields["survival"])[..., None]).sum(axis=(0, 1, 2))
    monthly = fields["born"].sum(axis=0) - deaths - far + far.sum() * fields["town_weight"]
    home = np.asarray(start.settlers, float).sum(axis=1) @ fields["homes"]
    freed = np.asarray(start.prisoners, float).sum() * fields["civil"] / fields["civil"].sum()
    growth = np.maximum(monthly * horizon(months), 0.0) + called
    growth += params["people.settler_return"] * home + params["people.return_home"] * freed
    now = found.free + found.prisoners.sum(axis=1)
    room = now * MARGIN + growth / found.weight
    return layout_of(np.maximum(-(-np.ceil(room).astype(np.int64) // CELL), 1))


def horizon(months: int) -> int:
    """Return the months for which slots are provided: to the end of 1964, or else of 1970.

    It takes two values only, so that a shorter run is the beginning of a longer one.
    """
    return 144 if months <= 145 else 216


def workers_1953() -> float:
    """Return workers and employees of 1953, between the record's years at a constant rate."""
    from thaw import record

    rows = record.series("industry.workers_employees", place="USSR")
    years = rows["start"].dt.year.to_numpy(dtype=float)
    order = np.argsort(years)
    logs = np.log(rows["value"].to_numpy(dtype=float) * 1e6)
    return float(np.exp(np.interp(1953.0, years[order], logs[order])))
