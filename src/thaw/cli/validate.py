"""`thaw validate`: how well the model predicts what it was not shown."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from thaw.cli import options
from thaw.cli.progress import reporter


def validate(
    posterior: Annotated[
        str | None,
        typer.Option(help="Posterior set that predicts; default until-1958, else the prior."),
    ] = None,
    draws: options.Draws = 200,
    seed: options.Seed = 0,
    against: Annotated[
        Path | None,
        typer.Option(help="Score your own series (CSV in the record's format).", metavar="FILE"),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for scores, document and figure.", metavar="DIR")
    ] = None,
    json_: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Score held-out predictions against naive forecasts; never refits.

    Examples: `thaw validate`, `thaw validate --against my_series.csv --json`.
    """
    from thaw.experiment import storage
    from thaw.report import contract
    from thaw.validate.validation import validate as validated

    if out is not None:
        storage.prepare(out)
    progress = reporter("draws", quiet or json_)
    document = validated(posterior, draws, seed, against, progress)
    if out is not None:
        save(document, out)
    if json_:
        typer.echo(contract.dumps(document))
    elif not quiet:
        show(document)


def save(document: dict[str, Any], out: Path) -> None:
    """Write document, table of scores and figure as one atomic result."""
    from thaw.experiment import storage
    from thaw.report import contract
    from thaw.report.scores import scores_frame
    from thaw.validate.figure import draw

    def write(staging: Path) -> None:
        text = contract.dumps(document) + "\n"
        (staging / "validate.json").write_text(text, encoding="utf-8")
        scores_frame(document["series"]).to_csv(staging / "scores.csv", index=False)
        figure = draw(document)
        figure.savefig(staging / "skill.png", dpi=150)
        figure.savefig(staging / "skill.pdf")

    keys = ("fit_until", "posterior", "note", "until", "draws", "seed")
    storage.write_result(out, write, {key: document[key] for key in keys})


def show(document: dict[str, Any]) -> None:
    """Print which set predicts, the scores by observable, the events and the summary."""
    from thaw.report.scores import events_frame, headline, scores_text, summary_lines
    from thaw.report.text import print_frame

    typer.echo(headline(document))
    typer.echo()
    typer.echo(scores_text(document["series"]))
    if document["events"]:
        typer.echo("\nCounts of events a year (log score: nearer to zero is better):")
        print_frame(events_frame(document["events"]))
    typer.echo()
    for line in summary_lines(document):
        typer.echo(line)
