"""`thaw attribute`: how much of an outcome is due to each of several reforms."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from thaw.calibrate import DEFAULT
from thaw.cli import options
from thaw.cli.progress import reporter

if TYPE_CHECKING:
    from thaw.experiment.attribute import Attribution


def attribute(
    outcome: Annotated[
        str,
        typer.Argument(
            help="SERIES[@PLACE], event.FAMILY@PLACE or state.NAME; a month may follow: :1963-12."
        ),
    ],
    reforms: Annotated[
        str, typer.Option(help="Two to six policies, by id or slug.", metavar="A,B,C")
    ],
    scenario: Annotated[
        str,
        typer.Option(
            help="The world in which all of them happen.", autocompletion=options.complete_scenario
        ),
    ] = "historical",
    draws: options.Draws = 64,
    seed: options.Seed = 0,
    until: options.Until = None,
    posterior: options.Posterior = DEFAULT,
    weather: options.Weather = "replay",
    set_: options.Set = None,
    cluster: options.Cluster = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for table and document.", metavar="DIR")
    ] = None,
    json_: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Share out an outcome among reforms: all worlds with some of them on and the others off.

    Example: `thaw attribute agriculture.meat:1960-12 --reforms virgin_lands,maize_campaign`.
    """
    from thaw import reforms as room
    from thaw.experiment import storage
    from thaw.experiment.attribute import attribute as attributed
    from thaw.experiment.executor import executor
    from thaw.report import attribution as report
    from thaw.report import contract

    base = room.apply_options(room.load_scenario(scenario), set_=set_ or [], until=until)
    among = [name.strip() for name in reforms.split(",") if name.strip()]
    if out is not None:
        storage.prepare(out)
    progress = reporter("draws", quiet or json_)
    with executor(cluster) as runner:
        result = attributed(
            outcome, among, base, None, draws, seed, posterior, weather, runner, progress
        )
    if out is not None:
        save(result, out)
    if json_:
        typer.echo(contract.dumps(report.document(result)))
    elif not quiet:
        show(result)


def show(result: Attribution) -> None:
    """Print the sentence, the shares, and what was held equal."""
    from thaw.model.clock import stamp
    from thaw.report import attribution as report
    from thaw.report.text import print_frame

    typer.echo(report.sentence(result))
    typer.echo()
    print_frame(report.frame(result))
    typer.echo(
        f"\n{2 ** len(result.reforms)} worlds of {result.settings.draws} draws on common random "
        f"numbers; responses are decided by the model from {stamp(result.decided_from)} on in all."
    )


def save(result: Attribution, out: Path) -> None:
    """Write contributions by draw, the table and the document as one atomic result."""
    import pandas as pd

    from thaw.experiment import storage
    from thaw.report import attribution as report
    from thaw.report import contract

    def write(staging: Path) -> None:
        result.table.to_csv(staging / "shares.csv", index=False)
        pd.DataFrame(result.contributions).to_csv(staging / "contributions.csv", index_label="draw")
        text = contract.dumps(report.document(result))
        (staging / "attribute.json").write_text(text + "\n", encoding="utf-8")

    settings = result.settings
    manifest = {
        "kind": "attribute",
        "scenario": settings.scenario.table(),
        "reforms": list(result.reforms),
        "outcome": f"{result.outcome.label}@{result.outcome.place}:{result.month}",
        "draws": settings.draws,
        "seed": settings.seed,
        "people": settings.people,
        "posterior": settings.posterior,
        "weather": settings.weather,
    }
    storage.write_result(out, write, manifest)
