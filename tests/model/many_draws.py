"""Run one subsystem alone over many prior draws, compiled once for many worlds."""

from functools import cache
from importlib import import_module

import jax
import jax.numpy as jnp
import numpy as np
from alone import _paths, quiet

from thaw import reforms
from thaw.model import exogenous, parameters, registry
from thaw.model.randomness import Keys
from thaw.model.simulate import draw_keys, own
from thaw.model.subsystem import Levers, Names, View
from thaw.reforms.menu import policies


@cache
def compiled(name, rival):
    """Return the compiled batch of scans; keys and parameters vary by draw, the world does not."""
    subsystem = import_module(registry.MODULES[name]).SUBSYSTEM
    step = registry.step_of(subsystem, rival)
    inputs = subsystem.inputs()

    def one(key, params, slices):
        names = Names(name, params)

        def body(state, now):
            month, value, decided, dated, changed, doses = now
            states = quiet()
            for owner, variables in changed.items():
                vars(states[owner]).update(variables)
            states[name] = state
            view = View(subsystem, states, month, dated, inputs, set())
            keys = Keys.of(key, month, name)
            after, info = step(view, Levers(value, decided, set(), doses), names, keys)
            shown = subsystem.observe(state, info, names, inputs)
            return after, (state, info, shown.series, shown.events)

        begin = jax.tree.map(lambda x: jnp.asarray(x, jnp.float64), subsystem.init(names, inputs))
        return jax.lax.scan(body, begin, slices)[1]

    return jax.jit(jax.vmap(one, in_axes=(0, 0, None)))


def run_many(
    subsystem,
    draws=64,
    months=96,
    others=None,
    levers=None,
    decided=None,
    params=None,
    rival=None,
    menu=None,
):
    """Return (states, infos, series, events) with leading axes draw and month.

    ``others``, ``levers`` and ``decided`` are as in ``alone.run``; ``params`` fixes parameters;
    ``menu`` [month, reform] holds the doses of reforms that the model may adopt.
    """
    name = subsystem.name
    paths = reforms.lever_paths(reforms.load_scenario("historical"), months)
    value = own(paths.value, f"lever.{name}") | dict(levers or {})
    decide = own(paths.decided, f"lever.{name}") | dict(decided or {})
    sample = own(parameters.sample_prior(0, draws), name)
    sample |= {key: np.full(draws, float(number)) for key, number in (params or {}).items()}
    dated = {key: series[:months] for key, series in exogenous.monthly().items()}
    years = exogenous.replayed_years(1, months)
    dated |= {key: rain[0] for key, rain in exogenous.weather_paths(years, months).items()}
    changed = _paths(subsystem, others or {}, months)
    doses = np.zeros((months, len(policies()))) if menu is None else menu
    slices = (np.arange(months), value, decide, dated, changed, doses)
    return jax.device_get(compiled(name, rival)(draw_keys(0, np.arange(draws)), sample, slices))
