"""`thaw compare`: what differs between two worlds, and how sure that is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from thaw.cli import options
from thaw.cli.progress import reporter

if TYPE_CHECKING:
    from thaw.experiment.compare import Comparison


def compare(
    a: options.Scenario = "historical",
    b: Annotated[
        str | None,
        typer.Argument(
            help="The other world; or give --without, --shift, --dose, --force against A.",
            autocompletion=options.complete_scenario,
        ),
    ] = None,
    outcome: Annotated[
        list[str] | None, typer.Option(help="Show these series instead of what moves most.")
    ] = None,
    draws: options.Draws = 64,
    seed: options.Seed = 0,
    people: options.People = "cohorts",
    until: options.Until = None,
    posterior: options.Posterior = "prior",
    weather: options.Weather = "replay",
    set_: options.Set = None,
    without: options.Without = None,
    shift: options.Shift = None,
    dose: options.Dose = None,
    force: options.Force = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for table, figure and document.", metavar="DIR")
    ] = None,
    json_: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Compare world B with world A: paired effects, odds of events, and how sure they are.

    Examples: `thaw compare historical no_virgin_lands`,
    `thaw compare historical --without secret_speech`.
    """
    from thaw import reforms
    from thaw.errors import unknown
    from thaw.experiment.compare import compare as compared
    from thaw.model.observation import observables
    from thaw.report import comparison as report
    from thaw.report import contract

    known = {series_id for series_id, _ in observables()}
    for name in outcome or []:
        if name not in known:
            raise unknown("outcome", name, known)
    first = reforms.apply_options(reforms.load_scenario(a), until=until)
    second = reforms.apply_options(
        reforms.load_scenario(b or a),
        without=without or [],
        shift=shift or [],
        dose=dose or [],
        force=force or [],
        set_=set_ or [],
        until=until,
    )
    progress = reporter("draws", quiet or json_)
    result = compared(first, second, draws, seed, people, posterior, weather, progress)
    if out is not None:
        save(result, out)
    if json_:
        typer.echo(contract.dumps(report.document(result)))
    elif not quiet:
        show(result, outcome or [])


def save(result: Comparison, out: Path) -> None:
    """Write the effects, the document and the figure as one atomic result."""
    from thaw.experiment import storage
    from thaw.report import comparison as report
    from thaw.report import contract

    def write(staging: Path) -> None:
        result.table.drop(columns="prior_only").to_csv(staging / "effects.csv", index=False)
        result.event_table.to_csv(staging / "events.csv", index=False)
        text = contract.dumps(report.document(result))
        (staging / "compare.json").write_text(text + "\n", encoding="utf-8")
        page = result.plot()
        page.savefig(staging / "effects.png", dpi=150)
        page.savefig(staging / "effects.pdf")

    manifest = {
        "a": result.a.scenario.table(),
        "b": result.b.scenario.table(),
        "draws": result.a.draws,
        "seed": result.a.seed,
        "posterior": result.a.posterior,
        "digest": result.digest,
    }
    storage.write_result(out, write, manifest)


def show(result: Comparison, outcomes: list[str]) -> None:
    """Print the answer: one sentence, the effects, the odds of events, the guards."""
    from thaw.model.clock import stamp
    from thaw.report import comparison as report
    from thaw.report.text import effects_frame, events_frame, print_frame

    typer.echo(report.sentence(result))
    typer.echo()
    rows = report.named(result, outcomes) if outcomes else result.largest()
    print_frame(effects_frame(rows))
    moved = events_frame(result.event_table)
    if len(moved):
        typer.echo("\nEvents whose odds change:")
        print_frame(moved)
    typer.echo(
        f"\nWorlds are equal until {stamp(result.changed_from)}. Decided by the model from then "
        f"on: {', '.join(result.decided) or 'nothing'}. Held at their dates: {len(result.held)} "
        "rows."
    )
    typer.echo(
        f"Support: {result.support:.0%} of the draws reproduce the record before that month. "
        f"Extrapolation: {result.extrapolation:.0%} of the months of the other world lie outside "
        "what the first one visits."
    )
