"""Citizens in a constant outside world, so that the kernel is tested without the other subsystems.

Run as a script it prints the digest after some months: ``quiet_world.py MONTHS BLOCK CORES``.
"""

import os
import sys

if __name__ == "__main__":
    os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[: int(sys.argv[3])]))

from functools import cache
from pathlib import Path

import jax
import jax.numpy as jnp

from thaw.model import parameters, simulate
from thaw.model.packing import Packed
from thaw.model.people import bridge, cohorts, fields, world
from thaw.model.randomness import Keys
from thaw.model.subsystem import Names, View

sys.path.insert(0, str(Path(__file__).parent))
import fakes

PEOPLE, SEED = 100_000, 7
PARAMS = parameters.modes()
OTHERS = {
    "information": {
        "official": jnp.array([0.4, 0.2, 0.02]),
        "talk": jnp.full((121, 3), 0.15),
        "radio": jnp.full(121, 0.01),
    },
    "camps": {
        "release_hazard": jnp.array([0.2, 0.05, 0.03, 0.04]),
        "settler_release": jnp.full(8, 0.03),
        "rehabilitated": jnp.array([2e3, 2e4]),
        "admission": jnp.array([2e4, 1e4, 500.0, 4e3]),
    },
    "agriculture": {"recruits": jnp.zeros(121).at[30:34].set(2e4)},
    "public": {
        "act_intercept": jnp.broadcast_to(jnp.array([-2.5, -6.0, -6.0, -5.0]), (121, 4)),
        "disturbance_hazard": jnp.full(121, 0.01),
        "conviction_ratio": jnp.full(121, 0.002),
    },
}


@cache
def outside():
    """Return the constant outside world, compiled."""
    subsystem = bridge.people_seen()
    inputs = subsystem.inputs()

    def month_of(states, month, paths, packed, key):
        params = packed.single()
        others = fakes.world()
        for owner, variables in OTHERS.items():
            for name, value in variables.items():
                setattr(others[owner], name, value)
        view = View(subsystem, {**others, "people": states["people"]}, month, {}, inputs, set())
        mine = Names("people", simulate.own(params, "people"))
        made, level = fields.fields(view, mine, Keys.of(key, month, "people"), False)
        return {}, Packed(jnp.zeros(0), ()), made, level

    return jax.jit(month_of)


@cache
def start():
    """Return the people of January 1953 as cohorts."""
    subsystem = bridge.people_seen()
    mine = {name: float(value[0]) for name, value in simulate.own(PARAMS, "people").items()}
    inputs = subsystem.inputs()
    made = jax.jit(lambda p: cohorts.init(Names("people", p), inputs))(mine)
    return {"people": jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.float64), made)}


def given(months=12, people=PEOPLE):
    """Return the arguments of world.begin and world.origin."""
    structure = simulate.Structure(months, names=("people",))
    return structure, simulate.Plan({}, {}, {}, {}), PARAMS, SEED, people


def begin(people=PEOPLE, **options):
    """Return citizens in the quiet world."""
    return world.begin(*given(people=people), outside=outside(), states=start(), **options)


def run(months, **options):
    """Return citizens after some months."""
    made = begin(**options)
    for _ in range(months):
        world.step(made)
    return made


if __name__ == "__main__":
    print(run(int(sys.argv[1]), block=int(sys.argv[2])).digest())
