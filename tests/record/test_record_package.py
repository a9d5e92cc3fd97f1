"""The data package: every table fits its schema, has a licence and sources, and is stable."""

import hashlib
import re
from typing import Any

import pandas
import pytest

import thaw.record
from thaw.record import package

NUMBERS = {"integer": re.compile(r"-?\d+"), "number": re.compile(r"-?\d*\.?\d+([eE][+-]?\d+)?")}
TABLES = thaw.record.table_names()


def raw(name: str) -> pandas.DataFrame:
    return pandas.read_csv(package.FOLDER / f"{name}.csv", dtype=str, keep_default_na=False)


def faults(table: pandas.DataFrame, schema: dict[str, Any]) -> list[str]:
    """Return what in a table of texts breaks its schema; an empty list where nothing does."""
    names = [field["name"] for field in schema["fields"]]
    if list(table.columns) != names:
        return [f"columns {list(table.columns)} are not {names}"]
    found = [fault for field in schema["fields"] for fault in _field_faults(table, field)]
    keys = schema.get("primaryKey", [])
    if keys and table.duplicated(keys).any():
        found.append(f"primary key {keys} is not unique")
    return found


def _field_faults(table: pandas.DataFrame, field: dict[str, Any]) -> list[str]:
    name, limits = field["name"], field.get("constraints", {})
    column = table[name]
    filled = set(column) - {""}
    found = [f"{name}: empty cell"] if limits.get("required") and (column == "").any() else []
    shapes = [NUMBERS.get(field["type"]), limits.get("pattern")]
    for shape in filter(None, shapes):
        found += [f"{name}: {text!r}" for text in filled if not re.fullmatch(shape, text)]
    if "enum" in limits:
        found += [f"{name}: {text!r} not allowed" for text in filled - set(limits["enum"])]
    return found


@pytest.mark.parametrize("name", TABLES)
def test_table_fits_its_schema(name: str) -> None:
    resource = package.resources()[name]
    table = raw(name)
    assert faults(table, resource["schema"]) == []
    assert len(table) == resource["rows"] > 0


def test_checker_finds_faults() -> None:
    schema = package.resources()["series"]["schema"]
    table = raw("series").head(3)
    table.loc[0, "value"] = "many"
    table.loc[1, "provenance"] = "rumour"
    table.loc[2, "date"] = "spring"
    assert len(faults(table, schema)) == 3


@pytest.mark.parametrize("name", TABLES)
def test_foreign_keys_resolve(name: str) -> None:
    table = raw(name)
    for key in package.resources()[name]["schema"].get("foreignKeys", []):
        target = key["reference"]
        known = set(raw(target["resource"])[target["fields"]]) | {""}
        assert set(table[key["fields"]]) <= known


def test_every_resource_has_licence_sources_and_description() -> None:
    for resource in package.resources().values():
        assert resource["licenses"][0]["title"]
        assert resource["sources"][0]["title"]
        assert len(resource["description"]) > 20
        assert resource["provenance"]


def test_every_file_is_declared_and_under_five_megabytes() -> None:
    declared = {resource["path"] for resource in package.resources().values()}
    files = {path.name: path for path in package.FOLDER.iterdir()}
    assert set(files) == declared | {"datapackage.json"}
    assert max(path.stat().st_size for path in files.values()) < 5_000_000


def test_share_alike_tables_are_kept_apart() -> None:
    licences = thaw.record.licences().set_index("table")["licence"]
    shared = {name for name, text in licences.items() if "ShareAlike" in text}
    assert shared == {"series_vdem", "vdem", "vdem_leader_means"}
    for name in ("series", "monthly", "weather", "regional", "regimes"):
        assert not raw(name)["source_key"].str.contains("vdem").any()


def test_forbidden_rows_are_not_shipped() -> None:
    events = raw("events")
    assert not events["event_id"].str.startswith("icb_").any()
    merged = raw("merged")
    crisis_rows = merged[merged["event_id"].str.startswith("icb_")]
    assert (crisis_rows[["start", "end", "magnitude"]] == "").all().all()
    assert not raw("weather")["source_key"].str.contains("berkeley").any()
    assert "dispnum" not in raw("gml_mid_counts").columns


def test_record_hash_changes_with_the_files(tmp_path, monkeypatch) -> None:
    shipped = package.package_hash()
    assert thaw.record.record_hash() == shipped
    assert len(shipped) == len(hashlib.sha256().hexdigest())
    for path in package.FOLDER.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    monkeypatch.setattr(package, "FOLDER", tmp_path)
    assert package.package_hash.__wrapped__() == shipped
    with (tmp_path / "votes.csv").open("a", encoding="utf-8") as file:
        file.write("\n")
    assert package.package_hash.__wrapped__() != shipped
