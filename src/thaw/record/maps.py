"""The map of 1959: outlines of units and states, decoded from the TopoJSON of the package."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from thaw.record.package import FOLDER

Ring = list[tuple[float, float]]


@lru_cache(maxsize=1)
def unit_rings() -> dict[str, list[list[Ring]]]:
    """Return polygons by place id, units and states alike: rings of (longitude, latitude).

    The first ring of a polygon is its outline, the others are holes. Degrees, WGS84.
    """
    topology = json.loads((FOLDER / "bloc_map_1959.topojson").read_text("utf-8"))
    arcs = [_arc(arc, topology["transform"]) for arc in topology["arcs"]]
    features = topology["objects"]["bloc_full"]["geometries"]
    return {feature["properties"]["place_id"]: _polygons(feature, arcs) for feature in features}


def _arc(deltas: list[list[int]], transform: dict[str, Any]) -> Ring:
    """Undo the delta coding and the quantisation of one arc (TopoJSON specification 2.1.3)."""
    (scale_x, scale_y), (shift_x, shift_y) = transform["scale"], transform["translate"]
    x = y = 0
    points = []
    for step_x, step_y in deltas:
        x, y = x + step_x, y + step_y
        points.append((x * scale_x + shift_x, y * scale_y + shift_y))
    return points


def _polygons(feature: dict[str, Any], arcs: list[Ring]) -> list[list[Ring]]:
    parts = [feature["arcs"]] if feature["type"] == "Polygon" else feature["arcs"]
    return [[_ring(indices, arcs) for indices in part] for part in parts]


def _ring(indices: list[int], arcs: list[Ring]) -> Ring:
    """Join arcs; a negative index is an arc read backwards, joints are not repeated."""
    ring: Ring = []
    for index in indices:
        points = arcs[index] if index >= 0 else arcs[~index][::-1]
        ring += points[1:] if ring else points
    return ring
