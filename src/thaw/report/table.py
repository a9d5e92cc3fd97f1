"""Tables of a run: observables against the record, and probabilities of events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from thaw.model.clock import stamp
from thaw.model.observation import observables
from thaw.report.marks import mark_of

if TYPE_CHECKING:
    from thaw.experiment.run import Run

QUANTILES = {"lo90": 0.05, "lo50": 0.25, "median": 0.5, "hi50": 0.75, "hi90": 0.95}


def observables_table(run: Run) -> pd.DataFrame:
    """Return one row per observable and stamp of a run.

    Columns: series_id, place, subsystem, use, unit, month, median, lo50, hi50, lo90, hi90, record,
    record_low, record_high, record_provenance, record_source, inside90, mark. Quantiles are over
    draws and include the error of reading the record.
    """
    from thaw.experiment.run import all_stamps, record_of

    rows = []
    months = run.data.sizes["month"]
    for observable in observables().values():
        if observable.series_id not in run.data:
            continue
        values = run.data[observable.series_id].sel(place=observable.place).values
        known = record_of(observable, months)
        for at in all_stamps(observable, months):
            if at >= months or not np.isfinite(values[:, at]).any():
                continue
            row = {
                "series_id": observable.series_id,
                "place": observable.place,
                "subsystem": observable.subsystem,
                "use": observable.use,
                "unit": observable.unit,
                "month": stamp(at),
                **bands(values[:, at]),
                **_recorded_columns(known.get(at)),
                "mark": mark_of(observable),
            }
            given = row["record"]
            inside = None if given is None else bool(row["lo90"] <= given <= row["hi90"])
            rows.append({**row, "inside90": inside})
    return pd.DataFrame(rows)


def bands(values: np.ndarray) -> dict[str, float]:
    """Return median, 50 and 90 % bounds of draws, ignoring draws without a value."""
    return {name: float(np.nanquantile(values, q)) for name, q in QUANTILES.items()}


def _recorded_columns(given: Any) -> dict[str, Any]:
    if given is None:
        names = ("record", "record_low", "record_high", "record_provenance", "record_source")
        return dict.fromkeys(names)
    return {
        "record": given.value,
        "record_low": given.low,
        "record_high": given.high,
        "record_provenance": given.provenance,
        "record_source": given.source_key,
    }


def events_list(run: Run) -> list[dict[str, Any]]:
    """Return, per family and place, the probability of at least one event, in all and by month."""
    found = []
    for name in sorted(str(v) for v in run.data.data_vars if str(v).startswith("event.")):
        for place in run.data["place"].values:
            counts = run.data[name].sel(place=place).values
            if not np.isfinite(counts).any():
                continue
            family = name.removeprefix("event.")
            by_month = (counts > 0).mean(axis=0)
            found.append(
                {
                    "id": f"{family}@{place}",
                    "family": family,
                    "place": str(place),
                    "probability": float((counts > 0).any(axis=1).mean()),
                    "mean_count": float(counts.sum(axis=1).mean()),
                    "months": [
                        {"month": stamp(i), "probability": float(p)}
                        for i, p in enumerate(by_month)
                        if p > 0
                    ],
                }
            )
    return found


def coverage(table: pd.DataFrame) -> pd.DataFrame:
    """Return, per observable, how the prior or posterior band meets the record.

    Columns: points (record values), inside90 (share inside the 90 % band), width (median relative
    width of the band against the spread of the record; above 3 is hardly informative).
    """
    known = table.dropna(subset=["record"])
    rows = []
    for (series_id, place), group in known.groupby(["series_id", "place"], sort=False):
        spread = group["record"].max() - group["record"].min()
        width = (group["hi90"] - group["lo90"]).median()
        rows.append(
            {
                "series_id": series_id,
                "place": place,
                "subsystem": group["subsystem"].iloc[0],
                "points": len(group),
                "inside90": float(group["inside90"].astype(bool).mean()),
                "width_over_spread": float(width / spread) if spread > 0 else None,
            }
        )
    return pd.DataFrame(rows)
