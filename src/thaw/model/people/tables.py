"""Static inputs of people: everything that the record says and no parameter changes."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Array, Float, Int

from thaw import record
from thaw.model.people import census, custody
from thaw.model.places import units

Recorded = np.ndarray | Array
"""An array of the record: NumPy as it is read, JAX inside a compiled model."""


class Inputs(NamedTuple):
    """Arrays from the record; persons unless said, rates a year unless said."""

    census: Float[Recorded, "age sex locality unit"]
    log_survival: Float[Recorded, "age sex locality"]
    log_birth_survival: Float[Recorded, "sex locality"]
    infant_share: Float[Recorded, "sex locality"]
    above_share: Float[Recorded, "sex locality"]
    fertility: Float[Recorded, "age locality"]
    fertility_place: Float[Recorded, " unit"]
    moving_profile: Float[Recorded, "age sex"]
    town_weight: Float[Recorded, " unit"]
    pull: Float[Recorded, " unit"]
    republic: Int[Recorded, " unit"]
    camp_share: Float[Recorded, " unit"]
    colony_share: Float[Recorded, " unit"]
    colonies: float
    prisoner_share: Float[Recorded, " unit"]
    prisoners_1959: Float[Recorded, " unit"]
    settlers: Float[Recorded, "group unit"]
    homes: Float[Recorded, "group unit"]
    party: float


@cache
def republics() -> tuple[tuple[str, str], ...]:
    """Return (place id, name) of the fifteen republics in a fixed order."""
    rows = record.places(kind="republic").sort_values("place_id")
    return tuple(zip(rows["place_id"], rows["name"], strict=True))


@cache
def load() -> Inputs:
    """Return the static inputs, read once."""
    by_unit = census.by_unit()
    population, towns = by_unit.sum(axis=(0, 1, 2)), by_unit[:, :, 0].sum(axis=(0, 1))
    yearly, birth, infant, above = census.log_survival()
    rates = census.fertility()
    parents = record.places(kind="unit").set_index("place_id").loc[list(units())]["parent"]
    held = custody.prisoners_by_unit(1953, population)
    order = [place_id for place_id, _ in republics()]
    return Inputs(
        census=by_unit,
        log_survival=yearly,
        log_birth_survival=birth,
        infant_share=infant,
        above_share=above,
        fertility=rates,
        fertility_place=census.fertility_of_units(by_unit, rates),
        moving_profile=census.moving_profile(),
        town_weight=towns / towns.sum(),
        pull=census.towns_pull(by_unit),
        republic=np.array([order.index(parent) for parent in parents]),
        camp_share=custody.camps_by_unit(1953),
        colony_share=population / population.sum(),
        colonies=custody.stock("gulag.prisoners_itk", "1953-01-01"),
        prisoner_share=held / held.sum(),
        prisoners_1959=custody.prisoners_by_unit(1959, population),
        settlers=custody.settlers_1953(population - towns),
        homes=custody.homes(),
        party=custody.stock("party.cpsu_members", "1953-01-01"),
    )
