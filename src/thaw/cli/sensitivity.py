"""`thaw sensitivity`: which parameters move an outcome, and how much of that is judgement."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from thaw.cli import options
from thaw.cli.progress import reporter

if TYPE_CHECKING:
    from thaw.experiment.sensitivity import Answer


def sensitivity(
    outcome: Annotated[
        list[str],
        typer.Argument(
            help="SERIES[@PLACE], event.FAMILY@PLACE or state.NAME; a month may follow: :1956-01."
        ),
    ],
    scenario: Annotated[
        str,
        typer.Option(help="The world that is simulated.", autocompletion=options.complete_scenario),
    ] = "historical",
    subsystem: Annotated[
        list[str] | None,
        typer.Option(help="Vary only the parameters of this subsystem.", metavar="NAME"),
    ] = None,
    trajectories: Annotated[
        int, typer.Option(help="Morris trajectories; each costs a run per parameter.")
    ] = 4,
    top: Annotated[int, typer.Option(help="Parameters per outcome that get Sobol indices.")] = 12,
    points: Annotated[
        int, typer.Option(help="Base points of the Saltelli designs, a power of two.")
    ] = 128,
    streams: Annotated[
        int,
        typer.Option(
            min=1, max=4096, help="Random streams of luck; 1: all runs see the same numbers."
        ),
    ] = 64,
    seed: options.Seed = 0,
    until: options.Until = None,
    weather: options.Weather = "replay",
    mode: options.Mode = None,
    set_: options.Set = None,
    cluster: options.Cluster = None,
    out: options.Out = Path("results/sensitivity"),
    resume: options.Resume = False,
    json_: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Screen all parameters for chosen outcomes (Morris), then index the top ones (Sobol).

    Writes tables (CSV), a figure (PNG, PDF), the document (JSON) and a manifest into --out.

    Example: `thaw sensitivity gulag.prisoners_total:1956-01 state.leadership.line:1957-12`.
    """
    from thaw import reforms
    from thaw.experiment import pieces
    from thaw.experiment.executor import executor
    from thaw.experiment.question import Question, target
    from thaw.experiment.run import Settings
    from thaw.experiment.sensitivity import sensitivity as answered
    from thaw.report import contract
    from thaw.report import sensitivity as report

    world = reforms.apply_options(
        reforms.load_scenario(scenario), set_=set_ or [], until=until, mode=mode
    )
    settings = Settings(world, draws=streams, seed=seed, weather=weather)
    targets = tuple(dict.fromkeys(target(text, settings.months) for text in outcome))
    among = tuple(dict.fromkeys(subsystem or []))
    question = Question(settings, targets, among, trajectories, top, points)
    with executor(cluster) as runner:
        answer = answered(question, out, resume, runner, reporter("runs", quiet or json_))
    save(answer, out)
    pieces.finished(out)
    if json_:
        typer.echo(contract.dumps(report.document(answer)))
    elif not quiet:
        show(answer, out)


def show(answer: Answer, out: Path) -> None:
    """Print a paragraph and a table per outcome, and where the files are."""
    from thaw.report import sensitivity as report
    from thaw.report.text import print_frame

    for target, own in report.parts(answer):
        typer.echo(report.sentence(target, own))
        print_frame(report.frame(own))
        typer.echo()
    typer.echo(
        f"{answer.runs} runs. In {out}: outcomes.csv, shares.csv, sobol.csv, screening.csv, "
        "sensitivity.png, .pdf, .json"
    )
    typer.echo(f"Digest {answer.digest[:16]}")


def save(answer: Answer, out: Path) -> None:
    """Write tables, figure and document as one atomic result."""
    from thaw.experiment import storage
    from thaw.report import contract
    from thaw.report import sensitivity as report

    def write(staging: Path) -> None:
        for name, table in report.tables(answer).items():
            table.to_csv(staging / f"{name}.csv", index=False)
        text = contract.dumps(report.document(answer))
        (staging / "sensitivity.json").write_text(text + "\n", encoding="utf-8")
        drawn = report.figure(answer)
        drawn.savefig(staging / "sensitivity.png", dpi=130)
        drawn.savefig(staging / "sensitivity.pdf", metadata={"CreationDate": None})

    manifest = {**answer.question.table(), "runs": answer.runs, "digest": answer.digest}
    storage.write_result(out, write, manifest)
