"""Options that mean the same in every command, and their completion."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def complete_scenario(incomplete: str) -> list[str]:
    """Return the scenario names that begin with what was typed."""
    from thaw import reforms

    return [name for name in reforms.scenarios() if name.startswith(incomplete)]


def complete_reform(incomplete: str) -> list[str]:
    """Return the reform slugs that begin with what was typed."""
    from thaw import reforms

    return [r.slug for r in reforms.reforms() if r.slug.startswith(incomplete)]


Scenario = Annotated[
    str,
    typer.Argument(
        help="A scenario's name (see `thaw scenarios`) or a scenario file (.toml).",
        autocompletion=complete_scenario,
    ),
]
Draws = Annotated[int, typer.Option(help="Number of draws (parameter sets with their own luck).")]
Seed = Annotated[int, typer.Option(help="Seed that keys all random numbers.")]
People = Annotated[
    str, typer.Option(help="cohorts, a number of citizens, a share such as 1%, or all.")
]
Until = Annotated[
    str | None, typer.Option(help="Last month, YYYY-MM (1953-02 to 1970-12).", metavar="YYYY-MM")
]
Posterior = Annotated[
    str, typer.Option(help="Parameter sets: prior, until-1958, all, or a file of `thaw calibrate`.")
]
Weather = Annotated[
    str, typer.Option(help="replay: the rain of each year as observed; sampled: of random years.")
]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", help="Fix a parameter, a lever or a rival.", metavar="KEY=VALUE"),
]
Without = Annotated[
    list[str] | None,
    typer.Option(help="Leave a reform out.", metavar="REFORM", autocompletion=complete_reform),
]
Shift = Annotated[
    list[str] | None, typer.Option(help="Move a reform in time.", metavar="REFORM=MONTHS")
]
Dose = Annotated[list[str] | None, typer.Option(help="Scale a reform.", metavar="REFORM=X")]
Force = Annotated[list[str] | None, typer.Option(help="Fix a decision.", metavar="DECISION=VALUE")]
Mode = Annotated[
    str | None,
    typer.Option(
        help="replay: all as it happened; do: responses decided; endogenous: all decided."
    ),
]
Cluster = Annotated[
    str | None,
    typer.Option(
        help="Run on a Dask cluster: host:port of its scheduler; local:N starts N processes here.",
        metavar="ADDRESS",
    ),
]
Out = Annotated[Path, typer.Option(help="Folder for the result.", metavar="DIR")]
Resume = Annotated[
    bool, typer.Option("--resume", help="Go on where a killed run in --out stopped.")
]
Format = Annotated[
    list[str] | None,
    typer.Option("--format", help="parquet or zarr besides netCDF and CSV."),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
Csv = Annotated[bool, typer.Option("--csv", help="Print comma-separated values.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no tables.")]
