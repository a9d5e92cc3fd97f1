"""The census of January 1959 and the vital tables of 1958-59 as arrays, read from the record.

Ages stand in 102 places: 0 to 99, 100, and 101 for those above; sexes are men, women; localities
are towns (urban) and countryside (rural); units are in the order of ``places.units()``.
"""

from __future__ import annotations

import numpy as np
import pandas
from jaxtyping import Float

from thaw import record
from thaw.model.places import units

AGES = 102
SEXES = ("male", "female")
LOCALITIES = ("urban", "rural")
OPEN_AGE = 100
_CELLS = [(x, s, y, loc) for x, s in enumerate(SEXES) for y, loc in enumerate(LOCALITIES)]


def national(area: str, year: int) -> Float[np.ndarray, "age sex locality"]:
    """Return a census by single age to 99 and 100+, persons; unknown ages spread in proportion.

    ``area`` is USSR or RSFSR, ``year`` 1959 or 1970. Persons of 100+ stand at place 100.
    """
    table = record.table("census_age")
    rows = table[(table["area"] == area) & (table["census_year"] == year)]
    out = np.zeros((AGES, 2, 2))
    for x, sex, y, locality in _CELLS:
        part = rows[rows["locality"] == locality].set_index("age")
        single = part[part["age_kind"] == "single"]
        out[single.index.astype(int), x, y] = single[sex]
        out[OPEN_AGE, x, y] = part[part["age_kind"] == "open"][sex].sum()
        out[:, x, y] *= part.loc["total", sex] / out[:, x, y].sum()
    return out


def by_unit() -> Float[np.ndarray, "age sex locality unit"]:
    """Return the census of 1959 by unit: units of the RSFSR have its ages, the others the rest's.

    The age profile of a group is spread by the units' populations in towns and countryside.
    """
    union, inside = national("USSR", 1959), national("RSFSR", 1959)
    places = record.places(kind="unit").set_index("place_id").loc[list(units())]
    people = places["population_1959"].to_numpy(dtype=float)
    russian = (places["parent"] == "rsfsr").to_numpy()
    share = _urban_shares(places["parent"])
    out = np.zeros((*union.shape, len(people)))
    for mask, profile in ((russian, inside), (~russian, union - inside)):
        total, towns = profile.sum(), profile[:, :, 0].sum()
        size = np.where(mask, people, 0.0)
        size *= total / size.sum()
        urban = _meet(size * share, size, towns)
        both = np.stack([urban / towns, (size - urban) / (total - towns)])
        out += profile[..., None] * both
    return out


def towns_pull(
    census: Float[np.ndarray, "age sex locality unit"],
) -> Float[np.ndarray, " unit"]:
    """Return how strongly towns near by draw villagers: urban share over the union's, at most 1."""
    towns, everybody = census[:, :, 0].sum(axis=(0, 1)), census.sum(axis=(0, 1, 2))
    return np.minimum(towns / everybody * everybody.sum() / towns.sum(), 1.0)


def _urban_shares(republics: pandas.Series) -> Float[np.ndarray, " unit"]:
    table = record.table("republics")
    rows = table[table["year"] == 1959].set_index("place_id")
    share = (rows["urban_un"] / rows["population"]).astype(float)
    return republics.map(share).to_numpy(dtype=float)


def _meet(
    urban: Float[np.ndarray, " unit"], size: Float[np.ndarray, " unit"], total: float
) -> Float[np.ndarray, " unit"]:
    """Return town populations moved on the log-odds scale until they add up to ``total``."""
    share = np.clip(urban / np.maximum(size, 1.0), 1e-6, 1 - 1e-6)
    odds, low, high = share / (1 - share), 1e-3, 1e3
    for _ in range(200):
        middle = np.sqrt(low * high)
        moved = size * odds * middle / (1 + odds * middle)
        low, high = (middle, high) if moved.sum() < total else (low, middle)
    return moved * total / moved.sum()


def log_survival() -> tuple[
    Float[np.ndarray, "age sex locality"],
    Float[np.ndarray, "sex locality"],
    Float[np.ndarray, "sex locality"],
    Float[np.ndarray, "sex locality"],
]:
    """Return what the life tables of 1958-59 (union) say of one calendar year.

    Log survival from January to January by the age reached at the end (place 0 is 0: newborn are
    treated at birth; place 101 is the open age); log survival from birth to the next January; the
    share of the deaths of place 1 that fall before the first birthday; and the share of persons of
    100 and over who are above 100 in a stationary population.
    """
    yearly, birth = np.zeros((AGES, 2, 2)), np.zeros((2, 2))
    infant, above = np.zeros((2, 2)), np.zeros((2, 2))
    table = record.table("life_table")
    rows = table[table["area"] == "USSR"]
    for x, sex, y, locality in _CELLS:
        part = rows[(rows["sex"] == sex) & (rows["locality"] == locality)]
        part = part.iloc[part["age"].astype(int).argsort()]
        alive = part["lx"].to_numpy(dtype=float) / 1e5
        years, beyond = _years_lived(alive, *(float(part[name].iloc[-1]) for name in ("qx", "ex")))
        yearly[1 : OPEN_AGE + 1, x, y] = np.log(years[1:] / years[:-1])
        yearly[OPEN_AGE + 1, x, y] = np.log(beyond / (years[OPEN_AGE] + beyond))
        birth[x, y] = np.log(years[0])
        infant[x, y] = (years[0] - alive[1]) / (years[0] - years[1])
        above[x, y] = beyond / (years[OPEN_AGE] + beyond)
    return yearly, birth, infant, above


def _years_lived(
    alive: Float[np.ndarray, " age"], last_risk: float, last_years: float
) -> tuple[Float[np.ndarray, " age"], float]:
    """Return years lived at each age 0-100 of a table with radix 1, and years lived above 101.

    Deaths under one fall early: mean age 0.05 + 2.8 q years (Coale and Demeny 1983, recalled).
    """
    after = np.append(alive[1:], alive[-1] * (1 - last_risk))
    years = (alive + after) / 2
    dead = alive[0] - alive[1]
    years[0] = alive[1] + (0.05 + 2.8 * dead) * dead
    return years, alive[-1] * last_years - years[-1]


def fertility() -> Float[np.ndarray, "age locality"]:
    """Return births a year per woman by completed age, towns and countryside, union 1959.

    Urban and rural patterns are those of the RSFSR in 1959, raised at every age to the union's.
    """
    table = record.table("fertility")
    rows = table[table["year"] == 1959].set_index("area")
    columns = [name for name in table.columns if name.startswith("age_")]
    women = national("USSR", 1959)[:, 1]
    out = np.zeros((AGES, 2))
    for column in columns:
        first, last = (int(word) for word in column.removeprefix("age_").split("_"))
        ages = slice(first, last + 1)
        local = np.array([rows.loc["RSFSR urban", column], rows.loc["RSFSR rural", column]])
        size = women[ages].sum(axis=0)
        local = local if (local * size).sum() > 0 else np.ones(2)
        out[ages] = local * rows.loc["USSR", column] / 1000 * size.sum() / (local * size).sum()
    return out


def fertility_of_units(
    census: Float[np.ndarray, "age sex locality unit"], rates: Float[np.ndarray, "age locality"]
) -> Float[np.ndarray, " unit"]:
    """Return fertility of each unit relative to the union at equal age and locality.

    From the crude birth rates of republics in 1959, as ratios; births of the union are unchanged.
    """
    parents = record.places(kind="unit").set_index("place_id").loc[list(units())]["parent"]
    table = record.table("republics")
    crude = table[table["year"] == 1959].set_index("place_id")["cbr"]
    wanted = parents.map(crude).to_numpy(dtype=float) * census.sum(axis=(0, 1, 2))
    expected = (census[:, 1] * rates[..., None]).sum(axis=(0, 1))
    group = parents.astype("category").cat.codes.to_numpy()
    of_group = np.bincount(group, wanted) / np.bincount(group, expected)
    ratio = of_group[group]
    return ratio * expected.sum() / (ratio * expected).sum()


def moving_profile() -> Float[np.ndarray, "age sex"]:
    """Return the propensity to leave for town by age and sex, mean 1 over the rural union of 1959.

    Net arrivals in towns of the RSFSR 1955-58 over its rural population of 1959; ages 18-24 are
    taken together because call-up moves men of 19 out and those of 20-24 back.
    """
    table = record.table("migration_urban")
    rows = table[table["year"].between(1955, 1958) & ~table["age"].isin(["total", "unknown"])]
    signed = rows["thousand"] * rows["flow"].map({"arrivals": 1000.0, "departures": -1000.0})
    net = signed.groupby([rows["sex"], rows["age"]]).sum()
    rural = national("RSFSR", 1959)[:, :, 1]
    out = np.zeros((AGES, 2))
    for x, sex in enumerate(SEXES):
        for first, last, labels in _bands(net[sex].index):
            ages = slice(first, last + 1)
            arrived = sum(net[sex][label] for label in labels)
            out[ages, x] = max(arrived, 0.0) / rural[ages, x].sum()
    union = national("USSR", 1959)[:, :, 1]
    return out * union.sum() / (out * union).sum()


def _bands(labels: pandas.Index) -> list[tuple[int, int, list[str]]]:
    youth = ["18", "19", "20-24"]
    bands = [(18, 24, youth)]
    for label in labels.difference(youth):
        first, _, last = label.rstrip("+").partition("-")
        top = AGES - 1 if label.endswith("+") else int(last or first)
        bands.append((int(first), top, [label]))
    return bands
