"""`thaw reforms` and `thaw scenarios`: what was decided when, and the worlds that differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from thaw.cli import options

if TYPE_CHECKING:
    from thaw.reforms import Reform

scenarios_app = typer.Typer(help="List scenarios, or show one.", invoke_without_command=True)


def reforms(
    reform: Annotated[
        str | None,
        typer.Argument(help="Id or slug of one reform.", autocompletion=options.complete_reform),
    ] = None,
    json_: options.Json = False,
) -> None:
    """List the reforms with dates, levers and sources, or show one in full."""
    from thaw import reforms as room
    from thaw.report import contract
    from thaw.report.text import print_frame

    chosen = room.reforms() if reform is None else [room.reform(reform)]
    if json_:
        typer.echo(contract.dumps([r.model_dump(mode="json") for r in chosen]))
    elif reform is None:
        import pandas as pd

        print_frame(pd.DataFrame([_row(r) for r in chosen]))
    else:
        _show(chosen[0])


def _row(reform: Reform) -> dict[str, Any]:
    dates = reform.start if reform.end in ("", reform.start) else f"{reform.start} to {reform.end}"
    levers = sorted({move.lever.removeprefix("lever.") for move in reform.moves})
    return {
        "id": reform.id,
        "slug": reform.slug,
        "dates": dates,
        "kind": reform.kind,
        "levers": ", ".join(levers),
        "title": reform.title,
    }


def _show(reform: Reform) -> None:
    typer.echo(f"{reform.id} {reform.slug}: {reform.title}")
    typer.echo(f"  {reform.kind}, {_row(reform)['dates']}, {reform.provenance}: {reform.source}")
    for move in reform.moves:
        points = ", ".join(f"{date}: {value:g}" for date, value in move.points)
        target = f" [{move.target}]" if move.target else ""
        until = f", until {move.until}" if move.until else ""
        typer.echo(f"  {move.lever}{target}: {move.path} {points}{until} ({move.basis})")
        if move.note:
            typer.echo(f"    {move.note}")
    if reform.words:
        typer.echo(f"  decision; --force {reform.slug}={'|'.join(reform.words)}")
    if reform.note:
        typer.echo(f"  {reform.note}")


@scenarios_app.callback()
def scenarios(context: typer.Context, json_: options.Json = False) -> None:
    """List the scenarios that ship with thaw."""
    if context.invoked_subcommand is not None:
        return
    import pandas as pd

    from thaw import reforms as room
    from thaw.report import contract
    from thaw.report.text import print_frame

    rows = [
        {"name": s.name, "mode": s.mode, "title": s.title}
        for s in map(room.load_scenario, room.scenarios())
    ]
    if json_:
        typer.echo(contract.dumps(rows))
    else:
        print_frame(pd.DataFrame(rows))


@scenarios_app.command("show")
def show(
    scenario: options.Scenario,
    json_: options.Json = False,
) -> None:
    """Show what a scenario changes against history, and which subsystems it needs."""
    from thaw import reforms as room
    from thaw.report import contract

    found = room.load_scenario(scenario)
    if json_:
        typer.echo(contract.dumps(found.table()))
        return
    typer.echo(found.describe())
    paths = room.lever_paths(found, found.months)
    if paths.decided_from is not None:
        from thaw.model.clock import stamp

        typer.echo(f"  the model decides from {stamp(paths.decided_from)} on:")
        typer.echo(f"    {', '.join(paths.decided_rows) or 'nothing'}")
