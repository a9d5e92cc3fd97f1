"""How far a comparison stands on known ground: support, abduction, extrapolation."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float, Int

from thaw.experiment.run import record_of
from thaw.model import observation
from thaw.model.simulate import Trace

TOLERANCE = 0.25
SHARE = 0.75
NEAREST = 0.25
"""Share of the draws that count as nearest to history."""


def support(trace: Trace, since: int) -> float:
    """Return the share of draws of world A that reproduce history up to the first difference.

    A draw does when three quarters of the recorded values of use ``fit`` before that month lie
    within the sources' range or 25 % of the record. NaN where nothing is recorded before.
    """
    hits: list[Bool[np.ndarray, " draw"]] = []
    for values, known in _beside_record(trace, max(since, 1)):
        room = TOLERANCE * abs(known.value)
        low, high = min(known.low, known.value - room), max(known.high, known.value + room)
        hits.append((values >= low) & (values <= high))
    return float((np.mean(hits, axis=0) >= SHARE).mean()) if hits else float("nan")


def nearest(trace: Trace, months: int) -> Int[np.ndarray, " kept"]:
    """Return the quarter of the draws of world A that come nearest to the whole recorded history.

    Abduction by rejection: distance is the mean, over all recorded values of use ``fit``, of the
    relative deviation (each cut at 1, so that no single series decides). The kept draws have equal
    weight, so their number is the effective sample size.
    """
    far: list[Float[np.ndarray, " draw"]] = []
    for values, known in _beside_record(trace, months):
        scale = max(abs(known.value), known.high - known.low, 1e-9)
        far.append(np.minimum(np.nan_to_num(np.abs(values - known.value) / scale, nan=1.0), 1.0))
    draws = len(next(iter(trace["latent"].values())))
    kept = max(1, round(NEAREST * draws))
    if not far:
        return np.arange(draws)
    return np.sort(np.argsort(np.mean(far, axis=0), kind="stable")[:kept])


def _beside_record(trace: Trace, months: int):  # type: ignore[no-untyped-def]
    """Yield (values by draw, recorded value) of everything of use ``fit`` within some months."""
    for observable in observation.observables().values():
        if observable.use != "fit" or observable.key not in trace["series"]:
            continue
        for at, known in record_of(observable, months).items():
            yield observation.read_off(observable, trace["series"][observable.key], at), known


def extrapolation(a: Trace, b: Trace, since: int) -> float:
    """Return the share of months of world B that lie outside what world A ever visits.

    Distance: Mahalanobis over the scalar states, with the correlation of world A over draws and
    months (shrunk towards its diagonal); outside: beyond the 99th percentile of world A.
    """
    names = sorted(a["latent"])
    states_a = _stacked(a, names, 0)
    every = states_a.std(axis=1, keepdims=True)
    moving = every[:, 0] > 1e-9
    centre, spread = states_a[moving].mean(axis=1, keepdims=True), every[moving]
    z_a, z_b = ((x[moving] - centre) / spread for x in (states_a, _stacked(b, names, since)))
    correlation = 0.9 * np.corrcoef(z_a) + 0.1 * np.eye(int(moving.sum()))
    inverse = np.linalg.inv(correlation)
    far_a, far_b = (np.einsum("ij,ij->j", inverse @ z, z) for z in (z_a, z_b))
    return float((far_b > np.quantile(far_a, 0.99)).mean())


def _stacked(trace: Trace, names: list[str], since: int) -> Float[np.ndarray, "state row"]:
    return np.stack([trace["latent"][name][:, since:].ravel() for name in names])
