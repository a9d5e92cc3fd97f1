"""Stand-ins for the rest of the world, so that one subsystem can be run and tested alone."""

from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np

from thaw import reforms
from thaw.model import exogenous, parameters
from thaw.model.randomness import Keys
from thaw.model.simulate import draw_keys, own
from thaw.model.subsystem import Levers, Names, View

P, K, S, G, B, A = 121, 4, 8, 3, 7, 4


def _f(value, *shape):
    return jnp.full(shape, float(value))


def world():
    """Return a quiet world near 1953: every variable of the coupling contract, constant."""
    ns = SimpleNamespace
    adults = jnp.stack([_f(7e6 / P, P), _f(18e6 / P, P), _f(100e6 / P, P)], axis=1)
    return {
        "people": ns(
            civil=_f(186e6 / P, P),
            urban=_f(80e6 / P, P),
            working_age=_f(110e6 / P, P),
            youth=_f(50e6 / P, P),
            adults=adults,
            prisoners=_f(2.4e6 / P / K, K, P),
            settlers=_f(2.7e6 / P / S, S, P),
            returnees=_f(0, 2, P),
            uprooted=_f(0.05, P),
            births=_f(4e5),
            deaths=_f(1.5e5),
            infant_deaths=_f(2.5e4),
            age17=_f(4e6),
            aware=_f(0, P, G),
            esteem=_f(0.8, P, G),
            trust=_f(0.3, P, G),
            legitimacy=_f(0.6, P),
            grievance=_f(0.3, P),
            kin_exposure=_f(0, P),
            acting=_f(0.001, P, A),
            convictions=_f(0, P),
            disturbances=_f(0, P),
            crowd=_f(0, P),
            homecomers=_f(0, P),
        ),
        "camps": ns(
            release_hazard=_f(0.03, K),
            death_hazard=_f(5e-4, K),
            admission=_f(1e4, K),
            settler_release=_f(0, S),
            queue=_f(0, 2),
            grant_rate=_f(0.1),
            waiting_time=_f(6),
            rehabilitated=_f(0, 2),
            rehabilitated_total=_f(0),
            crime=_f(1),
            revolts=_f(0),
            forced_labour=_f(1.6e6),
        ),
        "information": ns(
            official=_f(0, G),
            talk=_f(0, P, G),
            radio=_f(0, P),
            persuasion=_f(0.1, 3),
            reactance=_f(0.1, P, G),
            news=_f(0),
            public_abroad=_f(0),
            leak=_f(0, B),
            link=_f(1),
        ),
        "public": ns(
            fear=_f(0.7, P),
            arrest_risk=_f(0.1, P, A),
            severity=_f(1),
            act_intercept=_f(-6, P, A),
            act_slope=_f(1),
            conviction_ratio=_f(0.1, P),
            disturbance_hazard=_f(1e-3, P),
            crowd_exponent=_f(1.7),
            shootings=_f(0, P),
        ),
        "leadership": ns(
            line=_f(0),
            leader=_f(0),
            months_in_office=_f(12),
            leader_changed=_f(0),
            clients=_f(0.3),
            client_cc=_f(0.3),
            performance=_f(0),
            risk=_f(0.15),
            watch=_f(0.5),
            ouster=_f(0),
            challenge=_f(0),
            renewal=_f(0),
        ),
        "administration": ns(
            m_form=_f(0),
            split=_f(0),
            localism=_f(0),
            growth_effect=_f(0),
            efficiency=_f(1),
            stake_ministry=_f(0),
            stake_obkom=_f(0),
            regions=_f(0),
            apparatus=_f(1),
        ),
        "agriculture": ns(
            harvest=_f(82),
            harvest_gap=_f(0),
            food=_f(1),
            meat=_f(5.8),
            imports=_f(0),
            farm_income=_f(5),
            virgin_area=_f(0),
            recruits=_f(0, P),
            erosion=_f(0),
        ),
        "industry": ns(
            output=_f(1, 3),
            growth=_f(10),
            shortage=_f(0.1),
            premium=_f(1.2),
            consumption=_f(1),
            consumption_growth=_f(4),
            crowding=_f(1),
            hardship=_f(0.5, P),
            wage=_f(68),
            price_rise=_f(0),
            print_capacity=_f(1),
            tractors=_f(1),
            wages_gap=_f(1.8),
        ),
        "arts": ns(threshold=_f(0), boldness=_f(0), pressure=_f(0), samizdat=_f(0)),
        "science": ns(graduates=_f(200), researchers=_f(190), firsts=_f(0), prestige=_f(0)),
        "east_west": ns(
            cooperation=_f(0, 2),
            tension=_f(0),
            crisis=_f(0),
            humiliation=_f(0),
            defence_demand=_f(1),
            manpower=_f(5400),
            cuts=_f(0),
        ),
        "bloc": ns(
            unrest=_f(0, B),
            grievance=_f(0, B),
            opening=_f(0, B),
            intervened=_f(0, B),
            crisis=_f(0),
            refugees=_f(15),
            losses=_f(0),
        ),
        "backlash": ns(pressure=_f(0), order_demand=_f(0), restalinization=_f(0)),
        "legacy": ns(openness=_f(0)),
    }


def run_alone(
    subsystem,
    others=None,
    months=144,
    scenario="historical",
    params=None,
    draw=None,
    seed=0,
    rival=None,
    start=None,
    levers=None,
    decided=None,
):
    """Run one subsystem against constant (or dated) others; return (states, emissions).

    ``others``: {"people": {"civil": array or function(month) -> array}} replaces quiet values.
    ``params``: full or short names fixed to numbers; the rest stand at the mode (``draw=None``) or
    at prior draw number ``draw``. ``levers`` {short name: array [months, ...]} replaces paths.
    ``draw=None`` also means the skeleton path without random numbers; give draw for random ones.
    Returns states as one pytree with a leading axis of months + 1, and a dict with ``series``,
    ``events``, ``latent`` of numpy arrays over months.
    """
    name = subsystem.name
    paths = reforms.lever_paths(reforms.load_scenario(scenario), months)
    value = own(paths.value, f"lever.{name}") | dict(levers or {})
    decide = own(paths.decided, f"lever.{name}") | dict(decided or {})
    sample = parameters.modes() if draw is None else parameters.sample_prior(seed, draw + 1)
    chosen = {key: float(values[-1]) for key, values in own(sample, name).items()}
    chosen |= {key.split(".")[-1]: number for key, number in (params or {}).items()}
    key = None if draw is None else draw_keys(seed, np.array([draw]))[0]
    inputs = subsystem.inputs()
    years = exogenous.replayed_years(1, months)
    dated = {k: v[:months] for k, v in exogenous.monthly().items()}
    dated |= {k: v[0] for k, v in exogenous.weather_paths(years, months).items()}
    step = subsystem.step if rival is None else subsystem.rivals[rival]
    mine = Names(name, {k: jnp.asarray(v) for k, v in chosen.items()})

    def body(state, slices):
        month, now_value, now_decided, now = slices
        states = world()
        for owner, variables in (others or {}).items():
            for variable, given in variables.items():
                fixed = given(month) if callable(given) else jnp.asarray(given, jnp.float64)
                setattr(states[owner], variable, fixed)
        states[name] = state
        view = View(subsystem, states, month, now, inputs, set())
        lever = Levers(now_value, now_decided, set())
        after, info = step(view, lever, mine, Keys.of(key, month, name))
        shown = subsystem.observe(state, info, mine, inputs)
        groups = {
            kind: {k: jnp.asarray(v, jnp.float64) for k, v in getattr(shown, kind).items()}
            for kind in ("series", "events", "latent")
        }
        return after, (state, groups)

    begin = start if start is not None else subsystem.init(mine, inputs)
    begin = jax.tree.map(lambda x: jnp.asarray(x, jnp.float64), begin)
    slices = (jnp.arange(months), value, decide, dated)
    last, (states, shown) = jax.jit(lambda b, s: jax.lax.scan(body, b, s))(begin, slices)
    states = jax.tree.map(lambda s, end: np.concatenate([s, end[None]]), states, last)
    return states, jax.tree.map(np.asarray, shown)
