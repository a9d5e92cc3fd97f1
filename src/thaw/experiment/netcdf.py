"""Datasets as files: netCDF, compressed."""

from __future__ import annotations

from pathlib import Path

import h5netcdf
import h5py
import xarray as xr

COMPRESSED = {"compression": "gzip", "compression_opts": 1}


def write_dataset(data: xr.Dataset, path: Path) -> None:
    """Write a dataset as compressed netCDF.

    By h5netcdf itself, in the coding of xarray, whose own way takes twice as long: it loads the
    libraries of clusters and detaches every variable from each coordinate written after it.
    """
    coded, attributes = xr.conventions.cf_encoder(*xr.conventions.encode_dataset_coordinates(data))
    with h5netcdf.File(path, "w") as file:
        file.attrs.update(attributes)
        file.dimensions = dict(data.sizes)
        for name in (*data.coords, *data.data_vars):
            values, attrs = coded[name].values, dict(coded[name].attrs)
            text = values.dtype.kind in "UO"
            made = file.create_variable(
                name,
                coded[name].dims,
                h5py.string_dtype() if text else values.dtype,
                data=values.astype(object) if text else values,
                fillvalue=attrs.pop("_FillValue", None),
                **(COMPRESSED if name in data.data_vars else {}),
            )
            made.attrs.update(attrs)
