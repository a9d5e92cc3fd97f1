"""One run: a scenario, simulated over draws, as a dataset of observables with a manifest."""

from __future__ import annotations

import dataclasses
import hashlib
import platform
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from jaxtyping import Float, Int

import thaw
from thaw import record, reforms
from thaw.calibrate import DEFAULT, posteriors
from thaw.errors import InputError, unknown
from thaw.experiment import netcdf, storage
from thaw.model import exogenous, observation, parameters, registry, simulate
from thaw.model.clock import months_until, stamp
from thaw.model.observation import Observable
from thaw.model.people import size
from thaw.model.recorded import Recorded, recorded

if TYPE_CHECKING:
    import pandas as pd

    from thaw.report.painter import Painter

Progress = Callable[[int, int], None]
WEATHER = ("replay", "sampled")
PRIOR = "prior"
MAX_DRAWS = 100_000


@dataclasses.dataclass(frozen=True)
class Settings:
    """Everything that decides a run's numbers, beside the code and the record."""

    scenario: reforms.Scenario
    draws: int = 64
    seed: int = 0
    people: str = "cohorts"
    posterior: str = "prior"
    weather: str = "replay"

    def __post_init__(self) -> None:
        """Check every setting at the door; raise InputError."""
        if not 1 <= self.draws <= MAX_DRAWS:
            raise InputError(f"--draws {self.draws} is outside 1 to {MAX_DRAWS}")
        if not 0 <= self.seed < 2**32:
            raise InputError(f"--seed {self.seed} is outside 0 to {2**32 - 1}")
        if self.weather not in WEATHER:
            raise unknown("weather", self.weather, WEATHER)
        if self.posterior != PRIOR:
            posteriors.load(self.posterior)
        size.parse_people(self.people)
        parameters.override(parameters.modes(), self.fixed())
        self.rivals()
        if self.months < 2:
            raise InputError(f"--until {self.scenario.end} is before 1953-02")

    @property
    def months(self) -> int:
        """Number of months simulated."""
        return months_until(self.scenario.end)

    def fixed(self) -> dict[str, float]:
        """Return the parameters that the scenario fixes, by full name."""
        given = self.scenario.settings()
        return {
            key: _number(key, value) for key, value in given.items() if not key.endswith(".rival")
        }

    def rivals(self) -> tuple[tuple[str, str], ...]:
        """Return the rivals that the scenario chooses, by subsystem."""
        chosen = []
        for key, value in sorted(self.scenario.settings().items()):
            name, _, what = key.partition(".")
            if what != "rival":
                continue
            if name not in registry.NAMES:
                raise unknown("subsystem", name, registry.NAMES)
            registry.step_of(registry.subsystems()[name], str(value))
            if value != "main":
                chosen.append((name, str(value)))
        return tuple(chosen)


@dataclasses.dataclass(frozen=True)
class Run:
    """The outcome of one scenario.

    ``data`` has dimensions draw, month, place; every observable by its series id with values at
    its stamps only; ``event.<family>`` counts of events a month; ``state.<subsystem>.<variable>``
    latent states.
    """

    settings: Settings
    data: xr.Dataset
    held: tuple[str, ...] = ()
    decided: tuple[str, ...] = ()

    @cached_property
    def digest(self) -> str:
        """SHA-256 of every number of the run."""
        return dataset_digest(self.data)

    def manifest(self) -> dict[str, Any]:
        """Return what is needed to repeat the run, and its digest."""
        return {
            "thaw": thaw.__version__,
            "scenario": self.settings.scenario.table(),
            "scenario_hash": self.settings.scenario.hash(),
            "record_hash": record.record_hash(),
            "posterior": self.settings.posterior,
            "people": self.settings.people,
            "draws": self.settings.draws,
            "seed": self.settings.seed,
            "weather": self.settings.weather,
            "digest": self.digest,
            "platform": f"{platform.platform()}, Python {platform.python_version()}",
            "repeat": "thaw run --repeat <this folder>",
        }

    def table(self) -> pd.DataFrame:
        """Return one row per observable and stamp: model quantiles beside the record."""
        return self._table.copy()

    @cached_property
    def _table(self) -> pd.DataFrame:
        from thaw.report.table import observables_table

        return observables_table(self)

    def events(self) -> list[dict[str, Any]]:
        """Return the probability of each family of events by place and by month."""
        from thaw.report.table import events_list

        return events_list(self)

    def plot(self, folder: Path | str) -> list[Path]:
        """Draw the figures of the run into a folder and return their paths."""
        from thaw.report import figures

        return figures.draw(figures.pages(self, Path(folder)))

    def save(self, folder: Path | str, painter: Painter | None = None) -> dict[str, Any]:
        """Write dataset, table, figures and manifest as one atomic result; return the manifest.

        A painter draws some of the figures in a process of its own.
        """
        from thaw.report import figures
        from thaw.report.painter import Painter

        helper = painter or Painter()

        def write(staging: Path) -> None:
            sent, left = helper.share(figures.pages(self, staging / "figures"))
            netcdf.write_dataset(self.data, staging / "run.nc")
            self.table().to_csv(staging / "observables.csv", index=False)
            figures.draw(left)
            helper.finish(sent)

        return storage.write_result(Path(folder), write, self.manifest())


def run(
    scenario: reforms.Scenario | str = "historical",
    draws: int = 64,
    seed: int = 0,
    people: str = "cohorts",
    posterior: str = DEFAULT,
    weather: str = "replay",
    progress: Progress | None = None,
) -> Run:
    """Simulate a scenario and return the run.

    ``draws`` parameter sets come from the posterior (or prior) of that name; ``seed`` keys all
    random numbers; ``weather`` is ``replay`` (observed rain of each year) or ``sampled`` (rain of
    whole years 1945-70 at random). Raises InputError for anything that is not allowed.
    """
    chosen = reforms.load_scenario(scenario) if isinstance(scenario, str) else scenario
    return simulate_run(Settings(chosen, draws, seed, people, posterior, weather), progress)


def simulate_run(settings: Settings, progress: Progress | None = None) -> Run:
    """Return the run of some settings."""
    trace, paths = trace_of(settings, progress)
    data = dataset(trace, settings.months, settings.seed)
    return Run(settings, data, tuple(paths.held), tuple(paths.decided_rows))


def trace_of(
    settings: Settings, progress: Progress | None = None
) -> tuple[simulate.Trace, reforms.LeverPaths]:
    """Return the monthly trace of some settings and the scenario's lever paths.

    The trace reaches one month beyond the end, because year-end stocks are read there.
    """
    paths = reforms.lever_paths(settings.scenario, settings.months + 1)
    return trace_on(settings, paths, progress), paths


def trace_on(
    settings: Settings, paths: reforms.LeverPaths, progress: Progress | None = None
) -> simulate.Trace:
    """Return the monthly trace of some settings on given lever paths."""
    plan = simulate.plan_of(paths, settings.months + 1, weather_years(settings))
    return trace_under(settings, plan, parameter_sample(settings), progress)


def weather_years(settings: Settings) -> Int[np.ndarray, "draw year"]:
    """Return the years whose rain each draw has, to the month after the end of the run."""
    months = settings.months + 1
    if settings.weather == "replay":
        return exogenous.replayed_years(settings.draws, months)
    return exogenous.sampled_years(settings.seed, settings.draws, months)


def trace_under(
    settings: Settings,
    plan: simulate.Plan,
    sample: parameters.Sample,
    progress: Progress | None = None,
    first_draw: int | None = None,
) -> simulate.Trace:
    """Return the monthly trace of a parameter sample under a plan, of cohorts or of citizens.

    The sample holds draws from ``first_draw`` on, of a world that is compared with others (None:
    all draws of a run).
    """
    structure = simulate.Structure(settings.months + 1, settings.rivals())
    if size.parse_people(settings.people) != "cohorts":
        from thaw.experiment.citizens import trace_of_citizens

        return trace_of_citizens(settings, structure, plan, sample, progress, first_draw)
    numbers = np.arange(len(next(iter(sample.values())))) + (first_draw or 0)
    return simulate.simulate(structure, plan, sample, settings.seed, numbers, progress=progress)


def _number(key: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError(f"{key} is {value!r:.60}, allowed: a number")
    return float(value)


def parameter_sample(settings: Settings) -> parameters.Sample:
    """Return parameter values by draw, with what the scenario fixes."""
    if settings.posterior == PRIOR:
        sample = parameters.sample_prior(settings.seed, settings.draws)
    else:
        found = posteriors.load(settings.posterior)
        sample = posteriors.sample(found, settings.seed, settings.draws)
    return parameters.override(sample, settings.fixed())


def dataset(trace: simulate.Trace, months: int, seed: int) -> xr.Dataset:
    """Return the dataset of a trace: observables at their stamps, events, latent states."""
    shown = [o for o in observation.observables().values() if o.key in trace["series"]]
    places = sorted({o.place for o in shown} | {place for _, place in trace["events"]})
    index = {place: i for i, place in enumerate(places)}
    draws = len(next(iter(trace["latent"].values())))
    shape = (draws, months, len(places))
    variables: dict[str, Any] = {}
    for observable in shown:
        values = variables.setdefault(observable.series_id, np.full(shape, np.nan))
        values[:, :, index[observable.place]] = at_stamps(observable, trace, months, seed)
    for (family, place), counts in trace["events"].items():
        values = variables.setdefault(f"event.{family}", np.full(shape, np.nan))
        values[:, :, index[place]] = counts[:, :months]
    units = {o.series_id: {"units": o.unit} for o in shown}
    axes = ("draw", "month", "place")
    columns: dict[str, Any] = {
        name: (axes, values, units.get(name)) for name, values in variables.items()
    }
    for name, values in trace["latent"].items():
        columns[f"state.{name}"] = (axes[:2], values[:, :months])
    first = np.datetime64("1953-01", "M")
    when = (first + np.arange(months)).astype("datetime64[s]")
    return xr.Dataset(columns, {"draw": np.arange(draws), "month": when, "place": places})


def at_stamps(
    observable: Observable, trace: simulate.Trace, months: int, seed: int
) -> Float[np.ndarray, "draw month"]:
    """Return an observable over the months of a run: values at its stamps, NaN elsewhere."""
    out = np.full((len(trace["series"][observable.key]), months), np.nan)
    wanted = range(months) if observable.monthly else all_stamps(observable, months)
    for at in wanted:
        out[:, at] = observation.observe(trace, observable, at, seed)
    return out


def all_stamps(observable: Observable, months: int) -> list[int]:
    """Return the stamps of an observable within a run: its regular ones and the record's."""
    dated = [r.month for r in recorded(observable, months)]
    return sorted({*observation.stamps(observable, months), *dated})


def record_of(observable: Observable, months: int) -> dict[int, Recorded]:
    """Return the recorded values of an observable by month index."""
    return {r.month: r for r in recorded(observable, months)}


def month_labels(data: xr.Dataset) -> list[str]:
    """Return the months of a dataset as YYYY-MM."""
    return [stamp(i) for i in range(data.sizes["month"])]


def dataset_digest(data: xr.Dataset) -> str:
    """Return the SHA-256 of the names and numbers of a dataset's variables."""
    total = hashlib.sha256()
    for name in sorted(map(str, data.data_vars)):
        total.update(name.encode())
        total.update(np.ascontiguousarray(data[name].values, dtype="<f8").tobytes())
    return total.hexdigest()


def settings_of(manifest: dict[str, Any]) -> Settings:
    """Return the settings stored in a manifest; raise InputError when they are incomplete."""
    try:
        return Settings(
            scenario=reforms.read_table(manifest["scenario"], "manifest: scenario"),
            draws=int(manifest["draws"]),
            seed=int(manifest["seed"]),
            people=manifest["people"],
            posterior=manifest["posterior"],
            weather=manifest["weather"],
        )
    except KeyError as error:
        raise InputError(f"manifest: key {error} is missing") from None


def open_run(path: Path | str) -> Run:
    """Read a saved run back; raise InputError when the folder holds no valid result."""
    folder = Path(path)
    manifest = storage.read_manifest(folder)
    with xr.open_dataset(folder / "run.nc", engine="h5netcdf") as opened:
        data = opened.load()
    settings = settings_of(manifest)
    paths = reforms.lever_paths(settings.scenario, settings.months)
    return Run(settings, data, tuple(paths.held), tuple(paths.decided_rows))
