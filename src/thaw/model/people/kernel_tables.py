"""Integer tables of a month: the rate table of people, quantised once, on the host, in NumPy.

Probabilities become 32-bit thresholds (an event happens where draw < threshold), shares of a step
16-bit ones. Positions of columns are those of docs/model/people-kernel.md.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, UInt32
from scipy.special import expit, ndtri

from thaw.model.people import words
from thaw.model.people.demography import BOYS
from thaw.model.people.layout import DISTRICT_TIES, NATIONAL_TIES

RING_TIES = 8
PLACE_TIES = RING_TIES + DISTRICT_TIES
TIES = PLACE_TIES + NATIONAL_TIES
HOUSEHOLD_TIES = 6
"""Ring neighbours who count as household and kin: three on either side."""
LEVELS = 32
"""Levels of grievance in the table of acts: steps of eight bytes."""
NEVER = 0
MOST_NEEDED = 7
"""Largest number of open ties that still draws a citizen in; who needs more never joins."""

# columns of the table by unit
BIRTH, RECRUIT, RADIO, CONVICT, HARDSHIP, RESENTMENT = 0, 2, 3, 4, 5, 6
REACTANCE, TALK, LEAVE, ACT = 8, 16, 144, 400
UNIT_WIDTH = 912

# places of the national table
DEATH, STATUS, HELD_DEATH, ARREST, READING, INFANT = 0, 512, 528, 544, 552, 556
PERSUADE, TRUST_GAIN, SETTLER_HOME, NEED = 560, 568, 576, 592
SCALARS = 656
NATIONAL_WIDTH = 704
SCALAR_NAMES = (
    "party_in",
    "party_out",
    "newcomer_fades",
    "homecomer_fades",
    "cleared",
    "return_home",
    "far",
    "girl",
    "komsomol",
    "wary",
    "least_sources",
    "base",
    "per_esteem",
    "per_trust",
    "kin_returned",
    "kin_cleared",
    "esteem_start",
    "trust_start",
    "year_before",
    "elapsed",
    "year",
)


class Tables(NamedTuple):
    """The integer tables of one month; ``destinations`` belong to the mail."""

    unit: UInt32[np.ndarray, "unit_and_none 912"]
    national: UInt32[np.ndarray, " 704"]
    destinations: UInt32[np.ndarray, "kind unit"]


def chance(p: Any) -> UInt32[np.ndarray, "..."]:
    """Return 32-bit thresholds of probabilities (cut to [0, 1 - 2^-32])."""
    scaled = _share(p) * 2.0**32
    return np.asarray(np.minimum(scaled, 2.0**32 - 1).astype(np.uint32))


def _share(p: Any) -> Any:
    """Return numbers cut to [0, 1]; what is not a number counts as 0."""
    return np.fmin(np.fmax(np.asarray(p, float), 0.0), 1.0)


def part(p: Any) -> UInt32[np.ndarray, "..."]:
    """Return 16-bit thresholds or step sizes of shares."""
    scaled = np.rint(_share(p) * 65536.0)
    return np.asarray(np.minimum(scaled, 65535).astype(np.uint32))


def whole(value: Any, highest: float = 2.0**32 - 1) -> UInt32[np.ndarray, "..."]:
    """Return nonnegative numbers rounded to uint32."""
    return np.asarray(np.clip(np.rint(np.asarray(value, float)), 0.0, highest).astype(np.uint32))


def cumulative(weights: Float[np.ndarray, "... unit"]) -> UInt32[np.ndarray, "... unit"]:
    """Return cumulative 32-bit thresholds for choosing a unit; zero rows choose the first."""
    total = weights.sum(axis=-1, keepdims=True)
    sums = np.cumsum(weights / np.where(total > 0, total, 1.0), axis=-1)
    return chance(sums)


class Crowding(NamedTuple):
    """What the tables need from the kernel's own counts at the start of the month."""

    informed: Float[np.ndarray, " unit"]
    slots: Float[np.ndarray, " unit"]
    vacant: Float[np.ndarray, " unit"]
    weight: float


def tables(
    fields: dict[str, np.ndarray], params: dict[str, float], crowding: Crowding, month: int
) -> Tables:
    """Return the integer tables of a month from its fields (:mod:`fields`) and parameters."""
    units = len(crowding.slots)
    local = np.zeros((units + 1, UNIT_WIDTH), np.uint32)
    local[:units, BIRTH : BIRTH + 2] = chance(
        np.cumsum(fields["born"], axis=0).T
        / crowding.weight
        / np.maximum(crowding.vacant, 1.0)[:, None]
    )
    local[:units, RECRUIT] = chance(fields["recruit"])
    local[:units, RADIO] = chance(-np.expm1(-fields["radio"]))
    local[:units, CONVICT] = chance(fields["conviction_ratio"])
    local[:units, HARDSHIP] = whole(fields["hardship"] * words.GRIEVANCE_UNIT * 256, 65535.0)
    local[:units, RESENTMENT] = whole(fields["resentment"] * words.GRIEVANCE_UNIT * 4096, 2.0**24)
    local[:units, REACTANCE : REACTANCE + 3] = part(fields["reactance"])
    local[:units, TALK : TALK + 128] = _talk(fields["talk"], crowding)
    leaving = np.zeros((units, 2, 128))
    ages = fields["leaving"].shape[0]
    leaving[:, :, :ages] = fields["pull"][:, None, None] * fields["leaving"].T
    local[:units, LEAVE : LEAVE + 256] = chance(leaving).reshape(units, 256)
    local[:units, ACT : ACT + 512] = _acts(fields, params)
    return Tables(local, _national(fields, params, month), _destinations(fields))


def _talk(
    talk: Float[np.ndarray, "unit audience"], crowding: Crowding
) -> UInt32[np.ndarray, "unit 128"]:
    """Return chances of hearing in talk by audience and number of informed ties.

    The rate of the table is what a citizen with the mean number of informed ties meets.
    """
    share = crowding.informed / np.maximum(crowding.slots, 1.0)
    national = crowding.informed.sum() / crowding.slots.sum()
    mean = PLACE_TIES * share + NATIONAL_TIES * national
    each = talk / np.maximum(mean, 1e-9)[:, None]
    out = np.zeros((len(talk), 4, 32))
    out[:, :3] = -np.expm1(-each[:, :, None] * np.arange(32))
    return chance(out).reshape(len(talk), 128)


def _acts(
    fields: dict[str, np.ndarray], params: dict[str, float]
) -> UInt32[np.ndarray, "unit 512"]:
    """Return chances of each act by kin (returned, cleared), act and level of grievance.

    The intercepts carry the mean effect of kin; each citizen differs from the mean by his own.
    """
    near = params["people.kin_degree"] / HOUSEHOLD_TIES
    returned = near * params["people.a_kin"] * np.array([0.0, 1.0, 0.0, 1.0])
    exposure = returned + params["people.a_dead"] * np.array([0.0, 0.0, 1.0, 1.0])
    fear = fields["fear"]
    effect = (
        params["public.kin_effect_lowthreat"] * (1 - fear)
        + params["public.kin_effect_highthreat"] * fear
    )
    own = effect[:, None] * (exposure - fields["kin_personal"][:, None])
    level = np.arange(LEVELS) * 8 / words.GRIEVANCE_UNIT
    logit = (
        own[:, :, None, None]
        + fields["act_intercept"][:, None, :, None]
        + fields["act_slope"] * level
    )
    return chance(expit(logit)).reshape(len(fear), 512)


def _destinations(fields: dict[str, np.ndarray]) -> UInt32[np.ndarray, "kind unit"]:
    """Return cumulative choices of unit: camps, homes of the freed, towns, new lands, 8 groups."""
    kinds = [fields["prisoner_share"], fields["civil"], fields["town_weight"], fields["recruits"]]
    return cumulative(np.concatenate([np.stack(kinds), fields["homes"]]))


def _national(
    fields: dict[str, np.ndarray], params: dict[str, float], month: int
) -> UInt32[np.ndarray, " 704"]:
    out = np.zeros(NATIONAL_WIDTH, np.uint32)
    death = np.ones((2, 2, 128))
    ages = fields["survival"].shape[0]
    death[:, :, :ages] = 1.0 - fields["survival"].transpose(1, 2, 0)
    death[:, :, ages:] = death[:, :, ages - 1 : ages]
    # the table is by (woman, urban, place); survival has towns first
    out[DEATH : DEATH + 512] = chance(death[:, ::-1]).reshape(-1)
    out[STATUS + 1 : STATUS + 5] = chance(fields["release"])
    out[STATUS + 8 : STATUS + 16] = chance(fields["settler_release"])
    out[HELD_DEATH + 1 : HELD_DEATH + 5] = chance(fields["prisoner_death"])
    arrest = np.cumsum(fields["arrest"])
    out[ARREST : ARREST + 8] = chance(
        np.stack([arrest, arrest * params["people.custody_women"]])
    ).reshape(-1)
    out[READING : READING + 3] = chance(-np.expm1(-fields["reading"]))
    out[INFANT : INFANT + 4] = chance(1.0 - fields["birth_survival"][:, ::-1]).reshape(-1)
    strength = fields["persuasion"][[1, 2, 0]]
    masks = (np.arange(8)[:, None] >> np.arange(3)) & 1
    out[PERSUADE : PERSUADE + 8] = part(-np.expm1(-masks @ strength))
    out[TRUST_GAIN : TRUST_GAIN + 4] = part(-np.expm1(-params["people.trust_gain"] * np.arange(4)))
    goes = (fields["homes"].sum(axis=1) > 0) * params["people.settler_return"]
    out[SETTLER_HOME + 8 : SETTLER_HOME + 16] = chance(goes)
    out[NEED : NEED + words.THRESHOLDS] = needed(params)
    scalars = _scalars(fields, params, month)
    out[SCALARS : SCALARS + len(SCALAR_NAMES)] = [scalars[name] for name in SCALAR_NAMES]
    return out


def needed(params: dict[str, float]) -> UInt32[np.ndarray, " threshold"]:
    """Return how many open ties draw in a citizen of each threshold level; 0 means never.

    Thresholds are normal shares of those near by (Granovetter 1978), at the midpoints of levels.
    """
    spread = ndtri((np.arange(words.THRESHOLDS) + 0.5) / words.THRESHOLDS)
    share = params["public.threshold_mean"] + params["public.threshold_sd"] * spread
    count = np.maximum(np.ceil(PLACE_TIES * share), 1.0)
    return np.where(count > MOST_NEEDED, NEVER, count).astype(np.uint32)


def _scalars(fields: dict[str, np.ndarray], params: dict[str, float], month: int) -> dict[str, int]:
    near = params["people.kin_degree"] / HOUSEHOLD_TIES
    kin = params["people.kin_grievance"] * words.GRIEVANCE_UNIT * 4096
    least = math.floor(params["people.complex_k"])
    before = 1952 + (month + 11) // 12
    numbers: dict[str, Any] = {
        "party_in": chance(fields["party_admission"]),
        "party_out": chance(params["people.party_exit"] / 12),
        "newcomer_fades": part(1 / params["people.uprooted_memory"]),
        "homecomer_fades": part(1 / params["people.homecoming_memory"]),
        "cleared": chance(fields["cleared"]),
        "return_home": chance(params["people.return_home"]),
        "far": chance(fields["far_share"]),
        "girl": chance(1 - BOYS),
        "komsomol": chance(params["people.komsomol_coverage"]),
        "wary": chance(params["people.complex_k"] - least),
        "least_sources": least,
        "base": whole(fields["level_base"] * 2**24),
        "per_esteem": whole(fields["level_esteem"] * 2**24 / 255),
        "per_trust": whole(fields["level_trust"] * 2**24 / 255),
        "kin_returned": whole(kin * near * params["people.a_kin"]),
        "kin_cleared": whole(kin * params["people.a_dead"]),
        "esteem_start": whole(params["people.esteem_start"] * 255),
        "trust_start": whole(params["people.trust_start"] * 255),
        "year_before": before - words.FIRST_BIRTH_YEAR,
        "elapsed": month % 12 or 12,
        "year": 1953 + month // 12 - words.FIRST_BIRTH_YEAR,
    }
    return {name: int(value) for name, value in numbers.items()}
