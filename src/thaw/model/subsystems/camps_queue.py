"""The register of cases: petitions, bodies of limited capacity, outcomes, regional inconsistency.

Part of the subsystem camps; the contract is docs/model/camps.md. Cases are of two kinds, living and
dead. Three bodies decide: the commissions of 1954 (living prisoners from the register), travelling
commissions (whoever is in the camps), courts and procuracy (both kinds by priority).
"""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from thaw.model.randomness import Keys

Pair = Float[Array, " kinds"]
"""One number for living and one for dead cases."""
Scalar = Float[Array, ""]
ClassArray = Float[Array, " classes"]

REFUSE, REDUCE, RELEASE, REHABILITATE = range(4)
NINTH_DECILE = 1.2815515655446004
"""The 90th percentile of a standard normal."""
LOGISTIC_VARIANCE = math.pi**2 / 3.0


@dataclasses.dataclass(frozen=True)
class Decided:
    """What all bodies decided in one month; persons, and the state of the register after it."""

    queue: Pair
    unasked: Scalar
    refused: Pair
    closed: Pair
    waits: Pair
    grant_rate: Scalar
    rehabilitated: Pair
    leaving: ClassArray
    reviewed_1954: Scalar
    refused_1954: Scalar
    released_1954: Scalar
    reviewed_1956: Scalar
    released_1956: Scalar
    refused_courts: Scalar


def arrivals(view: Any, registering: Scalar, params: Any) -> tuple[Pair, Pair]:
    """Return (first petitions, second petitions) that enter the register this month.

    Living cases not yet in the register are prisoners and returnees of the two political classes;
    ``registering`` is the part of the 1954 commissions at work, which enter cases without petition.
    """
    own = view.own
    keen = jnp.exp(
        jnp.log(params.petition_news_mult) * view.information.news + params.b_succ * own.grant_rate
    )
    persons = jnp.sum(view.people.prisoners[2:]) + jnp.sum(view.people.returnees[1])
    living = jnp.maximum(persons - own.queue[0] - own.refused[0] - own.closed[0], 0.0)
    hazard = params.petition_rate * keen * jnp.stack([jnp.ones(()), params.kin_ratio])
    hazard = hazard + jnp.stack([params.register_rate * registering, jnp.zeros(())])
    eligible = jnp.stack([living, own.unasked])
    return eligible * -jnp.expm1(-hazard), own.refused * -jnp.expm1(-1.0 / params.second_wait)


def priorities(waits: Pair, collaborators: Scalar, params: Any) -> Pair:
    """Return the priority of the average living and dead case before the courts.

    The living have their life and a file at hand, less where the case is one of collaboration; the
    dead have former rank and party membership; each gains by the months its kind has waited.
    """
    living = params.a_alive + params.a_file - params.a_mil * collaborators
    dead = params.a_rank * params.rank_dead + params.a_party * params.party_dead
    return jnp.stack([living, dead]) + waits / params.tau_q


def serve(queue: Pair, capacity: Scalar, priority: Pair) -> Pair:
    """Return cases served of each kind: shares by queue and priority, never more than waits."""
    weight = queue * jnp.exp(priority - jnp.max(priority))
    first = jnp.minimum(queue, capacity * weight / jnp.maximum(jnp.sum(weight), 1e-9))
    left = queue - first
    spare = capacity - jnp.sum(first)
    return first + left * jnp.clip(spare / jnp.maximum(jnp.sum(left), 1e-9), 0.0, 1.0)


def outcome_shares(
    line: Scalar, travelling: float, unit: Float[Array, " units"], params: Any
) -> Float[Array, "outcomes units"]:
    """Return shares of refuse, reduce, release, rehabilitate in each unit.

    Logits against refusal: the shares of the 1954-55 commissions at the line of those years, moved
    by the line, by the travelling type for release, and by the unit's habit (standard normal).
    """
    refuse, release = params.review_refuse_1954, params.review_release_1954
    rehabilitate = params.review_rehab_1954
    reduce = jnp.maximum(1.0 - refuse - release - rehabilitate, 0.01)
    base = jnp.log(jnp.stack([reduce, release, rehabilitate]) / refuse)
    base = base + params.delta_1956 * travelling * jnp.array([0.0, 1.0, 0.0])
    moved = params.gamma_line * (line - params.line_reference) + params.sd_region * unit
    logits = jnp.concatenate([jnp.zeros((1, unit.shape[0])), base[:, None] + moved[None, :]])
    return jax.nn.softmax(logits, axis=0)


def court_share(line: Scalar, unit: Float[Array, " units"], params: Any) -> Float[Array, " units"]:
    """Return the share of court cases that end in rehabilitation, by unit (line 1: 1956)."""
    return jax.nn.sigmoid(
        params.court_grant + params.gamma_line * (line - 1.0) + params.sd_region * unit
    )


def intraclass_correlation(params: Any) -> Scalar:
    """Return the share of the variance of a favourable outcome that lies between units."""
    return params.sd_region**2 / (params.sd_region**2 + LOGISTIC_VARIANCE)


def inconsistency(line: Scalar, params: Any) -> Scalar:
    """Return the ratio of grant rates of commissions at the 90th and 10th percentile of habits."""
    strict, mild = outcome_shares(line, 0.0, jnp.array([-NINTH_DECILE, NINTH_DECILE]), params)[0]
    return (1.0 - mild) / jnp.maximum(1.0 - strict, 1e-6)


def weighted(
    values: Float[Array, "*others units"], weight: Float[Array, " units"]
) -> Float[Array, "*others"]:
    """Return the mean over units with the given weights, plain where all weights are zero."""
    safe = weight + 1e-9
    return jnp.sum(values * safe, axis=-1) / jnp.sum(safe)


def review(
    view: Any, unit: Float[Array, " units"], commissions: Pair, params: Any, keys: Keys
) -> Decided:
    """Return everything decided this month by bodies of limited capacity.

    ``commissions`` is the executed part of the 1954 commissions (0 to 1) and the number of
    travelling ones; the capacity used in a month is a Poisson count.
    """
    courts = params.court_capacity * jnp.clip(view.leadership.line, 0.0, 1.5)
    capacity = jnp.stack(
        [
            params.review_cap_1954 * commissions[0],
            params.review_cap_1956 * commissions[1],
            courts,
        ]
    )
    return decide(view, unit, commissions[0], keys.poisson("capacity", capacity), params)


def review_at_once(
    view: Any, unit: Float[Array, " units"], commissions: Pair, params: Any, keys: Keys
) -> Decided:
    """Return decisions without any queue: whoever petitions is decided in the month (rival)."""
    capacity = jnp.stack([jnp.zeros(()), jnp.zeros(()), jnp.full((), 1e9)])
    return decide(view, unit, jnp.zeros(()), capacity, params)


def no_review(
    view: Any, unit: Float[Array, " units"], commissions: Pair, params: Any, keys: Keys
) -> Decided:
    """Return a month in which nobody decides cases (rival of terms and decrees only)."""
    return decide(view, unit, jnp.zeros(()), jnp.zeros(3), params)


def decide(
    view: Any,
    unit: Float[Array, " units"],
    registering: Scalar,
    capacity: Float[Array, " bodies"],
    params: Any,
) -> Decided:
    """Return the decisions of the three bodies with the given capacities (cases this month).

    Within a kind whoever is heard is drawn at random, so the mean wait of those left grows by a
    month and falls only by new cases.
    """
    own, line = view.own, view.leadership.line
    stock = jnp.sum(view.people.prisoners, axis=1)
    politicals = stock[2] + stock[3]
    living = jnp.maximum(politicals + jnp.sum(view.people.returnees[1]), 1.0)
    confined = politicals / living
    camp_weight = jnp.sum(view.people.prisoners[2:], axis=0)

    first, second = arrivals(view, registering, params)
    queue = own.queue + first + second

    central = jnp.minimum(queue[0] * confined, capacity[0])
    queue_after = queue - jnp.stack([central, jnp.zeros(())])
    shares = weighted(outcome_shares(line, 0.0, unit, params), camp_weight)

    visited = jnp.minimum(params.political_share_1956 * capacity[1], politicals)
    ordinary = jnp.minimum((1.0 - params.political_share_1956) * capacity[1], stock[0] + stock[1])
    in_register = visited * jnp.clip(queue_after[0] / living, 0.0, 1.0)
    queue_after = queue_after - jnp.stack([in_register, jnp.zeros(())])
    travelling = weighted(outcome_shares(line, 1.0, unit, params), camp_weight)

    collaborators = stock[2] / jnp.maximum(politicals, 1.0)
    heard = serve(queue_after, capacity[2], priorities(own.waits, collaborators, params))
    court = weighted(court_share(line, unit, params), jnp.sum(view.people.adults, axis=1))
    queue_after = queue_after - heard

    cleared = heard * court + jnp.stack(
        [central * shares[REHABILITATE] + visited * travelling[REHABILITATE], jnp.zeros(())]
    )
    rejected = heard * (1.0 - court) + jnp.stack(
        [central * (shares[REFUSE] + shares[REDUCE]), jnp.zeros(())]
    )
    final = (1.0 - params.rho_2) * rejected + jnp.stack(
        [visited * travelling[REFUSE], jnp.zeros(())]
    )
    decided = central + visited + jnp.sum(heard)
    favourable = (
        central * (1.0 - shares[REFUSE])
        + visited * (1.0 - travelling[REFUSE])
        + jnp.sum(heard * court)
    )
    return Decided(
        queue=queue_after,
        unasked=own.unasked - first[1],
        refused=own.refused - second + params.rho_2 * rejected,
        closed=own.closed + cleared + final,
        waits=own.waits * own.queue / jnp.maximum(queue, 1e-9) + 1.0,
        grant_rate=_smoothed(own.grant_rate, favourable, decided, params.grant_memory),
        rehabilitated=cleared,
        leaving=_leaving(
            stock,
            _freed(shares, params) * central + heard[0] * court * confined,
            _freed(travelling, params) * visited,
            _freed(travelling, params) * ordinary,
            params,
        ),
        reviewed_1954=central,
        refused_1954=central * shares[REFUSE],
        released_1954=central * shares[RELEASE],
        reviewed_1956=visited + ordinary,
        released_1956=(visited + ordinary) * (travelling[RELEASE] + travelling[REHABILITATE]),
        refused_courts=jnp.sum(heard * (1.0 - court)),
    )


def _freed(shares: Float[Array, " outcomes"], params: Any) -> Scalar:
    """Return the share of decided prisoners who leave; some cut terms are thereby over."""
    return shares[RELEASE] + shares[REHABILITATE] + params.reduce_release * shares[REDUCE]


def _leaving(
    stock: ClassArray, from_register: Scalar, visited: Scalar, ordinary: Scalar, params: Any
) -> ClassArray:
    """Return persons who leave by class; collaboration cases come later (penalty ``a_mil``)."""
    political = stock[2:] * jnp.stack([jnp.exp(-params.a_mil), jnp.ones(())])
    political = political / jnp.maximum(jnp.sum(political), 1e-9)
    common = stock[:2] / jnp.maximum(jnp.sum(stock[:2]), 1e-9)
    return jnp.concatenate([common * ordinary, political * (from_register + visited)])


def _smoothed(before: Scalar, favourable: Scalar, decided: Scalar, memory: Scalar) -> Scalar:
    """Return the grant rate as kin see it: it moves only in months in which cases are decided."""
    seen = favourable / jnp.maximum(decided, 1e-6)
    return before + (seen - before) * -jnp.expm1(-1.0 / memory) * jnp.where(decided > 1.0, 1.0, 0.0)
