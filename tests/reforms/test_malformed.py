"""Malformed scenario files and options: one line with the place, the key and what is allowed."""

import os

import pytest

from thaw.errors import InputError
from thaw.reforms import apply_options, load_scenario, read_table

HISTORY = load_scenario("historical")
HEAD = 'name = "x"\ntitle = "X"\nbase = "historical"\n'

BODIES = {
    "empty": ("", "key 'base' is missing"),
    "no name": ('title = "X"\nbase = "historical"\n', "key 'name' is missing"),
    "no title": ('name = "x"\nbase = "historical"\n', "key 'title' is missing"),
    "no base": ('name = "x"\ntitle = "X"\n', "key 'base' is missing"),
    "name with spaces": ('name = "a b"\ntitle = "X"\nbase = "historical"\n', "name is 'a b'"),
    "name a number": ('name = 3\ntitle = "X"\nbase = "historical"\n', "name is 3"),
    "title of two lines": ('name = "x"\ntitle = "a\\nb"\nbase = "historical"\n', "title is"),
    "empty title": ('name = "x"\ntitle = ""\nbase = "historical"\n', "title is ''"),
    "unknown base": ('name="x"\ntitle="X"\nbase="historicl"\n', "did you mean 'historical'"),
    "base a number": ('name = "x"\ntitle = "X"\nbase = 1\n', "base is 1"),
    "base missing file": ('name="x"\ntitle="X"\nbase="nowhere.toml"\n', "cannot be read"),
    "base itself": ('name = "x"\ntitle = "X"\nbase = "x.toml"\n', "circle"),
    "base with a null": ('name="x"\ntitle="X"\nbase="a\\u0000.toml"\n', "unknown scenario"),
    "base too long": (f'name="x"\ntitle="X"\nbase="{"a" * 5000}.toml"\n', "cannot be read"),
    "unknown key": (HEAD + "ennd = 3\n", "unknown key 'ennd' (did you mean 'end'?)"),
    "key with a newline": (HEAD + '"a\\nb" = 3\n', "unknown key"),
    "start moved": (HEAD + 'start = "1954-01"\n', "start is '1954-01', allowed: '1953-01'"),
    "end too late": (HEAD + 'end = "1971-01"\n', "allowed: a month YYYY-MM from 1953-02"),
    "end too early": (HEAD + 'end = "1953-01"\n', "end is '1953-01'"),
    "end month 13": (HEAD + 'end = "1960-13"\n', "end is '1960-13'"),
    "end a date": (HEAD + "end = 1960-12-01\n", "end is datetime.date"),
    "end of Arabic digits": (HEAD + 'end = "١٩٦٠-12"\n', "end is"),
    "unknown mode": (HEAD + 'mode = "repley"\n', "did you mean 'replay'"),
    "mode a list": (HEAD + 'mode = ["do"]\n', "mode is ['do']"),
    "change no table": (HEAD + "change = 3\n", "change is 3, allowed: a table [change]"),
    "change without keys": (HEAD + "[change]\nR16 = true\n", "[change.R16] is True"),
    "unknown reform": (
        HEAD + "[change.secret_speach]\noff = true\n",
        "did you mean 'secret_speech'",
    ),
    "same reform twice": (
        HEAD + "[change.R16]\noff = true\n[change.secret_speech]\ndose = 1\n",
        "are one reform",
    ),
    "unknown change": (
        HEAD + "[change.R16]\nshft = 3\n",
        "unknown key 'shft' (did you mean 'shift'",
    ),
    "off a word": (HEAD + '[change.R16]\noff = "yes"\n', "off is 'yes', allowed: true or false"),
    "off a number": (HEAD + "[change.R16]\noff = 1\n", "off is 1, allowed: true or false"),
    "shift too far": (HEAD + "[change.R16]\nshift = 121\n", "shift is 121, allowed: whole months"),
    "shift in parts": (HEAD + "[change.R16]\nshift = 1.5\n", "shift is 1.5"),
    "shift true": (HEAD + "[change.R16]\nshift = true\n", "shift is True"),
    "dose negative": (
        HEAD + "[change.R16]\ndose = -0.1\n",
        "dose is -0.1, allowed: a number from 0",
    ),
    "dose too large": (HEAD + "[change.R16]\ndose = 3.01\n", "dose is 3.01"),
    "dose nan": (HEAD + "[change.R16]\ndose = nan\n", "dose is nan"),
    "dose infinite": (HEAD + "[change.R16]\ndose = inf\n", "dose is inf"),
    "dose a word": (HEAD + '[change.R16]\ndose = "half"\n', "dose is 'half'"),
    "dose true": (HEAD + "[change.R16]\ndose = true\n", "dose is True"),
    "half a decision": (HEAD + "[change.X01]\ndose = 0.5\n", "decision 'ouster_1964': 0 or 1"),
    "force a policy": (HEAD + '[change.R16]\nforce = "no"\n', "is a policy, not a decision"),
    "force a death": (HEAD + '[change.D04]\nforce = "no"\n', "is exogenous, not a decision"),
    "force nonsense": (HEAD + '[change.B03]\nforce = "acept"\n', "did you mean 'accept'"),
    "force a number": (HEAD + "[change.B03]\nforce = 1\n", "allowed: accept or intervene"),
    "off and shift": (HEAD + "[change.R16]\noff = true\nshift = 2\n", "contradict"),
    "force and dose": (HEAD + '[change.B03]\nforce = "accept"\ndose = 0\n', "contradict"),
    "set no table": (HEAD + "set = 1\n", "set is 1, allowed: a table [set]"),
    "set without a dot": (HEAD + "[set]\namnesty = 1\n", "key 'amnesty' is not of the form"),
    "set with capitals": (HEAD + '[set]\n"Camps.X" = 1\n', "is not of the form"),
    "set a word": (
        HEAD + '[set]\ncamps.x = "much"\n',
        "camps.x is 'much', allowed: a finite number",
    ),
    "set nan": (HEAD + "[set]\ncamps.x = nan\n", "camps.x is nan"),
    "set true": (HEAD + "[set]\ncamps.x = true\n", "camps.x is True"),
    "set a list": (HEAD + "[set]\ncamps.x = [1]\n", "camps.x is [1]"),
    "set too deep": (HEAD + "[set]\na.b.c.d.e = 1\n", "is not of the form"),
    "set a very long number": (HEAD + f"[set]\ncamps.x = 0x{'f' * 9000}\n", "a very long number"),
    "rival a number": (HEAD + "[set]\ncamps.rival = 1\n", "allowed: the name of a rival"),
    "unknown lever": (HEAD + "[set]\nlever.camps.inflw = 1\n", "did you mean 'lever.camps.inflow'"),
    "lever decided": (HEAD + "[set]\nlever.bloc.intervene = 1\n", "decided case by case"),
    "switch at 2": (HEAD + "[set]\nlever.camps.inflow = 2\n", "allowed for a switch: 0 to 1"),
    "lever a word": (HEAD + '[set]\nlever.camps.inflow = "on"\n', "allowed: a finite number"),
    "endogenous month": (HEAD + '[set]\nendogenous_from = "1952-01"\n', "endogenous_from is"),
    "twice": (HEAD + 'name = "y"\n', "is not valid TOML"),
    "not TOML": ("{" * 50, "is not valid TOML"),
    "unclosed text": ('name = "x\n', "is not valid TOML"),
    "decimal too long": (HEAD + f"end = {'9' * 5000}\n", "is not valid TOML"),
    "nested": (HEAD + "end = " + "[" * 30000, "nested too deeply"),
    "too large": (HEAD + "#" * 70000, "is larger than the 65536 bytes"),
}


def one_line(error):
    message = str(error.value)
    assert message == message.strip() and "\n" not in message and len(message) < 900
    return message


@pytest.mark.parametrize("case", BODIES)
def test_a_malformed_file_is_refused_in_one_line(case, tmp_path):
    text, expected = BODIES[case]
    path = tmp_path / "x.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as error:
        load_scenario(path)
    message = one_line(error)
    assert expected in message
    assert message.startswith("scenario file") and ".toml" in message


@pytest.mark.parametrize("content", [b"\xff\xfe", b"name = \x00", b'name = "\xe9"'])
def test_bytes_that_are_no_text_are_refused(content, tmp_path):
    path = tmp_path / "x.toml"
    path.write_bytes(content)
    with pytest.raises(InputError) as error:
        load_scenario(path)
    assert "x.toml" in one_line(error)


def test_what_is_not_a_file_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe.toml")
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "loop.toml").symlink_to(tmp_path / "loop.toml")
    for name in ("pipe", "folder", "loop", "missing", "a" * 5000):
        with pytest.raises(InputError) as error:
            load_scenario(tmp_path / f"{name}.toml")
        one_line(error)


@pytest.mark.parametrize("name", ["", "historicl", "a\nb", "../historical", "x" * 9999, "a\0.toml"])
def test_an_unknown_scenario_is_refused(name):
    with pytest.raises(InputError) as error:
        load_scenario(name)
    assert "unknown scenario" in one_line(error)


OPTIONS = [
    ({"without": ["secret_speach"]}, "--without: unknown reform 'secret_speach' (did you mean"),
    ({"without": ["a\nb"]}, "--without: unknown reform"),
    ({"shift": ["virgin_lands"]}, "--shift is 'virgin_lands', allowed: NAME=VALUE"),
    ({"shift": ["=3"]}, "NAME=VALUE"),
    ({"shift": ["virgin_lands=abc"]}, "--shift 'virgin_lands' is 'abc', allowed: whole months"),
    ({"shift": ["virgin_lands=1.5"]}, "allowed: whole months"),
    ({"shift": ["virgin_lands=999"]}, "shift is 999"),
    ({"shift": ["virgin_land=9"]}, "did you mean 'virgin_lands'"),
    ({"shift": ["a\nb=9"]}, "--shift: unknown reform"),
    ({"dose": ["R16=half"]}, "--dose 'R16' is 'half', allowed: a number"),
    ({"dose": ["R16=nan"]}, "allowed: a number"),
    ({"dose": ["R16=1e99"]}, "dose is 1e+99"),
    ({"dose": ["R16=1_0"]}, "allowed: a number"),
    ({"dose": ["X01=0.5"]}, "0 or 1"),
    ({"without": ["R16"], "shift": ["R16=2"]}, "contradict"),
    ({"force": ["hungary_intervention_1956=acept"]}, "did you mean 'accept'"),
    ({"force": ["secret_speech=no"]}, "is a policy, not a decision"),
    ({"set_": ["camps.x="]}, "NAME=VALUE"),
    ({"set_": ["nonsense=1"]}, "is not of the form"),
    ({"set_": ["camps.x=abc"]}, "camps.x is 'abc', allowed: a finite number"),
    ({"set_": ["lever.camps.inflow=7"]}, "allowed for a switch"),
    ({"until": "1971-01"}, "--until is '1971-01'"),
    ({"until": "soon"}, "--until is 'soon'"),
    ({"mode": "rerun"}, "--mode is 'rerun'"),
]


@pytest.mark.parametrize(("options", "expected"), OPTIONS)
def test_a_malformed_option_is_refused_in_one_line(options, expected):
    with pytest.raises(InputError) as error:
        apply_options(HISTORY, **options)
    assert expected in one_line(error)


@pytest.mark.parametrize("table", [{}, {"name": 3}, {**HISTORY.table(), "change": {"R99": {}}}])
def test_a_stored_scenario_is_checked_when_it_is_read(table):
    with pytest.raises(InputError) as error:
        read_table(table)
    one_line(error)
