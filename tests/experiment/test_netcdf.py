"""Files of runs hold what xarray itself would have written."""

import h5netcdf
import numpy as np
import xarray as xr

from thaw.experiment import netcdf


def test_a_file_reads_back_as_what_xarray_would_have_written(tmp_path):
    months = np.datetime64("1953-01", "M") + np.arange(30)
    values = np.random.default_rng(0).random((3, 30, 2))
    values[:, ::2] = np.nan
    data = xr.Dataset(
        {
            "gulag.prisoners_total": (("draw", "month", "place"), values, {"units": "persons"}),
            "state.camps.crime": (("draw", "month"), values[..., 0]),
            "held": ("draw", np.array([True, False, True])),
            "label": ("place", np.array(["undecided", "sign assumed"])),
        },
        {
            "draw": np.arange(3),
            "month": months.astype("datetime64[s]"),
            "place": ["USSR", "World"],
            "year": ("month", 1953 + np.arange(30) // 12),
        },
        {"title": "a run"},
    )
    netcdf.write_dataset(data, tmp_path / "ours.nc")
    packed = {name: {"zlib": True, "complevel": 1} for name in data.data_vars}
    data.to_netcdf(tmp_path / "theirs.nc", engine="h5netcdf", encoding=packed)
    with (
        xr.open_dataset(tmp_path / "ours.nc", engine="h5netcdf") as ours,
        xr.open_dataset(tmp_path / "theirs.nc", engine="h5netcdf") as theirs,
    ):
        xr.testing.assert_identical(ours, theirs)
        for name in theirs.variables:
            one, other = ({**x[name].encoding, "source": ""} for x in (ours, theirs))
            assert str(one) == str(other), name
    with h5netcdf.File(tmp_path / "ours.nc") as file:
        assert file["gulag.prisoners_total"].compression == "gzip"
