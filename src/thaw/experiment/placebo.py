"""Placebos: how often the labels find an effect where there is none.

A mechanism is a reform, the parameters through which it acts, and what it should move.

1. Pools: prior draws of the world with every reform, without one, and with that one at a date that
   had none of its kind. The model decides responses from the same month on in all worlds.
2. Priors: as given; sign-free, where every mechanism's parameters are multiplied by a number
   between -1 and 1; open, where they are kept, turned or zero in a third of the draws each; and
   either way, where they are kept or turned. The last has no room for "none", so a record that
   shows none still chooses a side: the worst case.
3. Synthetic histories: held-out draws, read with the error of the record, in which the mechanism's
   parameters are neutral, or in which its reform never happened.
4. Refit: importance weights of the pool against the synthetic record of what the mechanism reaches
   (see :mod:`thaw.experiment.refit`), tempered until enough draws count (Del Moral and others
   2012), thinned to equal draws; the labels are those of a comparison, from these draws.
5. The true effect is zero, so a label "necessary", "sufficient" or "contributory" is false.
6. Power: the same on held-out draws in which the mechanism acts either way; without it a low rate
   of false labels would show nothing.
7. Blind outcomes: what no coupling can have carried the reform to must be labelled "no effect".
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

from thaw import reforms
from thaw.experiment import abduction, effects, labels, refit
from thaw.experiment.outcomes import Outcome, observed
from thaw.experiment.run import Progress
from thaw.experiment.summaries import sign_probability
from thaw.model import observation, parameters, registry, simulate
from thaw.model.clock import month_index
from thaw.model.parameters import Sample
from thaw.model.randomness import name_code
from thaw.model.simulate import Trace

Numbers = Float[np.ndarray, " draw"]

MONTHS = 144
DECIDED_FROM = 2
"""March 1953: the model decides responses from then on in every world."""
FEWEST = 25.0
"""Effective draws that tempering leaves."""
HORIZONS = (12, 36)
SEED, HELD_OUT = 0, 1
POSITIVE = (labels.NECESSARY, labels.SUFFICIENT, labels.CONTRIBUTORY)
GIVEN, SIGN_FREE, OPEN, EITHER = "as given", "sign-free", "open", "either way"
FACTORS: dict[str, Callable[[Numbers], Numbers]] = {
    GIVEN: np.ones_like,
    SIGN_FREE: lambda u: 2.0 * u - 1.0,
    OPEN: lambda u: np.floor(3.0 * u) - 1.0,
    EITHER: lambda u: np.where(u < 0.5, -1.0, 1.0),
}
"""Prior -> factors of a mechanism's parameters, from uniform numbers in [0, 1)."""
NEUTRAL, NEVER, WRONG_DATE, ACTS = "neutral", "never acted", "wrong date", "acts"


@dataclasses.dataclass(frozen=True)
class Mechanism:
    """A reform and the parameters by which it acts.

    ``outcomes`` and ``events`` are labelled, ``outcomes`` and ``beside`` make the record of the
    refit; ``shift`` moves the reform by months to a date that had none of its kind.
    """

    name: str
    reform: str
    shift: int
    parameters: tuple[str, ...]
    outcomes: tuple[tuple[str, str], ...]
    beside: tuple[tuple[str, str], ...] = ()
    events: tuple[tuple[str, str], ...] = ()

    @property
    def start(self) -> int:
        """The month of the reform."""
        return month_index(reforms.reform(self.reform).start[:7])


_MILK, _MEAT = ("agriculture.milk", "USSR"), ("agriculture.meat", "USSR")
_GRAIN, _EGGS = ("agriculture.grain_harvest", "USSR"), ("agriculture.eggs", "USSR")
_OUTPUT, _POWER = ("industry.output_index_official", "USSR"), ("industry.electricity", "USSR")
_LIBERTY = "bloc.civil_liberties_index"
_COUNCILS = ("growth_effect", "transition_cost", "local_gain", "cross_loss", "effort")

MECHANISMS = (
    Mechanism(
        "farm prices and output",
        "procurement_prices_1953",
        72,
        ("agriculture.price_elasticity",),
        (_MILK, _GRAIN),
        (_MEAT, _EGGS),
    ),
    Mechanism(
        "squeeze on plots and animals",
        "plot_squeeze",
        18,
        ("agriculture.plot_restrict",),
        (_MEAT, _MILK),
        (_EGGS,),
    ),
    Mechanism(
        "regional councils and growth",
        "sovnarkhozy",
        36,
        tuple(f"administration.{name}" for name in _COUNCILS),
        (_OUTPUT,),
        (_POWER,),
    ),
    Mechanism(
        "split of the party and growth",
        "bifurcation_1962",
        -36,
        ("administration.bifurcation_effect", "administration.transition_cost"),
        (_OUTPUT,),
        (_POWER,),
    ),
    Mechanism(
        "text of the speech and unrest abroad",
        "secret_speech",
        44,
        ("bloc.o_leak",),
        ((_LIBERTY, "Poland"), (_LIBERTY, "Hungary")),
        ((_LIBERTY, "Czechoslovakia"), ("eastwest.gdr_refugees", "East Germany")),
        (("bloc_unrest", "Poland"), ("bloc_unrest", "Hungary"), ("intervention", "Hungary")),
    ),
    Mechanism(
        "concessions and votes of the United Nations",
        "geneva_opening_1955",
        54,
        ("east_west.act", "east_west.grit"),
        (("eastwest.unga_distance_usa_ussr", "USA-USSR"),),
    ),
)
"""Mechanisms whose reform moves nothing of their outcomes once their parameters are neutral."""


@dataclasses.dataclass(frozen=True)
class Size:
    """Draws of a pool, and synthetic histories of each kind and mechanism."""

    pool: int = 256
    histories: int = 20


@dataclasses.dataclass(frozen=True)
class Placebos:
    """What came out.

    ``labels``: one row per kind of history, prior, mechanism, history, outcome and month, with
    label, true effect, effective draws and tempering. ``blind``: one row per reform with values
    that could not respond, and how many of them were not labelled so.
    """

    labels: pd.DataFrame
    blind: pd.DataFrame


Worlds = dict[tuple[str, str], Trace]
"""(reform, what became of it) -> trace; ("", "") is the world with every reform."""


def placebos(
    size: Size | None = None,
    mechanisms: tuple[Mechanism, ...] = MECHANISMS,
    priors: Sequence[str] = tuple(FACTORS),
    progress: Progress | None = None,
) -> Placebos:
    """Return labels on synthetic histories and on outcomes that cannot respond."""
    chosen = size or Size()
    held_out = parameters.sample_prior(HELD_OUT, chosen.histories)
    base = parameters.sample_prior(SEED, chosen.pool)
    truths = {m.name: _histories(m, held_out, mechanisms) for m in mechanisms}
    rows: list[dict[str, Any]] = []
    blind: list[dict[str, Any]] = []
    for done, prior in enumerate(priors, start=1):
        pool = _pool(signs(base, mechanisms, SEED, prior), mechanisms)
        for mechanism in mechanisms:
            for kind, truth in truths[mechanism.name].items():
                if prior != GIVEN or kind != ACTS:
                    found = _labelled(mechanism, kind, truth, pool)
                    rows += [{"kind": kind, "prior": prior, **row} for row in found]
            if prior == GIVEN:
                blind.append(_blind(mechanism, pool))
        if progress is not None:
            progress(done, len(priors))
    return Placebos(pd.DataFrame(rows), pd.DataFrame(blind))


def signs(
    sample: Sample, mechanisms: tuple[Mechanism, ...], seed: int, prior: str = EITHER
) -> Sample:
    """Return a sample in which each mechanism's parameters are multiplied by a factor of the prior.

    It is drawn for every mechanism and draw, the same for all parameters of the mechanism; keyed by
    the last of their names, so that mechanisms which share one have one sign.
    """
    changed = dict(sample)
    draws = len(next(iter(sample.values())))
    for mechanism in mechanisms:
        code = name_code(max(mechanism.parameters))
        generator = np.random.Generator(np.random.Philox(key=[seed, code]))
        factor = FACTORS[prior](generator.random(draws))
        changed.update({name: sample[name] * factor for name in mechanism.parameters})
    return changed


def world(scenario: reforms.Scenario, sample: Sample, seed: int) -> Trace:
    """Return the trace of a scenario over draws of parameters, without its latent states."""
    months = MONTHS + 1
    paths = reforms.lever_paths(scenario, months, DECIDED_FROM)
    trace = simulate.replayed(paths, months, sample, seed)
    return {"series": trace["series"], "events": trace["events"], "latent": {}}


def _history() -> reforms.Scenario:
    return reforms.load_scenario("historical").with_mode("do")


def _pool(sample: Sample, mechanisms: tuple[Mechanism, ...]) -> Worlds:
    """Return the worlds of all mechanisms over the draws of a pool."""
    history = _history()
    found = {("", ""): world(history, sample, SEED)}
    for m in mechanisms:
        found[m.reform, NEVER] = world(history.without(m.reform), sample, SEED)
        found[m.reform, WRONG_DATE] = world(history.shift(m.reform, m.shift), sample, SEED)
    return found


def _histories(
    mechanism: Mechanism, sample: Sample, mechanisms: tuple[Mechanism, ...]
) -> dict[str, effects.Pair]:
    """Return each kind of synthetic history, with the world without the reform beside it."""
    history, absent = _history(), _history().without(mechanism.reform)
    still = {**sample, **{name: np.zeros_like(sample[name]) for name in mechanism.parameters}}
    either = signs(sample, mechanisms, HELD_OUT)
    never = world(absent, sample, HELD_OUT)
    return {
        NEUTRAL: (world(history, still, HELD_OUT), world(absent, still, HELD_OUT)),
        NEVER: (never, never),
        WRONG_DATE: (never, never),
        ACTS: (world(history, either, HELD_OUT), world(absent, either, HELD_OUT)),
    }


def _labelled(
    mechanism: Mechanism, kind: str, truth: effects.Pair, pool: Worlds
) -> Iterator[dict[str, Any]]:
    """Yield the labels on every synthetic history of one kind."""
    shifted = kind == WRONG_DATE
    with_it = pool[(mechanism.reform, WRONG_DATE) if shifted else ("", "")]
    pair = (with_it, pool[mechanism.reform, NEVER])
    since = mechanism.start + (mechanism.shift if shifted else 0)
    for number, far in enumerate(_distances(mechanism, pair, truth[0], since)):
        weights, width = refit.tempered(far, FEWEST)
        kept = abduction.thinned(weights)
        head = {
            "mechanism": mechanism.name,
            "history": number,
            "effective": abduction.effective(weights),
            "width": width,
        }
        for row in _of_series(mechanism, pair, kept, since, truth, number):
            yield {**head, **row}
        for row in _of_events(mechanism, pair, kept, truth, number):
            yield {**head, **row}


def _of_series(
    mechanism: Mechanism,
    pair: effects.Pair,
    kept: Int[np.ndarray, " kept"],
    since: int,
    truth: effects.Pair,
    number: int,
) -> Iterator[dict[str, Any]]:
    for key in mechanism.outcomes:
        outcome = Outcome("series", *key)
        for at in _stamps(outcome, since):
            effect = effects.difference(pair, outcome, at)
            known, mine = sign_probability(effect), effect[kept]
            level = float(np.median(outcome.read(pair[0], at)[kept]))
            beyond = sign_probability(mine, outcome.least(level))
            true = float(effects.difference(truth, outcome, at)[number])
            yield {
                "outcome": f"{key[0]}@{key[1]}",
                "month": at,
                "label": labels.of_effect(sign_probability(mine), beyond, known),
                "right": bool(np.median(mine) * true > 0.0),
                "series": True,
                "truth": true / float(np.abs(outcome.read(truth[0], at)).mean()),
            }


def _stamps(outcome: Outcome, since: int) -> list[int]:
    """Return the first stamps 12 and 36 months after a reform, the last stamp where none is."""
    stamps = outcome.stamps(MONTHS)
    return sorted({next((a for a in stamps if a >= since + h), stamps[-1]) for h in HORIZONS})


def _of_events(
    mechanism: Mechanism,
    pair: effects.Pair,
    kept: Int[np.ndarray, " kept"],
    truth: effects.Pair,
    number: int,
) -> Iterator[dict[str, Any]]:
    prior = _only(pair, mechanism.events, np.arange(len(_counts(pair[0]))))
    chosen = _only(pair, mechanism.events, kept)
    true = effects.event_table(_only(truth, mechanism.events, np.array([number])), MONTHS)
    rows = effects.event_table(chosen, MONTHS, prior)
    for i, row in rows.iterrows():
        fact = true.loc[i]
        moved = fact["probability_a"] - fact["probability_b"]
        yield {
            "outcome": f"{row['family']}@{row['place']}",
            "month": MONTHS - 1,
            "label": row["label"],
            "right": bool((row["probability_a"] - row["probability_b"]) * moved > 0.0),
            "series": False,
            "truth": float(moved),
        }


def _counts(trace: Trace) -> Float[np.ndarray, "draw month"]:
    return next(iter(trace["events"].values()))


def _only(
    pair: effects.Pair, events: tuple[tuple[str, str], ...], draws: Int[np.ndarray, " kept"]
) -> Any:
    return tuple({"events": {key: trace["events"][key][draws] for key in events}} for trace in pair)


def _distances(
    mechanism: Mechanism, pair: effects.Pair, truth: Trace, since: int
) -> Float[np.ndarray, "history draw"]:
    """Return how far every draw of a pool is from every history in the effect that is predicted."""
    keys = (*mechanism.outcomes, *mechanism.beside)
    first = Outcome("series", *mechanism.outcomes[0])
    effect = effects.difference(pair, first, _stamps(first, since)[-1])
    shown = refit.records(pair[0], keys, MONTHS, SEED)
    told, true = refit.predicted(shown, effect, refit.records(truth, keys, MONTHS, HELD_OUT))
    return true[:, None] - told[None, :]


def _blind(mechanism: Mechanism, pool: Worlds) -> dict[str, Any]:
    """Return how many values that the reform cannot have reached are labelled all the same."""
    pair = (pool["", ""], pool[mechanism.reform, NEVER])
    away = steps_away(mechanism.reform)
    found = []
    for outcome in observed():
        first = mechanism.start + away.get(outcome.subsystem, MONTHS)
        for at in outcome.stamps(MONTHS):
            if _last_month(outcome, at) < first:
                effect = effects.difference(pair, outcome, at)
                found.append(sign_probability(effect) > 0.0)
    return {"reform": mechanism.reform, "values": len(found), "labelled": int(sum(found))}


def _last_month(outcome: Outcome, at: int) -> int:
    """Return the last month that a value at a stamp looks at."""
    kind = observation.observables()[outcome.name, outcome.place].stamp
    after = {"year_end": 1, "episode_sum": 2, "waiting_time": MONTHS, "annual_mean": 11}
    return at + after.get(kind, 0)


@cache
def steps_away(reform: str) -> dict[str, int]:
    """Return how many couplings lie between a reform's levers and each subsystem it can reach.

    Every coupling takes a month; a subsystem that is not named is never reached.
    """
    owners = {lever.name: lever.subsystem for lever in reforms.levers()}
    found = {owners[path.lever]: 0 for path in reforms.reform(reform).moves}
    front = set(found)
    while front:
        reached = {
            name
            for name, subsystem in registry.subsystems().items()
            if name not in found and any(read.split(".")[0] in front for read in subsystem.reads)
        }
        steps = max(found.values()) + 1
        found.update(dict.fromkeys(reached, steps))
        front = reached
    return found
