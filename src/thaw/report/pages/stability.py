"""Whether the coupled months run away: spectral radius of the monthly map of the macro block."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from scipy import linalg

from thaw import reforms
from thaw.model import exogenous, parameters, simulate
from thaw.model.clock import stamp
from thaw.report.pages.markdown import NOTE, table

if TYPE_CHECKING:
    from thaw.experiment.run import Progress

DRAWS = 16
MONTHS = tuple(range(6, 186, 12))
"""July of each year 1953-1967."""
SMALL = 16
"""State variables with more numbers than this enter as one common factor."""
RUN_AWAY = 1.02
BATCH = 32
"""Directions differentiated at once: more would not fit into memory."""
SHARE = 0.1
"""A direction belongs to a mode when it holds this share of its participation."""

INTRODUCTION = f"""# Does the coupled system run away?

The monthly map, linearised (forward-mode derivatives) along the skeleton path (no random numbers,
decisions as in history) of {{draws}} prior draws, in July of each year 1953-67. National
variables enter one by one; fields over units, and persons by age, enter as one common factor
each: what multiplies them everywhere is seen, what moves them between units is not ({{size}}
directions). The spectral radius is the largest absolute eigenvalue; above {RUN_AWAY:g} small
differences double within three years. Values near 1 are expected: totals, capital and numbers of
people are remembered for ever. Thresholds and drawn events have no derivative, so onsets of
crises, votes and the whole numbers that commissions handle are not in these figures.

*Own*: the same with every coupling between two subsystems left out. Where both agree, no feedback
between subsystems makes the largest mode; it lives inside one.

"""
MODES = f"""
## What the modes above {RUN_AWAY:g} are

Directions by participation (product of left and right eigenvector, which no choice of units
changes). A negative eigenvalue alternates from month to month. Growth of one variable by itself
is the early part of a saturating curve (durables, panel building, launch sites), not a loop.

"""


@dataclasses.dataclass(frozen=True)
class Mode:
    """One eigenvalue above the limit: its draw, July and value, and the directions that make it."""

    draw: int
    july: int
    value: complex
    directions: tuple[str, ...]


def write(folder: Path, progress: Progress | None = None) -> list[Path]:
    """Write ``model/stability.md``; return its path."""
    page = folder / "model" / "stability.md"
    page.write_text(text(*spectra(progress=progress)), encoding="utf-8")
    return [page]


def spectra(
    draws: int = DRAWS, progress: Progress | None = None
) -> tuple[Float[np.ndarray, "2 draw july"], list[Mode], int]:
    """Return radii (whole, own blocks) by draw and July, modes above the limit, and the size."""
    along, names = _jacobians(max(MONTHS) + 1)
    sample = parameters.sample_prior(0, draws)
    radii, found = np.zeros((2, draws, len(MONTHS))), []
    for draw in range(draws):
        matrices = np.asarray(along({name: values[draw] for name, values in sample.items()}))
        for july, matrix in enumerate(matrices):
            values, chosen = modes(matrix, names)
            radii[:, draw, july] = np.abs(values).max(), own_radius(matrix, names)
            found += [Mode(draw, july, value, who) for value, who in chosen]
        if progress is not None:
            progress(draw + 1, draws)
    return radii, found, len(names)


def modes(
    matrix: Float[np.ndarray, "n n"], names: Sequence[str]
) -> tuple[np.ndarray, list[tuple[complex, tuple[str, ...]]]]:
    """Return the eigenvalues, and those above the limit with the directions that take part."""
    values, left, right = linalg.eig(matrix, left=True, right=True)
    found = []
    for place in np.flatnonzero(np.abs(values) > RUN_AWAY):
        part = np.abs(left[:, place].conj() * right[:, place])
        largest = np.flatnonzero(part >= SHARE * part.sum())
        found.append((complex(values[place]), tuple(sorted({names[int(i)] for i in largest}))))
    return values, found


def own_radius(matrix: Float[np.ndarray, "n n"], names: Sequence[str]) -> float:
    """Return the largest absolute eigenvalue when subsystems do not hear each other."""
    owner = np.array([name.split(".")[0] for name in names])
    alone = np.where(owner[:, None] == owner[None, :], matrix, 0.0)
    return float(np.abs(np.linalg.eigvals(alone)).max())


def text(radii: Float[np.ndarray, "2 draw july"], found: list[Mode], size: int) -> str:
    """Return the page for radii and modes."""
    whole, own = radii
    rows = (
        (
            stamp(month),
            *(f"{np.median(r[:, i]):.4f}" for r in (whole, own)),
            *(f"{r[:, i].max():.4f}" for r in (whole, own)),
            f"{(whole - own)[:, i].max():.4f}",
            int((whole[:, i] > RUN_AWAY).sum()),
        )
        for i, month in enumerate(MONTHS)
    )
    headings = (
        "month",
        "median",
        "median, own",
        "highest",
        "highest, own",
        "coupling adds at most",
        f"draws above {RUN_AWAY:g}",
    )
    above = whole > RUN_AWAY
    flagged = int((above[:, 1:] & above[:, :-1]).any(axis=1).sum())
    return "".join(
        [
            NOTE,
            INTRODUCTION.format(draws=len(whole), size=size),
            table(headings, rows),
            f"\n{flagged} of {len(whole)} draws exceed {RUN_AWAY:g} in two Julys running.\n",
            MODES,
            table(("directions", "draws", "Julys", "largest", "kind"), _kinds(found, len(whole))),
        ]
    )


def _kinds(found: list[Mode], draws: int) -> list[tuple[object, ...]]:
    groups: dict[tuple[str, ...], list[Mode]] = {}
    for mode in found:
        groups.setdefault(mode.directions, []).append(mode)
    rows = []
    for directions, members in groups.items():
        largest = max(members, key=lambda mode: abs(mode.value))
        years = sorted({1953 + mode.july for mode in members})
        rows.append(
            (
                ", ".join(f"`{name}`" for name in directions),
                f"{len({mode.draw for mode in members})} of {draws}",
                f"{years[0]}-{years[-1]}" if len(years) > 1 else years[0],
                f"{abs(largest.value):.3f}",
                _kind(largest.value),
            )
        )
    return sorted(rows, key=lambda row: str(row[3]), reverse=True)


def _kind(value: complex) -> str:
    if abs(value.imag) > 1e-9:
        return "cycle"
    return "growth" if value.real > 0 else "alternating"


def _jacobians(months: int) -> tuple[Callable[[Any], Array], list[str]]:
    """Return f(params) -> Jacobians [time, direction, direction], and the directions' names."""
    structure, inputs = simulate.Structure(months), simulate.all_inputs()
    paths = reforms.lever_paths(reforms.load_scenario("historical"), months)
    plan = simulate.plan_of(paths, months, exogenous.replayed_years(1, months))
    rain = {name: values[0] for name, values in plan.rain.items()}
    outside = {**plan.exogenous, **rain}
    slices = {"value": plan.value, "decided": plan.decided, "exogenous": outside}
    names = direction_names(_start(structure, parameters.modes(), inputs))

    def along(params: Any) -> Array:
        def one(states: Any, month: Array) -> Any:
            now = jax.tree.map(lambda series: jnp.asarray(series)[month], slices)
            after, _ = simulate.one_month(structure, states, month, now, params, inputs, None)
            return _as_floats(after)

        def local(month: Array) -> Array:
            states = jax.tree.map(lambda leaf: leaf[month], kept)
            reduced = partial(_reduced, one, states, month)
            columns = jax.lax.map(
                lambda along: jax.jvp(reduced, (origin,), (along,))[1],
                jnp.eye(len(names)),
                batch_size=BATCH,
            )
            return columns.T

        origin = jnp.zeros(len(names))
        start = _start(structure, params, inputs)
        kept = jax.lax.scan(lambda s, m: (one(s, m), s), start, jnp.arange(months))[1]
        return jax.lax.map(local, jnp.asarray(MONTHS))

    return jax.jit(along), names


def _reduced(one: Callable[..., Any], states: Any, month: Array, shift: Array) -> Array:
    return project(one(shifted(states, shift), month), states)


def _start(structure: simulate.Structure, params: Any, inputs: Any) -> Any:
    scalars = {name: jnp.asarray(value).reshape(()) for name, value in params.items()}
    return _as_floats(simulate.initial_states(structure, scalars, inputs))


def _as_floats(states: Any) -> Any:
    return jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.float64), states)


def direction_names(states: Any) -> list[str]:
    """Return one name per direction, in the order of :func:`project`."""
    names = []
    for path, leaf in jax.tree_util.tree_flatten_with_path(states)[0]:
        name = jax.tree_util.keystr(path, simple=True, separator=".")
        names += [name] * (leaf.size if leaf.size <= SMALL else 1)
    return names


def shifted(states: Any, shift: Float[Array, " direction"]) -> Any:
    """Return states moved by ``shift``: small variables by addition, large ones by a factor."""
    leaves, structure = jax.tree.flatten(states)
    moved, place = [], 0
    for leaf in leaves:
        if leaf.size <= SMALL:
            moved.append(leaf + shift[place : place + leaf.size].reshape(leaf.shape))
            place += leaf.size
        else:
            moved.append(leaf * (1.0 + shift[place]))
            place += 1
    return jax.tree.unflatten(structure, moved)


def project(after: Any, before: Any) -> Float[Array, " direction"]:
    """Return the coordinates of a month's result: values, or the common factor of a field."""
    parts = []
    for new, old in zip(jax.tree.leaves(after), jax.tree.leaves(before), strict=True):
        if new.size <= SMALL:
            parts.append(new.ravel())
        else:
            weight = jnp.maximum(jnp.sum(old * old), 1e-300)
            parts.append(jnp.sum(new * old)[None] / weight)
    return jnp.concatenate(parts)
