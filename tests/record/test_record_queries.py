"""The questions a reader asks: series, events, people, sources, places, search, dates, map."""

import datetime
import itertools
import subprocess
import sys

import pytest

import thaw.record
from thaw.errors import InputError
from thaw.record import dates


@pytest.mark.parametrize(
    ("text", "first", "last", "precision"),
    [
        ("1953", (1953, 1, 1), (1953, 12, 31), "year"),
        ("1953-03", (1953, 3, 1), (1953, 3, 31), "month"),
        ("1956-02", (1956, 2, 1), (1956, 2, 29), "month"),
        ("1953-03-27", (1953, 3, 27), (1953, 3, 27), "day"),
        ("1937-1938", (1937, 1, 1), (1938, 12, 31), "period"),
    ],
)
def test_dates(text, first, last, precision) -> None:
    assert dates.parse(text) == (datetime.date(*first), datetime.date(*last), precision)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "53",
        "1953-13",
        "1953-00",
        "1961-08-66",
        "1938-1937",
        "0000",
        "\uff11\uff19\uff15\uff13",
        "1953 ",
    ],
)
def test_wrong_dates(text) -> None:
    with pytest.raises(InputError, match="allowed: YYYY"):
        dates.parse(text)


def test_series_by_id_and_place() -> None:
    camps = thaw.record.series("gulag.prisoners_total")
    assert tuple(camps.columns[:11]) == thaw.record.HEADER
    assert list(camps.columns[11:]) == ["start", "end", "precision"]
    kazakh = thaw.record.series("population.census_republic", place="Kazakhstan")
    assert set(kazakh["place"]) == {"Kazakh SSR"}


def test_copies_do_not_share_memory() -> None:
    votes, series = thaw.record.table("votes"), thaw.record.series()
    votes.loc[:, "stance"] = "none"
    series.loc[:, "value"] = 0.0
    assert set(thaw.record.table("votes")["stance"]) != {"none"}
    assert thaw.record.series()["value"].abs().max() > 0


@pytest.mark.parametrize(
    "ask",
    [
        lambda: thaw.record.series("gulag.prisoner_total"),
        lambda: thaw.record.series(place="Atlantis"),
        lambda: thaw.record.events(domain="cultur"),
        lambda: thaw.record.events(start="spring"),
        lambda: thaw.record.people(body="Presidum"),
        lambda: thaw.record.source("zemskov"),
        lambda: thaw.record.places("units"),
        lambda: thaw.record.place("Tiblisi"),
        lambda: thaw.record.table("event"),
    ],
)
def test_unknown_words_are_one_line(ask) -> None:
    with pytest.raises(InputError) as error:
        ask()
    assert "allowed" in str(error.value)
    assert "\n" not in str(error.value)


def test_events_by_window_domain_and_place() -> None:
    june = thaw.record.events(start="1962-06", end="1962-06")
    assert "novocherkassk_1962" in set(june["event_id"])
    assert (june["start"] <= "1962-06-30").all()
    here = thaw.record.events(domain="society", place="Novocherkassk")
    assert len(here) == 1
    assert len(here["source_keys"].iloc[0].split(";")) == 3


def test_people_on_a_day() -> None:
    full = thaw.record.people(body="Presidium", on="1957-06-18")
    full = full[full["post"] == "full member"]
    assert len(full) == 11
    assert len(thaw.record.people(name="khrushchev")) > 1


def test_places_and_units() -> None:
    assert thaw.record.place("Krivoy Rog").place_id == "krivoi_rog"
    assert thaw.record.place("moscow").kind == "unit"
    assert thaw.record.place("Moscow").kind == "town"
    assert thaw.record.place("Armenian SSR").kind == "republic"
    assert thaw.record.unit_of("Tbilisi") == "georgian_ssr_unit"
    assert thaw.record.unit_of("Vorkuta") == "komi_assr"
    assert thaw.record.unit_of("Hungary") == ""


def test_names_and_aliases_name_one_place_each() -> None:
    words: dict[str, str] = {}
    for row in thaw.record.places().itertuples():
        for word in row.aliases.split(";"):
            if word:
                assert words.setdefault(word.casefold(), row.place_id) == row.place_id, word


def test_sources_and_search() -> None:
    assert thaw.record.source("ghcn_grid_prcp").licence.startswith("US government work")
    found = thaw.record.search("Secret Speech")
    assert found["score"].is_monotonic_decreasing
    assert "event" in set(found["kind"])
    assert thaw.record.search("xyzzy").empty
    assert thaw.record.search("").empty
    assert "gulag.prisoners_total" in set(thaw.record.search("prisoners colonies")["id"])


def inside(lon: float, lat: float, ring) -> bool:
    hit = False
    for (x1, y1), (x2, y2) in itertools.pairwise(ring):
        if (y1 > lat) != (y2 > lat) and lon < (x2 - x1) * (lat - y1) / (y2 - y1) + x1:
            hit = not hit
    return hit


def test_camps_lie_in_their_unit() -> None:
    rings = thaw.record.unit_rings()
    camps = thaw.record.table("camps")
    assert camps["located"].value_counts().to_dict() == {"inside": 641, "abroad": 11, "nearest": 9}
    for row in camps[camps["located"] == "inside"].itertuples():
        outlines = [polygon[0] for polygon in rings[row.unit]]
        assert any(inside(row.lon, row.lat, ring) for ring in outlines), row.camp_id


def test_map_joins_to_places() -> None:
    rings = thaw.record.unit_rings()
    assert set(thaw.record.places("unit")["place_id"]) <= set(rings)
    for polygons in rings.values():
        assert all(ring[0] == ring[-1] for polygon in polygons for ring in polygon)


def test_import_is_light() -> None:
    code = "import sys, thaw.record; print('pandas' in sys.modules, 'jax' in sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.split() == ["False", "False"]
