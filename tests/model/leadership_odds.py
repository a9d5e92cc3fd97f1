"""Prior odds of the five decisions: history is replayed to a date, then the model decides."""

import jax
import jax.numpy as jnp
import numpy as np
from fakes import run_alone, world

from thaw import reforms
from thaw.model import exogenous, parameters
from thaw.model.clock import month_index
from thaw.model.randomness import Keys
from thaw.model.simulate import draw_keys, own
from thaw.model.subsystem import Levers, Names, View
from thaw.model.subsystems import administration, leadership
from thaw.model.subsystems.leadership_people import names

MONTHS = 168
PATHS = reforms.lever_paths(reforms.load_scenario("historical"), MONTHS)
DATED = {k: jnp.asarray(v[:MONTHS]) for k, v in exogenous.monthly().items()}


def stakes():
    """Return the historical path of what administration tells leadership, at prior modes."""
    states, _ = run_alone(administration.SUBSYSTEM, months=MONTHS)
    return {
        k: jnp.asarray(getattr(states, k)[:MONTHS])
        for k in ("m_form", "stake_ministry", "stake_obkom")
    }


def simulator(others, rival=None):
    """Return f(start, keys, params) -> (events, states) by draw; compiled once for every start."""
    subsystem, inputs = leadership.SUBSYSTEM, leadership.SUBSYSTEM.inputs()
    step = subsystem.step if rival is None else subsystem.rivals[rival]
    values = {k: jnp.asarray(v) for k, v in own(PATHS.value, "lever.leadership").items()}
    deciding = ("removal", "challenge", "turnover_rule")

    def one(start, key, sample):
        params = Names("leadership", sample, set())

        def body(state, slices):
            month, value, dated, given = slices
            states = world()
            for variable, number in given.items():
                setattr(states["administration"], variable, number)
            states["leadership"] = state
            view = View(subsystem, states, month, dated, inputs, set())
            decided = {
                k: jnp.full(v.shape, (month >= start) * (k in deciding) * 1.0)
                for k, v in value.items()
            }
            after, info = step(
                view, Levers(value, decided, set()), params, Keys.of(key, month, "leadership")
            )
            return after, (info, after)

        begin = jax.tree.map(lambda x: jnp.asarray(x, jnp.float64), subsystem.init(params, inputs))
        return jax.lax.scan(body, begin, (jnp.arange(MONTHS), values, DATED, others))[1]

    return jax.jit(jax.vmap(one, in_axes=(None, 0, 0)))


def draws(count, seed=0):
    """Return keys and prior parameters of ``count`` draws."""
    sample = own(parameters.sample_prior(seed, count), "leadership")
    return draw_keys(seed, np.arange(count)), {k: jnp.asarray(v) for k, v in sample.items()}


WINDOWS = {
    "june 1953: security chief removed within a year": ("1953-04", "1954-03", "beria"),
    "january 1955: premier removed within two years": ("1953-04", "1955-03", "malenkov"),
    "june 1957: move against the leader within the year": ("1957-01", "1957-12", "challenge"),
    "june 1957: leader falls within the year": ("1957-01", "1957-12", "ouster"),
    "october 1957: defence minister removed within a year": ("1957-07", "1958-06", "zhukov"),
    "october 1964: leader falls within the year": ("1964-01", "1964-12", "ouster"),
    "october 1964: leader falls within 1958-64": ("1958-01", "1964-12", "ouster"),
}
"""Windows fixed before looking: a year (two for the premier), from the month the post was held."""


def odds(count=200, seed=0, rival=None):
    """Return the prior probability of each decision within its window."""
    run, (keys, sample) = simulator(stakes(), rival), draws(count, seed)
    found = {}
    for title, (first, last, what) in WINDOWS.items():
        start, end = month_index(first), month_index(last)
        info, states = run(start, keys, sample)
        if what in ("challenge", "ouster"):
            happened = np.asarray(getattr(info, what))[:, start : end + 1].max(axis=1)
        else:
            happened = np.asarray(states.demoted)[:, end, names().index(what)]
        found[title] = float(happened.mean())
    return found


def replay(count=200, seed=0):
    """Return (info, states) by draw with every decision as recorded."""
    run, (keys, sample) = simulator(stakes()), draws(count, seed)
    return run(MONTHS + 1, keys, sample)
