"""Run one subsystem alone as ``fakes.run_alone`` does, but compile once for many worlds."""

from functools import cache
from importlib import import_module

import jax
import jax.numpy as jnp
import numpy as np
from fakes import world

from thaw import reforms
from thaw.model import exogenous, parameters, registry
from thaw.model.randomness import Keys
from thaw.model.simulate import draw_keys, own
from thaw.model.subsystem import Levers, Names, View


def quiet():
    """Return the quiet world, with the homecomers of people beside the contract's variables."""
    states = world()
    states["people"].homecomers = jnp.zeros(121)
    return states


@cache
def compiled(name, rival, random):
    """Return the compiled scan: levers, other states, parameters and keys are arguments."""
    subsystem = import_module(registry.MODULES[name]).SUBSYSTEM
    step = registry.step_of(subsystem, rival)
    inputs = subsystem.inputs()

    @jax.jit
    def scan(key, params, slices):
        names = Names(subsystem.name, params)

        def body(state, now):
            month, value, decided, dated, changed = now
            states = quiet()
            for owner, variables in changed.items():
                vars(states[owner]).update(variables)
            states[subsystem.name] = state
            view = View(subsystem, states, month, dated, inputs, set())
            keys = Keys.of(key if random else None, month, subsystem.name)
            after, info = step(view, Levers(value, decided, set()), names, keys)
            shown = subsystem.observe(state, info, names, inputs)
            return after, (state, shown.series, shown.events)

        begin = jax.tree.map(lambda x: jnp.asarray(x, jnp.float64), subsystem.init(names, inputs))
        last, (states, series, events) = jax.lax.scan(body, begin, slices)
        return jax.tree.map(lambda s, end: jnp.concatenate([s, end[None]]), states, last), {
            "series": series,
            "events": events,
        }

    return scan


def run(
    subsystem, months, others=None, levers=None, decided=None, draw=None, params=None, rival=None
):
    """Return states (months + 1) and emissions; arguments as in ``fakes.run_alone``.

    Every variable that the subsystem reads is passed as a path, so worlds share compiled code.
    """
    paths = reforms.lever_paths(reforms.load_scenario("historical"), months)
    value = own(paths.value, f"lever.{subsystem.name}") | dict(levers or {})
    decide = own(paths.decided, f"lever.{subsystem.name}") | dict(decided or {})
    sample = parameters.modes() if draw is None else parameters.sample_prior(0, draw + 1)
    chosen = {k: float(v[-1]) for k, v in own(sample, subsystem.name).items()} | (params or {})
    key = draw_keys(0, np.array([draw or 0]))[0]
    dated = {name: series[:months] for name, series in exogenous.monthly().items()}
    changed = _paths(subsystem, others or {}, months)
    slices = (jnp.arange(months), value, decide, dated, changed)
    return jax.device_get(compiled(subsystem.name, rival, draw is not None)(key, chosen, slices))


def _paths(subsystem, others, months):
    constant, found = quiet(), {}
    for read in subsystem.reads:
        owner, name = read.split(".")
        if owner == "exogenous":
            continue
        given = others.get(owner, {}).get(name, getattr(constant[owner], name))
        if callable(given):
            path = np.stack([np.asarray(given(month)) for month in range(months)])
        else:
            given = np.asarray(given, dtype=np.float64)
            path = np.broadcast_to(given, (months, *given.shape))
        found.setdefault(owner, {})[name] = path
    return found
