"""Two worlds compared: paired differences on common random numbers, and what may be said of them.

Both worlds run in mode ``do``: until the first month in which they differ everything is history;
from there on policies keep their dates unless changed, and responses are decided by the model in
both. A difference of one draw compares the same parameters under the same luck.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from jaxtyping import Float
from scipy import stats

from thaw import reforms
from thaw.errors import InputError
from thaw.experiment import labels
from thaw.experiment.run import Progress, Settings, all_stamps, trace_on
from thaw.model import observation
from thaw.model.clock import stamp
from thaw.model.simulate import Trace

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HORIZONS = (6, 12, 36)
"""Months after the first difference at which tables show effects, besides the end."""


@dataclasses.dataclass(frozen=True)
class Comparison:
    """Effects of world B against world A.

    ``table`` has one row per observable and stamp from the first difference on; ``events`` one per
    family and place. ``changed_from`` is the first month in which the worlds differ.
    """

    a: Settings
    b: Settings
    changed_from: int
    held: tuple[str, ...]
    decided: tuple[str, ...]
    table: pd.DataFrame
    event_table: pd.DataFrame
    support: float
    extrapolation: float
    digest: str

    def effects(self) -> pd.DataFrame:
        """Return every effect: observable, place, month, quantiles, sign probability, label."""
        return self.table

    def largest(self, count: int = 12) -> pd.DataFrame:
        """Return the outcomes that move most, at the horizon where each moves most."""
        from thaw.report.comparison import largest

        return largest(self, count)

    def sentence(self) -> str:
        """Return the answer in one plain sentence."""
        from thaw.report.comparison import sentence

        return sentence(self)

    def plot(self) -> Figure:
        """Return a figure of the outcomes that move most."""
        from thaw.report.comparison import figure

        return figure(self)


def compare(
    a: reforms.Scenario | str,
    b: reforms.Scenario | str,
    draws: int = 64,
    seed: int = 0,
    people: str = "cohorts",
    posterior: str = "prior",
    weather: str = "replay",
    progress: Progress | None = None,
) -> Comparison:
    """Return the effects of scenario ``b`` against ``a`` on common random numbers.

    Raises InputError when the worlds do not differ, or end in different months.
    """
    worlds = [reforms.load_scenario(s) if isinstance(s, str) else s for s in (a, b)]
    first, second = (
        Settings(w.with_mode("do"), draws, seed, people, posterior, weather) for w in worlds
    )
    if first.scenario.end != second.scenario.end:
        raise InputError(
            f"the worlds end in different months: {first.scenario.end}, {second.scenario.end}"
        )
    since = second.scenario.first_changed_month(first.scenario)
    if since is None:
        raise InputError(f"'{second.scenario.name}' does not differ from '{first.scenario.name}'")
    months = first.months
    if since >= months:
        raise InputError(f"the worlds differ only from {stamp(since)}, after the end of the run")
    paths = [reforms.lever_paths(s.scenario, months + 1, since) for s in (first, second)]
    with_a, with_b = (trace_on(s, p, progress) for s, p in zip((first, second), paths, strict=True))
    prior = _prior_effects(first, second, paths, progress)
    table = effect_table(with_a, with_b, months, since, prior)
    return Comparison(
        a=first,
        b=second,
        changed_from=since,
        held=tuple(paths[1].held),
        decided=tuple(paths[1].decided_rows),
        table=table,
        event_table=event_effects(with_a, with_b, months),
        support=support(with_a, since),
        extrapolation=extrapolation(with_a, with_b, since),
        digest=_digest(with_a, with_b),
    )


def _digest(*traces: Trace) -> str:
    import hashlib

    from thaw.model.simulate import digest

    return hashlib.sha256("".join(map(digest, traces)).encode()).hexdigest()


def _prior_effects(
    first: Settings, second: Settings, paths: list[Any], progress: Progress | None
) -> tuple[Trace, Trace] | None:
    """Return both worlds under the prior, or None where the prior is what was asked for."""
    if first.posterior == "prior":
        return None
    return tuple(  # type: ignore[return-value]
        trace_on(dataclasses.replace(s, posterior="prior"), p, progress)
        for s, p in zip((first, second), paths, strict=True)
    )


def effect_table(
    a: Trace, b: Trace, months: int, since: int, prior: tuple[Trace, Trace] | None
) -> pd.DataFrame:
    """Return one row per observable and stamp from month ``since`` on."""
    rows = []
    for observable in observation.observables().values():
        if observable.key not in a["series"]:
            continue
        wanted = sorted({*all_stamps(observable, months), *_horizon_stamps(observable, since)})
        for at in wanted:
            if not since <= at < months:
                continue
            effect = difference(a, b, observable, at)
            level = observation.read_off(observable, _series(a, observable), at)
            known = effect if prior is None else difference(*prior, observable, at)
            rows.append(
                {
                    "outcome": observable.series_id,
                    "place": observable.place,
                    "subsystem": observable.subsystem,
                    "unit": observable.unit,
                    "month": stamp(at),
                    **summary(effect),
                    "median_a": _median(level),
                    "prior_only": summary(known),
                    "label": labels.of_effect(sign_probability(effect), sign_probability(known)),
                }
            )
    return pd.DataFrame(rows)


def _horizon_stamps(observable: observation.Observable, since: int) -> list[int]:
    return [since + h for h in HORIZONS] if observable.monthly else []


def _series(trace: Trace, observable: observation.Observable) -> Float[np.ndarray, "draw month"]:
    return trace["series"][observable.key]


def _median(values: Float[np.ndarray, " draw"]) -> float:
    return float(np.nanmedian(values)) if np.isfinite(values).any() else float("nan")


def difference(
    a: Trace, b: Trace, observable: observation.Observable, at: int
) -> Float[np.ndarray, " draw"]:
    """Return B - A of an observable at a stamp, draw by draw, without error of reading."""
    return observation.read_off(observable, _series(b, observable), at) - observation.read_off(
        observable, _series(a, observable), at
    )


def summary(effect: Float[np.ndarray, " draw"]) -> dict[str, float]:
    """Return median, 50 and 90 % bounds and the probability of the median's sign."""
    finite = effect[np.isfinite(effect)]
    if finite.size == 0:
        return dict.fromkeys(("median", "lo50", "hi50", "lo90", "hi90", "p_sign"), 0.0)
    low90, low50, median, high50, high90 = np.quantile(finite, (0.05, 0.25, 0.5, 0.75, 0.95))
    return {
        "median": float(median),
        "lo50": float(low50),
        "hi50": float(high50),
        "lo90": float(low90),
        "hi90": float(high90),
        "p_sign": sign_probability(finite),
    }


def sign_probability(effect: Float[np.ndarray, " draw"]) -> float:
    """Return the share of draws on the side of the median; the larger side when that is zero."""
    finite = effect[np.isfinite(effect)]
    if finite.size == 0:
        return 0.0
    up, down = float((finite > 0).mean()), float((finite < 0).mean())
    median = float(np.median(finite))
    return up if median > 0 else down if median < 0 else max(up, down)


def event_effects(a: Trace, b: Trace, months: int) -> pd.DataFrame:
    """Return, per family and place, probabilities in both worlds, necessity and sufficiency.

    With x the world A and x' the world B: necessity = P(no event in B | event in A); sufficiency =
    P(event in A | no event in B), each with a 90 % interval (beta, uniform prior).
    """
    rows = []
    for family, place in sorted(a["events"]):
        in_a = (a["events"][family, place][:, :months] > 0).any(axis=1)
        in_b = (b["events"][family, place][:, :months] > 0).any(axis=1)
        necessity, sufficiency = _share(~in_b[in_a]), _share(in_a[~in_b])
        rows.append(
            {
                "family": family,
                "place": place,
                "probability_a": float(in_a.mean()),
                "probability_b": float(in_b.mean()),
                "necessity": necessity[0],
                "necessity_lo90": necessity[1],
                "sufficiency": sufficiency[0],
                "sufficiency_lo90": sufficiency[1],
                "label": labels.of_event(necessity, sufficiency, in_a, in_b),
            }
        )
    return pd.DataFrame(rows)


def _share(hits: np.ndarray) -> tuple[float | None, float]:
    if hits.size == 0:
        return None, 0.0
    good = int(hits.sum())
    return float(hits.mean()), float(stats.beta(good + 1, hits.size - good + 1).ppf(0.05))


SUPPORT_TOLERANCE = 0.25
SUPPORT_SHARE = 0.75


def support(trace: Trace, since: int) -> float:
    """Return the share of draws of world A that reproduce history up to the first difference.

    A draw does when three quarters of the recorded values of use ``fit`` before that month lie
    within the sources' range or 25 % of the record.
    """
    from thaw.experiment.run import record_of

    hits = []
    for observable in observation.observables().values():
        if observable.use != "fit" or observable.key not in trace["series"]:
            continue
        for at, known in record_of(observable, max(since, 1)).items():
            values = observation.read_off(observable, _series(trace, observable), at)
            room = SUPPORT_TOLERANCE * abs(known.value)
            low, high = min(known.low, known.value - room), max(known.high, known.value + room)
            hits.append((values >= low) & (values <= high))
    if not hits:
        return float("nan")
    return float((np.mean(hits, axis=0) >= SUPPORT_SHARE).mean())


def extrapolation(a: Trace, b: Trace, since: int) -> float:
    """Return the share of months of world B that lie outside what world A ever visits.

    Distance: Mahalanobis over the scalar states, with the covariance of world A over draws and
    months (shrunk towards its diagonal); outside: beyond the 99th percentile of world A.
    """
    names = sorted(a["latent"])
    states_a = np.stack([a["latent"][n] for n in names], axis=-1).reshape(-1, len(names))
    states_b = np.stack([b["latent"][n][:, since:] for n in names], axis=-1)
    states_b = states_b.reshape(-1, len(names))
    moving = states_a.std(axis=0) > 1e-9
    centre, spread = states_a[:, moving].mean(axis=0), states_a[:, moving].std(axis=0)
    z_a, z_b = ((x[:, moving] - centre) / spread for x in (states_a, states_b))
    correlation = 0.9 * np.corrcoef(z_a, rowvar=False) + 0.1 * np.eye(int(moving.sum()))
    inverse = np.linalg.inv(correlation)
    far_a, far_b = (np.einsum("ij,jk,ik->i", z, inverse, z) for z in (z_a, z_b))
    return float((far_b > np.quantile(far_a, 0.99)).mean())
