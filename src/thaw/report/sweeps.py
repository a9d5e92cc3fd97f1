"""How a sweep is told: one row per world, outcome and month."""

from __future__ import annotations

import warnings
from typing import Any

import pandas as pd
import xarray as xr

from thaw.experiment.summaries import QUANTILES
from thaw.report import contract
from thaw.report.text import number

POINT = ("draw", "month", "place")


def axes_of(data: xr.Dataset) -> list[str]:
    """Return the dimensions along which the worlds of a sweep differ, seeds included."""
    first = next(iter(data.data_vars.values()))
    return [str(dim) for dim in first.dims if dim not in POINT]


def table(data: xr.Dataset) -> pd.DataFrame:
    """Return quantiles over draws: one row per world, outcome, place and month with a value."""
    axes = axes_of(data)
    frames = []
    for name, values in data.data_vars.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # months without a value in any draw
            bands = values.quantile(list(QUANTILES.values()), dim="draw")
        wide = bands.assign_coords(quantile=list(QUANTILES)).to_dataframe("value")["value"]
        rows = wide.unstack("quantile").dropna(how="all").reset_index()
        rows.insert(len(axes), "outcome", str(name))
        rows["unit"] = values.attrs["units"]
        frames.append(rows)
    found = pd.concat(frames, ignore_index=True)
    found["month"] = pd.to_datetime(found["month"]).dt.strftime("%Y-%m")
    columns = [*axes, "outcome", "place", "month", "unit", *QUANTILES]
    return found[columns].sort_values([*axes, "outcome", "place", "month"], ignore_index=True)


def at_the_end(rows: pd.DataFrame, data: xr.Dataset) -> pd.DataFrame:
    """Return the last month of every world and outcome, as text for the terminal."""
    keys = [*axes_of(data), "outcome", "place"]
    last = rows.groupby(keys, sort=False).tail(1)
    shown = last[[*keys, "month", "unit"]].copy()
    shown["median"] = [number(value) for value in last["median"]]
    shown["90 % band"] = [
        f"{number(low)} .. {number(high)}"
        for low, high in zip(last["lo90"], last["hi90"], strict=True)
    ]
    return shown


def document(rows: pd.DataFrame, manifest: dict[str, Any], digest: str) -> dict[str, Any]:
    """Return the ``sweep`` document."""
    return {**manifest, "digest": digest, "rows": contract.rows(rows)}
