"""Whether a fit may be used: R-hat, effective sample size, divergences, energy, contraction."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Sequence

import numpy as np

from thaw.calibrate.inference import Chains
from thaw.calibrate.selection import deviation
from thaw.model.parameters import Prior

LARGEST_RHAT = 1.02
LARGEST_DIVERGING = 0.01
LEARNED = 0.2
"""Contraction below which a parameter counts as not learned (model contract, rule 16.2.10)."""


@dataclasses.dataclass(frozen=True)
class Diagnostics:
    """What the sampler says of itself; the worst over parameters and discrepancies."""

    rhat: float
    ess: float
    diverging: float
    bfmi: float

    @property
    def refusal(self) -> str | None:
        """Return why the fit may not be used, or None."""
        if not self.rhat <= LARGEST_RHAT:
            return f"R-hat {self.rhat:.3f} above {LARGEST_RHAT}"
        if self.diverging > LARGEST_DIVERGING:
            return f"{self.diverging:.1%} of draws diverge, more than {LARGEST_DIVERGING:.0%}"
        return None


def diagnose(chains: Chains) -> Diagnostics:
    """Return the diagnostics of some chains (rank-normalised R-hat, bulk and tail ESS; ArviZ)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        import arviz as az

        every = np.concatenate([chains.values, chains.discrepancy], axis=2)
        data = az.from_dict(posterior={"x": every}, sample_stats={"energy": chains.energy})
        return Diagnostics(
            rhat=float(az.rhat(data)["x"].max()),
            ess=float(min(az.ess(data, method=kind)["x"].min() for kind in ("bulk", "tail"))),
            diverging=float(chains.diverging.mean()),
            bfmi=float(np.min(az.bfmi(data))),
        )


def contraction(chains: Chains, rows: Sequence[Prior]) -> dict[str, float]:
    """Return 1 - posterior s.d. / prior s.d. by parameter."""
    spread = chains.values.reshape(-1, len(rows)).std(axis=0)
    return {row.name: float(1.0 - s / deviation(row)) for row, s in zip(rows, spread, strict=True)}
