"""Whether the coupled months run away: spectral radius of the monthly map of the macro block."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from thaw import reforms
from thaw.model import exogenous, parameters, simulate
from thaw.model.clock import stamp
from thaw.report.pages.markdown import NOTE, table

if TYPE_CHECKING:
    from thaw.experiment.run import Progress

DRAWS = 4
MONTHS = tuple(range(6, 186, 12))
"""July of each year 1953-1967."""
SMALL = 16
"""State variables with more numbers than this enter as one common factor."""
RUN_AWAY = 1.02
BATCH = 32
"""Directions differentiated at once: more would not fit into memory."""

INTRODUCTION = """# Does the coupled system run away?

Spectral radius of the monthly map, linearised (forward-mode derivatives) along the skeleton path (no random numbers, decisions as in
history) of {draws} prior draws, in July of each year 1953-67. National variables enter one by one; fields over units or persons by age enter
as one common factor each, so that what multiplies them everywhere is seen and what moves them between units is not: {size} directions. A value above {limit:g} means that small
differences would double within three years; two Julys running above it are flagged. Values near 1 are expected: totals, capital, and the numbers of
people are remembered for ever. Thresholds and drawn events have no derivative, so onsets of crises and votes are not in this figure.

"""


def write(folder: Path, progress: Progress | None = None) -> list[Path]:
    """Write ``model/stability.md``; return its path."""
    page = folder / "model" / "stability.md"
    page.write_text(text(*radii(progress=progress)), encoding="utf-8")
    return [page]


def radii(
    draws: int = DRAWS, progress: Progress | None = None
) -> tuple[Float[np.ndarray, "draw time"], list[str], list[str]]:
    """Return spectral radii by draw and July, the names of directions, and who runs away.

    The third list names, for each radius above the limit, the three directions with the largest
    entries in the leading eigenvector.
    """
    along, names = _jacobians(max(MONTHS) + 1)
    sample = parameters.sample_prior(0, draws)
    found = np.zeros((draws, len(MONTHS)))
    leading = []
    for draw in range(draws):
        matrices = np.asarray(along({name: values[draw] for name, values in sample.items()}))
        for position, matrix in enumerate(matrices):
            values, vectors = np.linalg.eig(matrix)
            first = int(np.argmax(np.abs(values)))
            found[draw, position] = np.abs(values[first])
            if found[draw, position] > RUN_AWAY:
                largest = np.argsort(-np.abs(vectors[:, first]))[:3]
                leading.append(", ".join(names[i] for i in largest))
        if progress is not None:
            progress(draw + 1, draws)
    return found, names, leading


def text(found: Float[np.ndarray, "draw time"], names: list[str], leading: list[str]) -> str:
    """Return the page for radii by draw and July."""
    rows = [
        (stamp(month), *(float(q) for q in np.quantile(column, (0.0, 0.5, 1.0))), high)
        for month, column in zip(MONTHS, found.T, strict=True)
        for high in [int((column > RUN_AWAY).sum())]
    ]
    above = found > RUN_AWAY
    flagged = int((above[:, 1:] & above[:, :-1]).any(axis=1).sum())
    verdict = f"\n{flagged} of {len(found)} draws are flagged."
    if leading:
        common = Counter(leading).most_common(5)
        verdict += " Leading directions: " + "; ".join(f"{who} ({n})" for who, n in common) + "."
    headings = ("month", "lowest", "median", "highest", f"draws above {RUN_AWAY:g}")
    start = INTRODUCTION.format(draws=len(found), limit=RUN_AWAY, size=len(names))
    exact = [(r[0], *(f"{x:.4f}" for x in r[1:4]), r[4]) for r in rows]
    return NOTE + start + table(headings, exact) + verdict + "\n"


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
