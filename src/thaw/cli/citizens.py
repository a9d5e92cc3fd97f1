"""`thaw lives` and `thaw bench`: citizens one by one, and how fast this machine is with them."""

from __future__ import annotations

from typing import Annotated

import typer

from thaw.cli import options
from thaw.errors import InputError


def lives(
    place: Annotated[str, typer.Option(help="Unit of the map: id, name or alias.")],
    seed: options.Seed = 0,
    count: Annotated[int, typer.Option(help="Number of life courses (1 to 20).")] = 3,
    scenario: Annotated[
        str, typer.Option(help="Scenario.", autocompletion=options.complete_scenario)
    ] = "historical",
    json_: options.Json = False,
) -> None:
    """Follow a few simulated citizens, to find out why a number came out.

    They are composed by the model: none of them ever lived.
    """
    from thaw.experiment.lives import life_courses
    from thaw.report import contract

    if not 1 <= count <= 20:
        raise InputError(f"--count {count} is outside 1 to 20")
    courses = life_courses(place, seed, count, scenario=scenario)
    if json_:
        typer.echo(contract.dumps(courses))
        return
    for course in courses:
        typer.echo(f"{course['sex']}, born {course['born']}, {course['place']}. {course['note']}")
        typer.echo(f"  1953-01  {course['start']}")
        for event in course["events"]:
            typer.echo(f"  {event['month']}  {event['text']}")
        typer.echo()


def bench(
    sizes: Annotated[
        list[int] | None, typer.Option("--size", help="Citizens; may be given several times.")
    ] = None,
    json_: options.Json = False,
) -> None:
    """Measure this machine: memory bandwidth, people-steps a second, time to one to one."""
    from thaw.experiment.bench import bench as measured
    from thaw.report import contract

    chosen = sizes or [100_000, 1_000_000]
    for size in chosen:
        if not 1_000 <= size <= 20_000_000:
            raise InputError(f"--size {size} is outside 1000 to 20000000")
    document = measured(chosen)
    if json_:
        typer.echo(contract.dumps(document))
        return
    typer.echo(
        f"{document['backend']}, {document['threads']} threads, "
        f"bandwidth {document['bandwidth_gb_s']:.1f} GB/s"
    )
    for row in document["sizes"]:
        typer.echo("  " + ", ".join(f"{key} {_short(value)}" for key, value in row.items()))
    typer.echo(
        f"{document['people_steps_per_s'] / 1e6:.1f} million people-steps a second, "
        f"{document['bytes_per_person']:.1f} bytes a person; one to one would take about "
        f"{document['seconds_1to1_estimate'] / 60:.0f} minutes"
    )


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
