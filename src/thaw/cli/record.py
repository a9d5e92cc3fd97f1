"""`thaw record`: look up the record; print, plot to a file, or export."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from thaw.cli import options
from thaw.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from thaw.record import Record

app = typer.Typer(help="Look up the record: values, events, people, places, sources.")

Place = Annotated[str | None, typer.Option(help="Only this place (id, name or alias).")]
Add = Annotated[
    list[Path] | None,
    typer.Option("--add", help="Add your own series file (CSV in the record's format)."),
]


def _record(add: list[Path] | None) -> Record:
    from thaw import record

    return record.with_files(add or [])


def _complete_series(incomplete: str) -> list[str]:
    from thaw import record

    return [name for name in record.series_ids() if name.startswith(incomplete)]


@app.command()
def series(
    series_id: Annotated[
        str | None, typer.Argument(help="Series id.", autocompletion=_complete_series)
    ] = None,
    place: Place = None,
    add: Add = None,
    plot: Annotated[
        Path | None, typer.Option(help="Draw the series to this file (.png, .svg, .pdf).")
    ] = None,
    csv: options.Csv = False,
    json_: options.Json = False,
) -> None:
    """Show a series with provenance and source, or list all series."""
    from thaw.record import HEADER

    table = _record(add)
    if series_id is None:
        rows = table.series().groupby(["series_id", "title", "unit"], sort=True).size()
        _show(rows.rename("values").reset_index(), csv, json_)
        return
    rows = table.series(series_id, place=place)
    if plot is not None:
        _plot(rows, plot)
        typer.echo(f"Figure in {plot}")
        return
    if csv or json_:
        _show(rows[list(HEADER)], csv, json_)
        return
    first = rows.iloc[0]
    typer.echo(f"{series_id}: {first['title']}, {first['unit']}")
    _show(rows[["place", "date", "value", "low", "high", "provenance", "source_key", "note"]])


@app.command()
def events(
    domain: Annotated[str | None, typer.Option(help="Only this domain.")] = None,
    place: Place = None,
    start: Annotated[str | None, typer.Option(help="From this date on.")] = None,
    end: Annotated[str | None, typer.Option(help="Until this date.")] = None,
    csv: options.Csv = False,
    json_: options.Json = False,
) -> None:
    """List dated events with all their sources."""
    from thaw import record

    rows = record.events(domain=domain, place=place, start=start, end=end)
    if not (csv or json_):
        rows = rows[["start", "title", "place", "domain", "provenance", "source_keys"]]
    _show(rows, csv, json_)


@app.command()
def people(
    name: Annotated[str | None, typer.Argument(help="Part of a name.")] = None,
    body: Annotated[str | None, typer.Option(help="Only posts in this body.")] = None,
    on: Annotated[str | None, typer.Option(help="Only posts held on this date.")] = None,
    csv: options.Csv = False,
    json_: options.Json = False,
) -> None:
    """List office-holders and their posts."""
    from thaw import record

    rows = record.people(name=name, body=body, on=on)
    if not (csv or json_):
        rows = rows[["name", "post", "body", "start", "end", "provenance", "source_key"]]
    _show(rows, csv, json_)


@app.command()
def sources(
    key: Annotated[str | None, typer.Argument(help="Source key.")] = None,
    csv: options.Csv = False,
    json_: options.Json = False,
) -> None:
    """Show a source by its key, or list all."""
    from thaw import record

    rows = record.sources()
    if key is not None:
        found = record.source(key)
        rows = rows[rows["source_key"] == found.source_key]
    _show(rows, csv, json_)


@app.command()
def places(
    name: Annotated[str | None, typer.Argument(help="Id, name or alias.")] = None,
    kind: Annotated[str | None, typer.Option(help="unit, republic, town, state, ...")] = None,
    csv: options.Csv = False,
    json_: options.Json = False,
) -> None:
    """Show a place, or list places."""
    from thaw import record

    rows = record.places(kind=kind)
    if name is not None:
        rows = rows[rows["place_id"] == record.place(name).place_id]
    _show(rows, csv, json_)


@app.command()
def search(
    words: Annotated[list[str], typer.Argument(help="Words to look for.")],
    csv: options.Csv = False,
    json_: options.Json = False,
) -> None:
    """Search series, events, people, sources and places by words."""
    from thaw import record

    _show(record.search(" ".join(words)), csv, json_)


@app.command()
def licences(csv: options.Csv = False, json_: options.Json = False) -> None:
    """List the licence of every table."""
    from thaw import record

    _show(record.licences(), csv, json_)


def _show(rows: pd.DataFrame, csv: bool = False, json_: bool = False) -> None:
    from thaw.report import contract
    from thaw.report.text import print_frame

    if csv and json_:
        raise InputError("--csv and --json exclude each other")
    if json_:
        typer.echo(contract.dumps(contract.rows(rows)))
    elif csv:
        typer.echo(rows.to_csv(index=False), nl=False)
    else:
        print_frame(rows)


def _plot(rows: pd.DataFrame, path: Path) -> None:
    from thaw.report.figures import FORMATS, plot_series

    if path.suffix not in FORMATS:
        raise InputError(f"--plot '{path}': allowed endings are {', '.join(FORMATS)}")
    if not path.parent.is_dir():
        raise InputError(f"--plot '{path}': folder '{path.parent}' does not exist")
    plot_series(rows).savefig(path)
