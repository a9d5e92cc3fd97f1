"""Where prisoners and special settlers stood, from the record, as static arrays."""

from __future__ import annotations

import csv
from importlib import resources

import numpy as np
from jaxtyping import Float

from thaw import record
from thaw.model.places import SETTLER_GROUPS, units

_MEMBERS = {
    "germans": ("germans",),
    "caucasus": ("chechens", "ingush", "karachai", "balkars"),
    "crimean": (
        "crimean_tatars",
        "crimea_greeks",
        "crimea_bulgarians",
        "crimea_armenians",
        "crimea_other",
    ),
    "kalmyks": ("kalmyks",),
    "poles": ("poles_1936",),
    "ex_kulaks": ("ex_kulaks",),
    "western": ("balts_1945_49", "oun", "moldavia_1949"),
}
_FITTING_ROUNDS = 500


def stock(series_id: str, date: str) -> float:
    """Return the union's value of a series at a date of the record."""
    rows = record.series(series_id, place="USSR")
    return float(rows[rows["date"] == date]["value"].iloc[0])


def camps_by_unit(year: int) -> Float[np.ndarray, " unit"]:
    """Return the share of camps (corrective-labour and special) by unit in a year; sums to 1."""
    table = record.table("camp_years")
    kinds = table["type"].isin(["Corrective-labor camps", "Special camps"])
    heads = table[kinds & (table["year"] == year)].groupby("unit")["prisoners"].sum()
    out = heads.reindex(list(units()), fill_value=0).to_numpy(dtype=float)
    return out / out.sum()


def prisoners_by_unit(
    year: int, population: Float[np.ndarray, " unit"]
) -> Float[np.ndarray, " unit"]:
    """Return prisoners of a 1 January by unit: camps by the table, colonies by population."""
    colonies = stock("gulag.prisoners_itk", f"{year}-01-01")
    camps = stock("gulag.prisoners_total", f"{year}-01-01") - colonies
    return camps * camps_by_unit(year) + colonies * population / population.sum()


def settlers_by_group() -> Float[np.ndarray, " group"]:
    """Return special settlers of 1 January 1953 by group; ``other`` is what the total leaves."""
    date = "1953-01-01"
    named = {
        group: sum(stock(f"special_settlers.{member}", date) for member in members)
        for group, members in _MEMBERS.items()
    }
    named["other"] = stock("special_settlers.total", date) - sum(named.values())
    return np.array([named[group] for group in SETTLER_GROUPS])


def settlers_1953(rural: Float[np.ndarray, " unit"]) -> Float[np.ndarray, "group unit"]:
    """Return special settlers of January 1953 by group and unit.

    The record gives both margins (groups; regions of exile, with the rest of the total elsewhere)
    but not their table; a judged table of likelihoods is fitted to the margins by iterative
    proportional fitting (Deming and Stephan 1940). Inside a region settlers stand in proportion to
    the rural population.
    """
    rows = _rows("exile_regions.csv")
    regions = sorted({row["region"] for row in rows})
    groups = settlers_by_group()
    table = np.full((len(groups), len(regions)), 1e-9)
    for row in _rows("exile_groups.csv"):
        table[SETTLER_GROUPS.index(row["group"]), regions.index(row["region"])] = row["weight"]
    margin = _regions(regions, groups.sum())
    for _ in range(_FITTING_ROUNDS):
        table *= margin / table.sum(axis=0)
        table *= (groups / table.sum(axis=1))[:, None]
    spread = np.zeros((len(regions), len(rural)))
    for row in rows:
        place = units().index(row["unit"])
        spread[regions.index(row["region"]), place] = rural[place]
    return table @ (spread / spread.sum(axis=1, keepdims=True))


def _regions(regions: list[str], total: float) -> Float[np.ndarray, " region"]:
    rows = record.series("special_settlers.by_region")
    known = rows[rows["date"] == "1953"].set_index("place")["value"]
    out = np.array([float(known.get(region, 0.0)) for region in regions])
    out[regions.index("elsewhere")] = total - out.sum()
    return out


def homes() -> Float[np.ndarray, "group unit"]:
    """Return how those of a group who go home divide over units; zero rows have no home."""
    out = np.zeros((len(SETTLER_GROUPS), len(units())))
    for row in _rows("settler_homes.csv"):
        out[SETTLER_GROUPS.index(row["group"]), units().index(row["unit"])] = float(row["weight"])
    total = out.sum(axis=1, keepdims=True)
    return out / np.where(total > 0, total, 1.0)


def _rows(name: str) -> list[dict[str, str]]:
    text = (resources.files("thaw.model.people") / name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))
