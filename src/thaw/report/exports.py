"""Files that people use: netCDF and CSV always, Parquet and zarr when their libraries are there."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import xarray as xr

from thaw.errors import InputError, unknown
from thaw.experiment.netcdf import write_dataset

EXTRAS = {"parquet": "pyarrow", "zarr": "zarr"}
"""Optional formats, and the library that each needs."""


def check(formats: Sequence[str]) -> None:
    """Raise InputError for an unknown format, or one whose library is not installed."""
    for name in formats:
        if name not in EXTRAS:
            raise unknown("--format", name, EXTRAS)
        if find_spec(EXTRAS[name]) is None:
            raise InputError(
                f"--format {name} needs {EXTRAS[name]}, which is not installed: "
                "pip install 'thaw[export]'"
            )


def write(
    folder: Path, stem: str, data: xr.Dataset, frame: pd.DataFrame, formats: Sequence[str] = ()
) -> None:
    """Write ``stem.nc`` and ``stem.csv``, and the extra formats, into a folder."""
    write_dataset(data, folder / f"{stem}.nc")
    frame.to_csv(folder / f"{stem}.csv", index=False)
    if "parquet" in formats:
        frame.to_parquet(folder / f"{stem}.parquet", index=False)
    if "zarr" in formats:
        data.to_zarr(folder / f"{stem}.zarr", mode="w")
