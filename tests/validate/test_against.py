import pytest

from thaw.errors import InputError
from thaw.model.clock import stamp
from thaw.record import HEADER
from thaw.validate.against import cases_of


def line(series="agriculture.meat", unit="Mt", place="USSR", date="1961", value="8.7", key="mine"):
    return f"{series},,{unit},{place},{date},{value},,,own,{key},"


def saved(folder, *lines):
    path = folder / "mine.csv"
    path.write_text("\n".join([",".join(HEADER), *lines]) + "\n", encoding="utf-8")
    return path


def test_values_become_targets_at_their_stamps(tmp_path):
    births = "vital.birth_rate,,per 1000,Soviet Union,1966-03-01,18.2,,,own,mine,"
    path = saved(tmp_path, line(), line(date="1962-05"), births)
    cases, left = cases_of(path)
    found = {c.observable.key: [stamp(t.month) for t in c.targets] for c in cases}
    assert found == {
        ("agriculture.meat", "USSR"): ["1961-12", "1962-12"],
        ("vital.birth_rate", "USSR"): ["1966-12"],
    }
    assert left == []


def test_training_is_the_record_before_1959_and_never_the_file(tmp_path):
    cases, _ = cases_of(saved(tmp_path, line(date="1955", value="99"), line(value="88")))
    assert max(r.month for r in cases[0].training) < 72
    assert not {99.0, 88.0} & {r.value for r in cases[0].training}
    assert [t.value for t in cases[0].targets] == [99.0, 88.0]


def test_several_values_at_one_stamp_are_settled_as_in_the_record(tmp_path):
    path = saved(tmp_path, line(value="8.0", key="a"), line(date="1961-06", value="9.0", key="b"))
    (target,) = cases_of(path)[0][0].targets
    assert (target.value, target.low, target.high) == (9.0, 8.0, 9.0)


def test_places_by_name_alias_or_id(tmp_path):
    cells = ("bloc.civil_liberties_index", "index")
    path = saved(
        tmp_path,
        line(*cells, "poland", "1961", "0.4"),
        line("eastwest.gdr_refugees", "thousand persons", "GDR", "1959", "144"),
    )
    places = [case.observable.place for case in cases_of(path)[0]]
    assert places == ["Poland", "East Germany"]


def test_a_period_stands_for_its_last_year(tmp_path):
    cells = ("rehab.total_1954_61", "persons", "USSR")
    cases, _ = cases_of(saved(tmp_path, line(*cells, "1954-1962", "800000")))
    assert stamp(cases[0].targets[0].month) == "1962-12"


def test_drivers_are_left_out_and_named(tmp_path):
    roster = line("leadership.presidium_full", "persons", "USSR", "1961-10", "11")
    driver = line("decentral.republic_industry_share", "percent", "USSR", "1960", "90")
    cases, left = cases_of(saved(tmp_path, driver, roster, line()))
    assert [case.observable.series_id for case in cases] == ["agriculture.meat"]
    assert [row["series_id"] for row in left] == [
        "decentral.republic_industry_share",
        "leadership.presidium_full",
    ]
    with pytest.raises(InputError, match="only inputs"):
        cases_of(saved(tmp_path, driver))


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (line(series="agriculture.meet"), "line 3: unknown observable 'agriculture.meet'.*meat"),
        (line(place="Poland"), "line 3: unknown place of agriculture.meat 'Poland'"),
        (line(place="Nowhere"), "line 3: column 'place'"),
        (line(date="1971"), "line 3: date '1971' of agriculture.meat, allowed: 1953 to 1970"),
        (line(date="1952-12"), "line 3: date '1952-12'"),
        (line(date="1961-1962"), "line 3: .*1961-1962"),
        (line(date="soon"), "line 3: column 'date'"),
        (line(value="many"), "line 3: column 'value'"),
        (line(unit="t"), "line 3: column 'unit'"),
        (line("rehab.total_1954_61", "persons", date="1953"), "line 3: date '1953', allowed"),
        (line("rehab.total_1954_61", "persons", date="1956-1961"), "line 3: .*begins 1954-01"),
        ("agriculture.meat,USSR", "line 3: found 2 columns"),
    ],
)
def test_bad_rows_end_with_one_line_that_names_them(tmp_path, bad, words):
    with pytest.raises(InputError, match=words) as caught:
        cases_of(saved(tmp_path, line(date="1960"), bad))
    assert "\n" not in str(caught.value)


def test_lines_are_counted_as_in_the_file(tmp_path):
    noted = 'agriculture.meat,,Mt,USSR,1960,8.7,,,own,mine,"two\nlines"'
    with pytest.raises(InputError, match="line 5: unknown observable"):
        cases_of(saved(tmp_path, noted, "", line(series="no.such")))


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", ",".join(HEADER) + "\n"])
def test_files_without_rows_are_refused(tmp_path, text):
    path = tmp_path / "mine.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"mine\.csv"):
        cases_of(path)
