"""`thaw cite`: the references of what a result used."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from thaw.cli import options


def cite(
    result: Annotated[
        Path, typer.Argument(help="Result folder of run, compare, sweep or attribute.")
    ],
    bibtex: Annotated[bool, typer.Option("--bibtex", help="Print BibTeX instead of text.")] = False,
    json_: options.Json = False,
) -> None:
    """Print the references of exactly what a result used: data, parameters, reforms, methods.

    Examples: `thaw cite results/run`, `thaw cite results/run --bibtex > run.bib`.
    """
    from thaw.errors import InputError
    from thaw.report import contract
    from thaw.report.cite import cite as cited

    if bibtex and json_:
        raise InputError("--bibtex and --json exclude each other")
    found = cited(result)
    if json_:
        typer.echo(contract.dumps(found.document()))
    else:
        typer.echo(found.bibtex() if bibtex else found.text(), nl=not bibtex)
