"""Readers' own files: good ones are added, wrong ones are refused in one line."""

from pathlib import Path

import pytest

import thaw.record
from thaw.errors import InputError
from thaw.record import files

HEADER = ",".join(thaw.record.HEADER)
ROW = "gulag.prisoners_total,t,persons,USSR,1961-01-01,500000,490000,510000,own,my_notes,"


def write(folder: Path, *lines: str) -> Path:
    path = folder / "mine.csv"
    path.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
    return path


def test_good_file_is_added(tmp_path) -> None:
    new = 'my.index,t,index,Moscow,1937-1938,-1.5e3,,,derived,my_notes,"a, note"'
    path = write(tmp_path, ROW, new)
    mine = thaw.record.with_files([path])
    shipped = thaw.record.series("gulag.prisoners_total")
    assert len(mine.series("gulag.prisoners_total")) == len(shipped) + 1
    assert mine.series("my.index")["precision"].tolist() == ["period"]
    assert mine.record_hash() != thaw.record.record_hash()
    assert "my.index" not in thaw.record.series_ids()
    assert thaw.record.read_series_file(path)["value"].tolist() == [500_000.0, -1500.0]


def test_byte_order_mark_and_blank_lines_are_fine(tmp_path) -> None:
    path = tmp_path / "bom.csv"
    path.write_bytes(b"\xef\xbb\xbf" + f"{HEADER}\r\n\r\n{ROW}\r\n".encode())
    assert len(thaw.record.read_series_file(path)) == 1


WRONG_CELLS = [
    ("series_id", ""),
    ("unit", "thousand"),
    ("unit", ""),
    ("place", "Atlantis"),
    ("place", ""),
    ("date", "1961-02-30"),
    ("date", "January 1961"),
    ("value", ""),
    ("value", "many"),
    ("value", "nan"),
    ("value", "inf"),
    ("value", "1_000"),
    ("value", "500 000"),
    ("low", "500001"),
    ("high", "499999"),
    ("provenance", "Seen"),
    ("provenance", "rumour"),
    ("source_key", " "),
]


@pytest.mark.parametrize(("column", "found"), WRONG_CELLS)
def test_wrong_cell_names_line_and_column(tmp_path, column, found) -> None:
    cells = dict(zip(thaw.record.HEADER, ROW.split(","), strict=True)) | {column: found}
    path = write(tmp_path, ROW.replace("1961", "1962"), ",".join(cells.values()))
    with pytest.raises(InputError) as error:
        thaw.record.read_series_file(path)
    message = str(error.value)
    assert f"{path}: line 3: column '{column}': found {found!r}, allowed:" in message
    assert "\n" not in message


WRONG_BYTES = {
    "empty": b"",
    "header only": f"{HEADER}\n".encode(),
    "other header": b"a,b,c\n1,2,3\n",
    "reordered header": b"title," + HEADER.replace("title,", "").encode() + b"\n",
    "too few columns": f"{HEADER}\n1,2,3\n".encode(),
    "too many columns": f"{HEADER}\n{ROW},more\n".encode(),
    "latin letters": f"{HEADER}\n".encode() + b"caf\xe9\n",
    "NUL": f"{HEADER}\n{ROW}\0\n".encode(),
    "open quote": f'{HEADER}\n"{ROW}\n'.encode(),
    "huge cell": f"{HEADER}\n{'x' * 200_000}{ROW}\n".encode(),
    "line feed in a cell": f"{HEADER}\n".encode() + ROW.replace("USSR", '"US\nSR"').encode(),
    "twice the same": f"{HEADER}\n{ROW}\n{ROW}\n".encode(),
}


@pytest.mark.parametrize("name", WRONG_BYTES)
def test_wrong_file_is_refused_in_one_line(tmp_path, name) -> None:
    path = tmp_path / "wrong.csv"
    path.write_bytes(WRONG_BYTES[name])
    with pytest.raises(InputError) as error:
        thaw.record.Record([path])
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_missing_file_and_folder(tmp_path) -> None:
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(InputError, match="no such file"):
            thaw.record.read_series_file(path)


def test_size_limit(tmp_path, monkeypatch) -> None:
    path = write(tmp_path, ROW)
    monkeypatch.setattr(files, "MAX_BYTES", 20)
    with pytest.raises(InputError, match="allowed: at most 20"):
        thaw.record.read_series_file(path)


def test_unit_must_agree_within_a_new_series(tmp_path) -> None:
    first = "my.index,t,index,USSR,1961,1,,,own,my_notes,"
    path = write(tmp_path, first, first.replace(",index,", ",share,").replace("1961", "1962"))
    with pytest.raises(InputError, match="column 'unit': found 'share', allowed: 'index'"):
        thaw.record.read_series_file(path)
