"""`thaw run`: simulate a scenario, print it against the record, write the result."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from thaw.calibrate import DEFAULT
from thaw.cli import options
from thaw.cli.progress import reporter

if TYPE_CHECKING:
    from thaw.experiment.run import Run, Settings


def run(
    scenario: options.Scenario = "historical",
    draws: options.Draws = 64,
    seed: options.Seed = 0,
    people: options.People = "cohorts",
    until: options.Until = None,
    posterior: options.Posterior = DEFAULT,
    weather: options.Weather = "replay",
    set_: options.Set = None,
    without: options.Without = None,
    shift: options.Shift = None,
    dose: options.Dose = None,
    force: options.Force = None,
    mode: options.Mode = None,
    out: options.Out = Path("results/run"),
    repeat: Annotated[
        Path | None,
        typer.Option(help="Repeat the run of this result folder or manifest.", metavar="DIR"),
    ] = None,
    json_: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Simulate a scenario and show its observables against the record.

    Writes run.nc (netCDF), observables.csv, figures and a manifest into --out.

    Examples: `thaw run`, `thaw run no_virgin_lands`, `thaw run --without secret_speech --mode do`.
    """
    from thaw import reforms
    from thaw.experiment import run as experiment
    from thaw.experiment import storage

    if repeat is None:
        changed = reforms.apply_options(
            reforms.load_scenario(scenario),
            without=without or [],
            shift=shift or [],
            dose=dose or [],
            force=force or [],
            set_=set_ or [],
            until=until,
            mode=mode,
        )
        settings = experiment.Settings(changed, draws, seed, people, posterior, weather)
    else:
        settings = experiment.settings_of(storage.read_manifest(repeat))
    finish(settings, out, json_, quiet)


def finish(settings: Settings, out: Path, json_: bool, quiet: bool) -> None:
    """Run the settings, save the result, print it as tables or JSON."""
    from thaw.experiment import run as experiment
    from thaw.experiment import storage
    from thaw.model.people import allocator
    from thaw.report import contract
    from thaw.report.painter import Painter

    allocator.share_heap()
    storage.prepare(out)
    with Painter() as painter:
        result = experiment.simulate_run(settings, reporter("draws", quiet or json_))
        result.save(out, painter)
    if json_:
        typer.echo(contract.dumps(contract.run_document(result)))
    elif not quiet:
        show(result, out)


def show(result: Run, out: Path) -> None:
    """Print the tables of a run and where its files are."""
    from thaw.report.text import print_run

    print_run(result)
    typer.echo(f"Result in {out}: run.nc, observables.csv, figures/, manifest.json")
    typer.echo(f"Digest {result.digest[:16]}; repeat it with: thaw run --repeat {out} --out <DIR>")
