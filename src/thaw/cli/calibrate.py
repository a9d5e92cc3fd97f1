"""`thaw calibrate`: fit the model to the record, write a posterior set; or test the fit itself."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from thaw.cli import options
from thaw.cli.progress import reporter
from thaw.errors import InputError

if TYPE_CHECKING:
    from thaw.calibrate.posteriors import PosteriorSet

MINUTES = 2.5
"""What one subsystem takes on two idle cores, roughly."""


def calibrate(
    until: Annotated[
        str | None,
        typer.Option(help="Fit values until this month; all when absent.", metavar="YYYY-MM"),
    ] = None,
    subsystem: Annotated[
        list[str] | None,
        typer.Option(help="Fit this subsystem only (may be repeated).", metavar="NAME"),
    ] = None,
    leave_out: Annotated[
        list[str] | None,
        typer.Option(
            help="Leave a series, SERIES@PLACE or a case such as bloc_unrest@hungary out.",
            metavar="SERIES|CASE",
        ),
    ] = None,
    out: Annotated[Path, typer.Option(help="File for the posterior set.", metavar="FILE")] = Path(
        "results/posterior.json"
    ),
    seed: options.Seed = 0,
    draws: Annotated[int, typer.Option(help="Draws of each of the four chains.")] = 300,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the checkpoint beside --out.")
    ] = False,
    sbc: Annotated[
        int, typer.Option(help="Instead: refit N synthetic truths, write their ranks to --out.")
    ] = 0,
    quiet: options.Quiet = False,
) -> None:
    """Fit subsystems to the record, one by one, and write a posterior set.

    With --subsystem or --leave-out the other subsystems are those of the shipped set of the same
    date. A killed fit goes on with --resume. A fit that does not converge is refused.
    """
    from thaw.calibrate import coupled, fitting, inference
    from thaw.calibrate import sbc as calibration

    if not 50 <= draws <= 10_000:
        raise InputError(f"--draws {draws} is outside 50 to 10000")
    if not 0 <= sbc <= 1000:
        raise InputError(f"--sbc {sbc} is outside 0 to 1000")
    request = fitting.Request(
        until=until or fitting.SETS["all"],
        seed=seed,
        leave_out=tuple(leave_out or ()),
        effort=inference.Effort(draws=draws),
    )
    wanted = fitting.chosen(subsystem or fitting.owners(request.leave_out))
    say = _printer(quiet)
    if sbc:
        calibration.run(request, wanted, sbc, out, resume, say, reporter("truths", quiet))
        return
    say(f"{len(wanted)} subsystems, about {MINUTES * len(wanted):.0f} minutes on two idle cores")
    checkpoint = out.with_name(out.name + ".part")
    found = fitting.calibrate(
        request,
        wanted,
        fitting.shipped(request, wanted),
        checkpoint,
        resume,
        say,
        reporter("subsystems", quiet),
    )
    checked = coupled.lines(coupled.check(found))
    for line in checked:
        say(line)
    fitting.finish(found.model_copy(update={"log": [*found.log, *checked]}), out, checkpoint)
    if not quiet:
        show(found, out)


def _printer(quiet: bool) -> Callable[[str], None]:
    def say(line: str) -> None:
        if not quiet:
            print(line, file=sys.stderr, flush=True)

    return say


def show(found: PosteriorSet, out: Path) -> None:
    """Print what was learned: each subsystem, its diagnostics, its parameters."""
    from thaw.calibrate import ranks
    from thaw.calibrate.diagnostics import LEARNED

    for name, fit in found.subsystems.items():
        typer.echo(f"{name}: {fit.status}" + (f" ({fit.reason})" if fit.reason else ""))
        for parameter, value in fit.parameters.items():
            learned = "" if value.contraction >= LEARNED else "not learned"
            mark = "; ".join(filter(None, (learned, ranks.mark(parameter))))
            typer.echo(
                f"  {parameter:<48} {value.mean:10.4g} +- {value.sd:<10.3g}"
                f" contraction {value.contraction:5.2f}  {mark}".rstrip()
            )
    typer.echo(f"Posterior set '{found.name}' in {out}; use it with --posterior {out}")
