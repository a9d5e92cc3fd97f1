"""Naive forecasts that a mechanism must beat: persistence, drift, damped trend, AR(1).

Each is a predictive distribution by residual bootstrap, on logs where every training value is
positive, with irregular dates allowed: times are in years, and residuals are scaled to one year by
the square root of their gap. Constants that few points cannot estimate are fixed here. For events:
a constant hazard and a hazard that changes with the calendar year.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Float
from scipy import optimize, stats

from thaw.model.randomness import name_code

SIZE = 2000
"""Bootstrap paths per forecast."""
MINIMUM = 3
"""Training values below which no naive forecast is made."""
DAMPING = 0.85
"""Share of the trend kept each year by the damped trend (Gardner and McKenzie 1985: 0.8-0.98)."""
SMOOTHING = 0.5
"""Weight of the newest yearly change in the damped trend's slope."""
PERSISTENCES = np.linspace(0.0, 0.98, 50)
"""Yearly persistence of the AR(1) over which least squares searches."""
_LARGEST_LOG = 600.0

Values = Float[np.ndarray, " value"]
Paths = Float[np.ndarray, " path"]
Rule = Callable[[Values, Values, float, np.random.Generator], Paths]


def forecasts(
    times: Sequence[float], values: Sequence[float], at: float, seed: int, label: str
) -> dict[str, Paths] | None:
    """Return samples of each naive forecast for time ``at``, or None with too few values.

    The forecast starts from the last value before ``at``; from the first one after it where none
    is earlier. Random numbers are keyed by ``seed``, ``label`` and the baseline's name.
    """
    if len(values) < MINIMUM:
        return None
    when, level = np.asarray(times, float), np.asarray(values, float)
    positive = bool((level > 0).all())
    y = np.log(level) if positive else level
    found = {}
    for name, rule in RULES.items():
        key = [seed, name_code(f"{label}|{at}|{name}")]
        paths = rule(when, y, at, np.random.Generator(np.random.Philox(key=key)))
        found[name] = np.exp(np.clip(paths, None, _LARGEST_LOG)) if positive else paths
    return found


def origin(times: Values, at: float) -> int:
    """Return the position of the value from which a forecast for ``at`` starts."""
    earlier = np.flatnonzero(times < at)
    return int(earlier[-1]) if len(earlier) else int(np.flatnonzero(times > at)[0])


def persistence(times: Values, y: Values, at: float, generator: np.random.Generator) -> Paths:
    """Return the last value plus resampled past changes of either sign."""
    start = origin(times, at)
    changes = np.diff(y) / np.sqrt(np.diff(times))
    return y[start] + _walk(_both_signs(changes), at - times[start], generator)


def drift(times: Values, y: Values, at: float, generator: np.random.Generator) -> Paths:
    """Return the last value plus the mean yearly change, itself uncertain, and residuals."""
    start, gaps = origin(times, at), np.diff(times)
    span, ahead = times[-1] - times[0], at - times[start]
    slope = (y[-1] - y[0]) / span
    residuals = (np.diff(y) - slope * gaps) / np.sqrt(gaps)
    pool = _centred(residuals, fitted=1)
    uncertain = slope + _walk(pool, span, generator) / span
    return y[start] + uncertain * ahead + _walk(pool, ahead, generator)


def damped_trend(times: Values, y: Values, at: float, generator: np.random.Generator) -> Paths:
    """Return the last value plus a smoothed trend that fades by ``DAMPING`` a year."""
    start, gaps = origin(times, at), np.diff(times)
    slopes = _smoothed(np.diff(y) / gaps)
    expected = y[1:-1] + slopes[:-1] * _faded(gaps[1:])
    pool = _both_signs((y[2:] - expected) / np.sqrt(gaps[1:]))
    ahead = at - times[start]
    trend = slopes[max(start - 1, 0)] * _faded(ahead)
    return y[start] + trend + _walk(pool, ahead, generator)


def ar1(times: Values, y: Values, at: float, generator: np.random.Generator) -> Paths:
    """Return the forecast of a first-order autoregression around its mean, by least squares."""
    start, gaps = origin(times, at), np.diff(times)
    fits = [_around_mean(rho, gaps, y) for rho in PERSISTENCES]
    best = int(np.argmin([np.sum(residuals**2) for _, residuals in fits]))
    rho, (mean, residuals) = PERSISTENCES[best], fits[best]
    ahead = abs(at - times[start])
    expected = mean + rho**ahead * (y[start] - mean)
    steps = max(int(np.ceil(ahead)), 1)
    weights = rho ** np.arange(steps)
    weights *= np.sqrt(_spread(rho, ahead) / np.sum(weights**2))
    return expected + generator.choice(_centred(residuals, 2), (SIZE, steps)) @ weights


RULES: dict[str, Rule] = {
    "persistence": persistence,
    "drift": drift,
    "damped_trend": damped_trend,
    "ar1": ar1,
}


def _walk(pool: Values, years: float, generator: np.random.Generator) -> Paths:
    whole, part = divmod(abs(years), 1.0)
    steps = generator.choice(pool, (SIZE, int(whole))).sum(axis=1)
    return steps + np.sqrt(part) * generator.choice(pool, SIZE)


def _both_signs(residuals: Values) -> Values:
    return np.concatenate([residuals, -residuals])


def _centred(residuals: Values, fitted: int) -> Values:
    count = len(residuals)
    return (residuals - residuals.mean()) * np.sqrt(count / max(count - fitted, 1))


def _smoothed(rates: Values) -> Values:
    slopes = [rates[0]]
    for rate in rates[1:]:
        slopes.append(slopes[-1] + SMOOTHING * (rate - slopes[-1]))
    return np.array(slopes)


def _faded(years: Values | float) -> Values | float:
    size = DAMPING * (1.0 - DAMPING ** np.abs(years)) / (1.0 - DAMPING)
    return np.sign(years) * size


def _spread(rho: float, years: Values | float) -> Values | float:
    return (1.0 - rho ** (2.0 * years)) / (1.0 - rho**2)


def _around_mean(rho: float, gaps: Values, y: Values) -> tuple[float, Values]:
    kept, scale = rho**gaps, np.sqrt(_spread(rho, gaps))
    weight, reply = (1.0 - kept) / scale, (y[1:] - kept * y[:-1]) / scale
    mean = float(np.sum(weight * reply) / np.sum(weight**2))
    return mean, reply - weight * mean


def constant_hazard(counts: Sequence[int], value: int) -> float:
    """Return the log probability of a later year's count under a constant rate.

    ``counts`` are those of the training years. The rate has Jeffreys' prior, so that its
    uncertainty is in the forecast.
    """
    years = len(counts)
    return float(stats.nbinom.logpmf(value, 0.5 + sum(counts), years / (years + 1.0)))


def calendar_hazard(counts: Sequence[int], ahead: float, value: int) -> float:
    """Return the log probability of the count ``ahead`` years after the last training year.

    A Poisson rate that grows or falls by a constant share each calendar year; a normal prior of
    s.d. 0.5 keeps the yearly share near zero.
    """
    y = np.asarray(counts, float)
    when = np.arange(len(y)) - (len(y) - 1)

    def loss(p: Values) -> float:
        log_rate = p[0] + p[1] * when
        return float(np.sum(np.exp(log_rate) - y * log_rate) + 2.0 * p[1] ** 2)

    level, growth = optimize.minimize(loss, [np.log(y.mean() + 0.1), 0.0]).x
    rate = np.exp(np.clip(level + growth * ahead, -20.0, 20.0))
    return float(stats.poisson.logpmf(value, rate))
