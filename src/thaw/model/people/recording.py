"""Recorded fields of a run, and the replay of one district from them, bit for bit.

A month of a district depends on its own citizens, the quantised tables, the informed plane (long
ties) and the mail. With these kept, the district can be run again alone.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import UInt32

from thaw.errors import InputError
from thaw.model.people import blocks, kernel, kernel_counts, mail
from thaw.model.people.hashing import keys_of
from thaw.model.people.kernel_tables import Tables
from thaw.model.people.layout import CELL, WORDS
from thaw.model.people.mail import Mail

Words = UInt32[np.ndarray, "cell 1024"]


class Recorder:
    """Keeps every month's fields of a run in a folder; give it to ``World.recorder``."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.month = folder, 0
        self.held: dict[str, np.ndarray] = {}
        folder.mkdir(parents=True, exist_ok=True)

    def __call__(self, name: str, value: Any) -> None:
        """Take one of the month's inputs; the mail comes last and closes the month."""
        if name == "informed":
            self.held = {"informed": value}
        elif name == "tables":
            self.held |= {"unit": value.unit, "national": value.national}
        else:
            fields = {f"mail_{field}": np.asarray(getattr(value, field)) for field in Mail._fields}
            kept: dict[str, Any] = {**self.held, **fields}
            np.savez_compressed(self.folder / f"{self.month:04d}.npz", **kept)
            self.month += 1


def months(folder: Path) -> list[Path]:
    """Return the recorded months in order; raise InputError when there is none."""
    found = sorted(folder.glob("[0-9]*.npz"))
    if not found:
        raise InputError(f"'{folder}' holds no recorded months")
    return found


def replay(
    origin: Any, folder: Path, district: int, seed: int, number: int = 0, generator: str = "mix"
) -> tuple[Words, Words]:
    """Return both words of a district's citizens after the recorded months.

    ``origin`` is :func:`thaw.model.people.world.origin` of the same run.
    """
    layout = origin.layout
    cells = layout.cells_of(district)
    if len(cells) == 0:
        raise InputError(f"district {district} is outside 0 to {int(layout.district.max())}")
    unit = int(layout.unit[cells[0]])
    rows = slice(int(cells[0] - layout.first[unit]), int(cells[-1] - layout.first[unit]) + 1)
    words = [jnp.asarray(made.reshape(-1, CELL)[rows]) for made in origin.words(unit)]
    none = jnp.zeros((len(cells), WORDS), jnp.uint32)
    kin = (none, none)
    run = blocks.stages(generator, len(layout.slots))
    block = kernel.Block(jnp.asarray(cells.astype(np.uint32)), jnp.asarray(layout.unit[cells]))
    geometry = [jnp.asarray(x[cells]) for x in (layout.partner, layout.turn)]
    for month, file in enumerate(months(folder)):
        with np.load(file, allow_pickle=False) as held:
            kept = {name: held[name] for name in held.files}
        tables = Tables(kept["unit"], kept["national"], kept["unit"])
        now = kernel.Month(
            jnp.asarray(tables.unit),
            jnp.asarray(tables.national),
            jnp.asarray(keys_of(seed, number, month, generator)),
        )
        here = jnp.arange(len(cells), dtype=jnp.int32)
        at = jnp.asarray(cells.astype(np.int32))
        told = run["ties"](jnp.asarray(kept["informed"]), at, *geometry)
        near = [run["household"](plane, here) for plane in kin]
        first = run["first"](jnp.zeros_like(words[0]), words[0], words[1], told, *near, block, now)
        second = run["second"](words[0], words[1], first, block, now)
        found = run["planes"](words[0], first, second, now)
        words = _delivered([np.array(first), np.array(second)], kept, int(cells[0]))
        arrested, returned = (np.array(found[kernel_counts.PLANES.index(n)]) for n in _KIN)
        _mark(returned, kept["mail_returned"] - int(cells[0]) * CELL)
        kin = (jnp.asarray(arrested), jnp.asarray(returned))
    return np.asarray(words[0]), np.asarray(words[1])


_KIN = ("arrested", "returned")


def _delivered(words: list[np.ndarray], kept: dict[str, np.ndarray], first: int) -> list[Any]:
    slots = kept["mail_slots"] - first * CELL
    inside = (slots >= 0) & (slots < words[0].size)
    for array, values in zip(words, (kept["mail_first"], kept["mail_second"]), strict=True):
        array.reshape(-1)[slots[inside]] = values[inside]
    return [jnp.asarray(array) for array in words]


def _mark(plane: np.ndarray, slots: np.ndarray) -> None:
    inside = slots[(slots >= 0) & (slots < plane.size * 32)]
    mail.set_bits(plane, inside)
