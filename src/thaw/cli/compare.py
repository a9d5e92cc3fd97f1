"""`thaw compare`: what differs between two worlds, and how sure that is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from thaw.calibrate import DEFAULT
from thaw.cli import options
from thaw.cli.progress import reporter

if TYPE_CHECKING:
    from thaw.experiment.compare import Comparison
    from thaw.experiment.outcomes import Outcome


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
        list[str] | None,
        typer.Option(help="Show SERIES[@PLACE] or state.NAME instead of what moves most."),
    ] = None,
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
    rivals: Annotated[
        bool,
        typer.Option(
            "--rivals", help="Ask rival mechanisms whether they agree on the outcomes shown."
        ),
    ] = False,
    cluster: options.Cluster = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for tables, figures and document.", metavar="DIR")
    ] = None,
    format_: options.Format = None,
    json_: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Compare world B with world A: paired effects, odds of events, and how sure they are.

    Examples: `thaw compare historical no_virgin_lands`,
    `thaw compare historical --without secret_speech`.
    """
    from thaw import reforms
    from thaw.errors import InputError
    from thaw.experiment import storage
    from thaw.experiment.compare import compare as compared
    from thaw.experiment.executor import executor
    from thaw.experiment.outcomes import outcomes
    from thaw.report import comparison as report
    from thaw.report import contract, exports

    exports.check(format_ or [])
    if out is not None:
        storage.prepare(out)
    chosen = [found for text in outcome or [] for found in outcomes(text)]
    if any(found.kind == "event" for found in chosen):
        raise InputError(
            "--outcome: events always stand below; allowed: SERIES[@PLACE], state.NAME"
        )
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
    with executor(cluster) as runner:
        also = [found for found in chosen if found.kind == "state"]
        result = compared(
            first, second, draws, seed, people, posterior, weather, progress, runner, also
        )
    if rivals:
        result = result.with_rivals(chosen, reporter("structures", quiet or json_))
    if out is not None:
        save(result, out, format_ or [])
    if json_:
        typer.echo(contract.dumps(report.document(result)))
    elif not quiet:
        show(result, chosen)


def save(result: Comparison, out: Path, formats: list[str]) -> None:
    """Write effects, events, document and figures as one atomic result."""
    from thaw.experiment import storage
    from thaw.experiment.compare import manifest
    from thaw.report import comparison as report
    from thaw.report import contract, exports

    def write(staging: Path) -> None:
        exports.write(staging, "effects", report.dataset(result), report.frame(result), formats)
        result.event_table.to_csv(staging / "events.csv", index=False)
        if result.rivals is not None:
            result.rivals.table.to_csv(staging / "rivals.csv", index=False)
        text = contract.dumps(report.document(result))
        (staging / "compare.json").write_text(text + "\n", encoding="utf-8")
        report.figure(result).savefig(staging / "effects.pdf")
        report.slide(result).savefig(staging / "slide.png", dpi=150)

    storage.write_result(out, write, manifest(result))


def show(result: Comparison, outcomes: list[Outcome]) -> None:
    """Print the answer: one sentence, the effects, the odds of events, the guards."""
    from thaw.model.clock import stamp
    from thaw.report import comparison as report
    from thaw.report.text import events_frame, print_frame

    typer.echo(report.sentence(result))
    since = stamp(result.changed_from)
    rows = report.named(result, outcomes) if outcomes else result.largest()
    if len(rows):
        typer.echo(f"\nEffects (B - A), counted from {since}: median, and band of 90 % of draws")
        print_frame(report.horizon_frame(result, rows))
    moved = events_frame(report.moved_events(result))
    if len(moved):
        typer.echo("\nEvents whose odds change:")
        print_frame(moved)
    typer.echo(
        f"\nWorlds are equal until {since}. Decided by the model from then on: "
        f"{', '.join(result.decided) or 'nothing'}. Held at their dates: "
        f"{', '.join(result.held) or 'nothing'}."
    )
    typer.echo(
        f"Support: {result.support:.0%} of the draws reproduce the record before that month. "
        f"Extrapolation: {result.extrapolation:.0%} of the months of the other world lie outside "
        f"what the first one visits. Near history: {result.near_draws} draws (columns near_* of "
        "the files)."
    )
    if result.rivals is not None:
        typer.echo(report.rivals_sentence(result))
