"""The fixed orders of the model's axes: units, classes, groups, states."""

from __future__ import annotations

from functools import cache

PRISONER_CLASSES = ("short", "long", "collaborator", "political")
"""Prisoners by sentence: up to five years, longer, wartime collaboration or nationalism, other
counter-revolutionary crimes."""

SETTLER_GROUPS = (
    "germans",
    "caucasus",
    "crimean",
    "kalmyks",
    "poles",
    "ex_kulaks",
    "western",
    "other",
)
"""Special settlers: Germans; Chechens, Ingush, Karachai and Balkars; deported from Crimea; Kalmyks;
Poles of 1936; former kulaks; deported from the Baltic, western Ukraine and Moldavia; others."""

AUDIENCES = ("party", "komsomol", "other")
"""Adults of 16 and over by the circle in which readings were held."""

ACTS = ("grumble", "letter", "strike", "crowd")
"""Open acts by level: grumbling, anonymous letter or leaflet, strike, crowd."""

BLOC_STATES = ("gdr", "poland", "hungary", "czechoslovakia", "romania", "bulgaria", "albania")


@cache
def units() -> tuple[str, ...]:
    """Return the ids of the 121 territorial units, sorted: the order of every place axis."""
    from thaw import record

    return tuple(sorted(record.places(kind="unit")["place_id"]))
