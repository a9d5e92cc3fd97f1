"""What was learned: how far a posterior set is narrower than the prior, parameter by parameter."""

from __future__ import annotations

from typing import Any

import numpy as np

from thaw.experiment.run import Settings, parameter_sample
from thaw.model.parameters import Sample, priors, sample_prior

LEARNED = 0.2
"""Contraction (1 - s.d. after / s.d. before) below which a parameter was not learned."""


def contraction(before: Sample, after: Sample) -> dict[str, float]:
    """Return the contraction of each parameter that varies in the prior."""
    widths = {name: float(np.std(values)) for name, values in before.items()}
    return {
        name: 1.0 - float(np.std(after[name])) / width
        for name, width in widths.items()
        if width > 0
    }


def learning(settings: Settings) -> list[dict[str, Any]]:
    """Return, per subsystem, how many parameters the settings' set learned, of how many."""
    found = contraction(sample_prior(settings.seed, settings.draws), parameter_sample(settings))
    owners = {name: priors()[name].subsystem for name in found}
    return [
        {
            "subsystem": subsystem,
            "parameters": sum(owner == subsystem for owner in owners.values()),
            "learned": sorted(
                name for name, c in found.items() if owners[name] == subsystem and c >= LEARNED
            ),
        }
        for subsystem in dict.fromkeys(owners.values())
    ]
