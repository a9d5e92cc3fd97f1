"""The record agrees with itself: sources, units, dates, bounds, places, provenance, known sums."""

import pandas
import pytest

import thaw.record
from thaw.record import dates
from thaw.record.record import SERIES_TABLES


@pytest.fixture(scope="module")
def series() -> pandas.DataFrame:
    return thaw.record.series()


def values(series_id: str) -> pandas.Series:
    frame = thaw.record.series(series_id)
    return frame.set_index("date")["value"]


def test_every_source_resolves() -> None:
    known = set(thaw.record.sources()["source_key"])
    for name in thaw.record.table_names():
        table = thaw.record.table(name)
        for column in {"source_key", "source_keys"} & set(table.columns):
            words = {key for cell in table[column] for key in cell.split(";")}
            assert words <= known, name


def test_units_agree_within_a_series(series) -> None:
    assert series.groupby("series_id")["unit"].nunique().max() == 1


def test_a_series_stands_in_one_table() -> None:
    seen: dict[str, str] = {}
    for name in ("series", "monthly", "weather", "regional"):
        for series_id in thaw.record.table(name)["series_id"].unique():
            assert seen.setdefault(series_id, name) == name


def test_dates_parse_to_their_precision(series) -> None:
    by_length = {4: "year", 7: "month", 9: "period", 10: "day"}
    assert (series["date"].str.len().map(by_length) == series["precision"]).all()
    assert (series["start"] <= series["end"]).all()
    for name in ("events", "people", "obkom", "disturbances", "leaders_archigos"):
        table = thaw.record.table(name)
        for start, end in zip(table["start"], table["end"], strict=True):
            if start and end:
                assert dates.parse(start)[0] <= dates.parse(end)[1], (name, start, end)
    events = thaw.record.events()
    assert [dates.parse(text)[2] for text in events["start"]] == list(events["precision"])


def test_low_value_high(series) -> None:
    assert series["value"].notna().all()
    assert not (series["low"] > series["value"]).any()
    assert not (series["high"] < series["value"]).any()


def test_every_place_is_known_or_kept_with_a_reason(series) -> None:
    words = {*series["place"], *thaw.record.events()["place"]}
    apart = {word.strip() for cell in words for word in cell.split(";")}
    assert all(thaw.record.place(word).place_id for word in apart)
    countries = ("vdem", "regimes", "leaders_archigos", "vdem_leader_means")
    words = {word for name in countries for word in thaw.record.table(name)["country"]}
    words |= set(thaw.record.table("disturbances")["place"])
    words |= set(thaw.record.table("obkom")["region"])
    assert all(thaw.record.place(word).place_id for word in words)
    kept = thaw.record.table("places_unresolved")
    assert (kept["reason"] != "").all()
    regions = set(kept[kept["table"] == "camps"]["text"])
    assert {region or "(empty)" for region in thaw.record.table("camps")["region"]} <= regions


def test_units_of_located_tables_are_units_of_the_map() -> None:
    units = set(thaw.record.places("unit")["place_id"])
    assert len(units) == 121
    assert set(thaw.record.table("disturbances")["unit"]) <= units
    for name in ("camps", "camp_years"):
        assert set(thaw.record.table(name)["unit"]) <= units | {"abroad"}
    assert set(thaw.record.table("obkom")["unit"]) <= units | {""}


# Row counts of the raw tables by provenance, before conversion:
# series 6,836 / 1,180; monthly 11,477 / 300; weather 13,256 / 0; regional 146 / 68.
def test_recalled_never_became_seen_in_series(series) -> None:
    counts = series["provenance"].value_counts()
    assert counts.to_dict() == {"seen": 31_715, "recalled": 1_548}
    assert sum(len(thaw.record.table(name)) for name in SERIES_TABLES) == 33_263


# Raw rows: people 127 / 212, obkom 118 / 151, cc_roll 82 / 584, votes 45 / 69,
# disturbances 5 / 11, sovnarkhozy 0 / 106 (seen / recalled).
@pytest.mark.parametrize(
    ("name", "seen", "recalled"),
    [
        ("people", 127, 212),
        ("obkom", 118, 151),
        ("cc_roll", 82, 584),
        ("votes", 45, 69),
        ("disturbances", 5, 11),
        ("sovnarkhozy", 0, 106),
    ],
)
def test_recalled_never_became_seen(name: str, seen: int, recalled: int) -> None:
    counts = thaw.record.table(name)["provenance"].value_counts()
    assert (counts.get("seen", 0), counts.get("recalled", 0)) == (seen, recalled)


# The raw event table has 713 rows, 430 seen and 283 recalled; the 63 rows left out are seen.
def test_no_event_row_is_lost() -> None:
    events, merged = thaw.record.events(), thaw.record.table("merged")
    left = thaw.record.table("left_out")
    left_ids = set(left[left["key"].str.startswith("icb_")]["key"])
    kept, folded = set(events["event_id"]), set(merged["event_id"])
    assert (len(kept), len(folded), len(left_ids)) == (490, 160, 63)
    assert len(kept | folded | left_ids) == 713
    named = {key for cell in events["merged_ids"] if cell for key in cell.split(";")}
    assert named == folded
    assert set(merged["merged_into"]) <= kept
    marks = ";".join(events["provenance_of_sources"])
    assert marks.count("=seen") == 430 - 63
    assert marks.count("=recalled") == 283


def test_merged_events_keep_every_source() -> None:
    events = thaw.record.events().set_index("event_id")["source_keys"]
    merged = thaw.record.table("merged")
    for into, keys in zip(merged["merged_into"], merged["source_key"], strict=True):
        assert set(keys.split(";")) <= set(events[into].split(";"))


# Itogi Vsesoyuznoi perepisi naseleniya 1959 goda: population present, 15 January 1959.
def test_fifteen_republics_of_1959() -> None:
    republics = thaw.record.series("population.census_republic")
    republics = republics[republics["date"].str.startswith("1959")]
    assert len(republics) == 15
    assert republics["value"].sum() == 208_826_650
    assert thaw.record.place("USSR").population_1959 == 208_826_650


# Rounded to thousands the units add up to 208,829 thousand; the census says 208,826,650.
def test_units_of_1959() -> None:
    assert thaw.record.places("unit")["population_1959"].sum() == 208_829_000
    assert thaw.record.places("republic")["population_1959"].sum() == 208_829_000


# Totals of the commission's report: 1,920,635 arrested, of whom 688,503 shot, 1935-1940.
def test_six_pospelov_years() -> None:
    assert values("repression.pospelov_arrested").sum() == 1_920_635
    assert values("repression.pospelov_executed").sum() == 688_503
    assert len(values("repression.pospelov_arrested")) == 6


# The five-year total of convictions for agitation in 1956-60 is printed apart.
def test_convictions_for_agitation() -> None:
    yearly = values("repression.antisoviet_agitation")
    total = yearly[["1956", "1957", "1958", "1959", "1960"]].sum()
    assert total == 4_676 == values("repression.antisoviet_agitation_5y")["1960"]


def test_census_tables_add_up_to_their_printed_totals() -> None:
    census = thaw.record.table("census_age")
    sums = census[census["age_kind"].isin(["single", "open", "unknown"])]
    keys, sexes = ["area", "census_year", "locality"], ["male", "female", "both"]
    printed = census[census["age_kind"] == "total"].set_index(keys)[sexes].sort_index()
    assert len(printed) == 12
    pandas.testing.assert_frame_equal(sums.groupby(keys)[sexes].sum(), printed)
    assert (census["male"] + census["female"] == census["both"]).all()


# Two tables of the camps differ in 1946 and 1951-53 (low and high hold both); the printed
# total of camps and colonies rests on one of them, to the person.
def test_camps_and_colonies_add_up_to_the_total() -> None:
    camps = thaw.record.series("gulag.prisoners_itl").set_index("date")[["value", "low", "high"]]
    sums = camps.add(values("gulag.prisoners_itk"), axis=0)
    total = values("gulag.prisoners_total")
    years = sums.index[sums["value"].notna()].intersection(total.index)
    assert len(years) == 26
    for year in years:
        assert total[year] in set(sums.loc[year]), year


def test_reconstructed_age_groups_add_up_within_rounding() -> None:
    ages = thaw.record.table("age_adh")
    keys = ["area", "year_jan1", "sex"]
    sums = ages[ages["age"] != "total"].groupby(keys)["thousand"].sum()
    printed = ages[ages["age"] == "total"].set_index(keys)["thousand"]
    assert (sums - printed).abs().max() <= 3  # thousands; 18 rounded groups


def test_life_tables_only_fall() -> None:
    tables = thaw.record.table("life_table").groupby(["area", "sex", "locality"])
    for _, table in tables:
        assert (table["lx"].diff().dropna() <= 0).all()
        assert table["qx"].between(0, 1).all()
