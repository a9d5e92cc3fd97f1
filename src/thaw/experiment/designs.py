"""Designs of experiments on the unit cube, by SALib: trajectories of Morris, Saltelli's blocks.

A point gives every factor a quantile of its prior. One factor, ``luck``, is no parameter: its value
chooses the random stream, so chance is measured on the same scale as the parameters, and points
that differ in a parameter only share all random numbers.
"""

from __future__ import annotations

import dataclasses
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
import pandas as pd
from jaxtyping import Float

from thaw.errors import InputError

LUCK = "luck"
OTHERS = "all others"
LEVELS = 4
BAND = (0.05, 0.95)
"""Prior quantiles between which screening moves a parameter: bounds have no density in a PERT."""
SAME = 1e-12
"""Relative change of an outcome that counts as rounding: a point's place in its batch shows."""


class Design(Protocol):
    """Points to be simulated, and what their values say."""

    @property
    def name(self) -> str:
        """Word under which pieces are kept."""

    def points(self) -> Float[np.ndarray, "point factor"]:
        """Return the points; the same array at every call, not to be changed."""

    def analysis(self, values: Float[np.ndarray, " point"]) -> pd.DataFrame:
        """Return one row per factor or group of factors."""


@dataclasses.dataclass(frozen=True)
class Screening:
    """Elementary effects (Morris 1991; Campolongo and others 2007): one factor at a time."""

    factors: tuple[str, ...]
    trajectories: int
    seed: int
    name: str = "screening"

    def points(self) -> Float[np.ndarray, "point factor"]:
        """Return trajectories of one point more than there are factors, on a grid of 4 levels."""
        return _trajectories(self)

    def analysis(self, values: Float[np.ndarray, " point"]) -> pd.DataFrame:
        """Return ``mu``, ``mu_star``, ``sigma`` and the 95 % half-width of ``mu_star``.

        The unit is the outcome's, for a move of a factor from its 5 % to its 95 % quantile.
        """
        from SALib.analyze import morris

        found = morris.analyze(
            _problem(self.factors, BAND), self.points(), values, num_levels=LEVELS, seed=self.seed
        )
        keys = {
            "mu": "mu",
            "mu_star": "mu_star",
            "sigma": "sigma",
            "mu_star_margin": "mu_star_conf",
        }
        moved = np.asarray(found["mu_star"], float) > SAME * np.abs(values).max()
        columns = {key: np.where(moved, found[theirs], 0.0) for key, theirs in keys.items()}
        return pd.DataFrame({"parameter": self.factors, **columns})


@dataclasses.dataclass(frozen=True)
class Blocks:
    """Saltelli's design (Saltelli and others 2010): first-order and total indices of groups.

    ``groups`` names the group of every factor; ``size`` is the number of base points, a power of
    two; there are ``size * (groups + 2)`` points.
    """

    factors: tuple[str, ...]
    groups: tuple[str, ...]
    size: int
    seed: int
    name: str

    def points(self) -> Float[np.ndarray, "point factor"]:
        """Return the points: base, base with one group exchanged, ..., other base."""
        return _blocks(self)

    def base(self, values: Float[np.ndarray, "target point"]) -> Float[np.ndarray, "target draw"]:
        """Return the values at points drawn from the whole prior: first and last of a block."""
        step = values.shape[1] // self.size
        return np.concatenate([values[:, ::step], values[:, step - 1 :: step]], axis=1)

    def analysis(self, values: Float[np.ndarray, " point"]) -> pd.DataFrame:
        """Return ``first`` and ``total`` with 95 % half-widths; NaN for a constant outcome."""
        from SALib.analyze import sobol

        names = list(dict.fromkeys(self.groups))
        keys = {"first": "S1", "first_margin": "S1_conf", "total": "ST", "total_margin": "ST_conf"}
        if np.ptp(values) <= SAME * np.abs(values).max():
            columns = {key: np.full(len(names), np.nan) for key in keys}
        else:
            problem = _problem(self.factors, (0.0, 1.0), self.groups)
            # SALib reads seed 0 as "no seed"
            found = sobol.analyze(problem, values, calc_second_order=False, seed=self.seed + 1)
            columns = {key: np.asarray(found[theirs], float) for key, theirs in keys.items()}
        return pd.DataFrame({"group": names, **columns})


def check_library() -> None:
    """Raise InputError when SALib is not installed."""
    from importlib.util import find_spec

    if find_spec("SALib") is None:
        raise InputError(
            "sensitivity needs SALib, which is not installed: pip install 'thaw[calibrate]'"
        )


def _problem(
    factors: tuple[str, ...], band: tuple[float, float], groups: tuple[str, ...] = ()
) -> dict[str, Any]:
    return {
        "num_vars": len(factors),
        "names": list(factors),
        "bounds": [list(band)] * len(factors),
        "groups": list(groups or factors),
    }


@lru_cache(maxsize=2)
def _trajectories(design: Screening) -> Float[np.ndarray, "point factor"]:
    from SALib.sample import morris

    problem = _problem(design.factors, BAND)
    return morris.sample(problem, design.trajectories, num_levels=LEVELS, seed=design.seed)


@lru_cache(maxsize=2)
def _blocks(design: Blocks) -> Float[np.ndarray, "point factor"]:
    from SALib.sample import sobol

    problem = _problem(design.factors, (0.0, 1.0), design.groups)
    return sobol.sample(problem, design.size, calc_second_order=False, seed=design.seed)
