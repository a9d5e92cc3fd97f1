"""`thaw sweep`: every combination of doses, dates and seeds, as one dataset."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from thaw.calibrate import DEFAULT
from thaw.cli import options
from thaw.cli.progress import reporter

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from thaw.experiment.sweep import Sweep
    from thaw.reforms import Scenario as Base


def sweep(
    scenario: options.Scenario = "historical",
    dose: Annotated[
        list[str] | None, typer.Option(help="Doses of a reform.", metavar="REFORM=X,Y,...")
    ] = None,
    shift: Annotated[
        list[str] | None,
        typer.Option(help="Months by which a reform is moved.", metavar="REFORM=M,N,..."),
    ] = None,
    seed: Annotated[str, typer.Option(help="Seeds.", metavar="S,T,...")] = "0",
    outcome: Annotated[
        list[str] | None,
        typer.Option(help="SERIES[@PLACE], event.FAMILY[@PLACE] or state.NAME to keep."),
    ] = None,
    draws: options.Draws = 64,
    until: options.Until = None,
    posterior: options.Posterior = DEFAULT,
    weather: options.Weather = "replay",
    set_: options.Set = None,
    cluster: options.Cluster = None,
    out: options.Out = Path("results/sweep"),
    resume: options.Resume = False,
    format_: options.Format = None,
    json_: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Simulate many worlds: all combinations of doses, dates and seeds, with the same draws.

    Example: `thaw sweep --dose virgin_lands=0,0.5,1 --shift virgin_lands=-12,0,12 --seed 0,1
    --outcome agriculture.grain_harvest@USSR`.
    """
    from thaw import reforms
    from thaw.experiment.executor import executor
    from thaw.experiment.pieces import finished
    from thaw.experiment.run import dataset_digest
    from thaw.experiment.sweep import sweep as swept
    from thaw.report import contract, exports, sweeps
    from thaw.report.text import print_frame

    exports.check(format_ or [])
    base = reforms.apply_options(reforms.load_scenario(scenario), set_=set_ or [], until=until)
    what = described(base, dose or [], shift or [], seed, outcome or [], draws, posterior, weather)
    with executor(cluster) as runner:
        data = swept(what, out, resume, runner, reporter("draws", quiet or json_))
    rows, digest = sweeps.table(data), dataset_digest(data)
    save(what, out, format_ or [], data, rows, digest)
    finished(out)
    if json_:
        typer.echo(contract.dumps(sweeps.document(rows, what.table(), digest)))
    elif not quiet:
        print_frame(sweeps.at_the_end(rows, data))
        typer.echo(f"\n{len(what.worlds)} worlds of {draws} draws in {out}: sweep.nc, sweep.csv")
        typer.echo(f"Digest {digest[:16]}")


def described(
    base: Base,
    dose: list[str],
    shift: list[str],
    seed: str,
    outcome: list[str],
    draws: int,
    posterior: str,
    weather: str,
) -> Sweep:
    """Return the sweep that the options describe; raise InputError for what they may not say."""
    from thaw.errors import InputError
    from thaw.experiment.outcomes import outcomes
    from thaw.experiment.sweep import Sweep, axis, number_list

    axes = [axis("dose", text) for text in dose] + [axis("shift", text) for text in shift]
    if len(dict(axes)) != len(axes):
        raise InputError("--dose or --shift names the same reform twice; give all values in one")
    if not outcome:
        raise InputError("--outcome is missing; for example --outcome agriculture.grain_harvest")
    kept = tuple(dict.fromkeys(found for text in outcome for found in outcomes(text)))
    seeds = tuple(int(s) for s in number_list("--seed", seed, whole=True))
    what = Sweep(base, dict(axes), kept, seeds, draws, posterior, weather)
    if len(what.worlds) < 2:
        raise InputError("a sweep needs two worlds: give --dose, --shift or --seed several values")
    return what


def save(
    what: Sweep, out: Path, formats: list[str], data: xr.Dataset, rows: pd.DataFrame, digest: str
) -> None:
    """Write the dataset and its table as one atomic result."""
    from thaw.experiment import storage
    from thaw.report import exports

    def write(staging: Path) -> None:
        exports.write(staging, "sweep", data, rows, formats)

    storage.write_result(out, write, {**what.table(), "digest": digest})
