"""The command line: one entry point, one way to fail.

Bad input of any kind ends with exit status 2 and one line on standard error.
"""

from __future__ import annotations

import gc
import os
import sys
from typing import Annotated, Any

import typer

from thaw.cli import attribute as attribute_commands
from thaw.cli import calibrate as calibrate_commands
from thaw.cli import cite as cite_commands
from thaw.cli import citizens as citizen_commands
from thaw.cli import compare as compare_commands
from thaw.cli import pages as pages_commands
from thaw.cli import record as record_commands
from thaw.cli import reforms as reform_commands
from thaw.cli import run as run_commands
from thaw.cli import sensitivity as sensitivity_commands
from thaw.cli import sweep as sweep_commands
from thaw.cli import validate as validate_commands
from thaw.errors import InputError

HELP = """thaw: an open laboratory for de-Stalinization.

The sourced record of the Soviet Union and its bloc around 1953-1964, a monthly simulation under
dated reforms, and honest tests of what it can and cannot say.

Start with `thaw run`, then look at `thaw reforms` and `thaw scenarios`.
"""

ClickError: type[Exception] = next(
    kind for kind in typer.BadParameter.mro() if kind.__name__ == "ClickException"
)
"""The base of the option parser's errors, which typer does not export by name."""

INTERRUPTED = 130
"""The exit status after Ctrl-C, as shells expect it; typer returns it too."""
FEW_COLLECTIONS = (200_000, 20, 100)
"""When Python looks for cycles of garbage: loading compiled code makes many objects that stay, and
with Python's own thresholds a command takes 6 % longer."""

app = typer.Typer(
    name="thaw",
    help=HELP,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        from thaw import __version__

        typer.echo(f"thaw {__version__}")
        raise typer.Exit()


@app.callback()
def thaw(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Set the options that stand before a command."""


app.command("run")(run_commands.run)
app.command("compare")(compare_commands.compare)
app.command("attribute")(attribute_commands.attribute)
app.command("sweep")(sweep_commands.sweep)
app.command("sensitivity")(sensitivity_commands.sensitivity)
app.command("validate")(validate_commands.validate)
app.command("calibrate")(calibrate_commands.calibrate)
app.command("lives")(citizen_commands.lives)
app.command("bench")(citizen_commands.bench)
app.add_typer(record_commands.app, name="record")
app.command("reforms")(reform_commands.reforms)
app.add_typer(reform_commands.scenarios_app, name="scenarios")
app.command("cite")(cite_commands.cite)
app.command("pages")(pages_commands.pages)


def one_line(text: str) -> str:
    """Return a message without line breaks."""
    return " ".join(text.split())


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    command = typer.main.get_command(app)
    try:
        status = command.main(args=arguments, prog_name="thaw", standalone_mode=False)
    except InputError as error:
        return _fail(str(error))
    except (typer.Abort, KeyboardInterrupt):
        status = INTERRUPTED
    except ClickError as error:
        return _usage(error)
    if status == INTERRUPTED:
        print("thaw: interrupted", file=sys.stderr)
    return int(status or 0)


def _usage(error: Any) -> int:
    if type(error).__name__ == "NoArgsIsHelpError":
        print(error.format_message())
        return 0
    return _fail(error.format_message())


def _fail(message: str) -> int:
    print(f"thaw: {one_line(message)}", file=sys.stderr)
    return 2


def run() -> None:
    """Console entry point; a reader who closes the pipe early is no error."""
    gc.set_threshold(*FEW_COLLECTIONS)
    try:
        status = main()
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 0
    gc.freeze()  # or the interpreter looks at every object again before it ends: half a second
    sys.exit(status)
