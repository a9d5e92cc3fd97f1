"""`thaw pages`: regenerate the generated pages of the documents."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from thaw.cli.progress import reporter


def pages(
    names: Annotated[
        list[str] | None, typer.Argument(help="Pages by name; all quick ones when none is given.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder of the documents.", metavar="DIR")] = Path(
        "docs"
    ),
) -> None:
    """Regenerate pages of the documents: quick ones by default, those that simulate by name.

    Examples: `thaw pages`, `thaw pages loops rivals`, `thaw pages all`.
    """
    from importlib import import_module

    from thaw.errors import InputError, unknown
    from thaw.report.pages import QUICK, SLOW

    known = (*QUICK, *SLOW)
    chosen = known if names == ["all"] else tuple(names or QUICK)
    for name in chosen:
        if name not in known:
            raise unknown("page", name, ["all", *known])
    if not (out / "model").is_dir():
        raise InputError(f"--out {out} is no folder of documents: it holds no folder 'model'")
    for name in chosen:
        module = import_module(f"thaw.report.pages.{name}")
        more = (reporter(name, False),) if name in SLOW else ()
        for path in module.write(out, *more):
            typer.echo(path)
