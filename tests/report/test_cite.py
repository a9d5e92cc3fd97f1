import json
import re

import pytest

from thaw import record, reforms
from thaw.cli import cite as command
from thaw.errors import InputError
from thaw.experiment import storage
from thaw.experiment.anatomy import parameters_used
from thaw.model import parameters
from thaw.report import cite as module
from thaw.report.cite import cite

LEARNED = "camps.stock0_total"


@pytest.fixture(scope="module")
def used():
    return parameters_used(())


@pytest.fixture
def result(tmp_path, monkeypatch, used):
    """Return a function that saves a small result of a kind and cites it."""
    monkeypatch.setattr(module, "parameters_used", lambda rivals, asked=(): used)

    def cited(kind, scenario="historical", **more):
        loaded = reforms.load_scenario(scenario) if isinstance(scenario, str) else scenario
        world = loaded.table()
        names = {"compare": {"a": reforms.load_scenario("historical").table(), "b": world}}
        manifest = {"kind": kind, "posterior": "prior", "digest": "0" * 64, **more}
        manifest |= names.get(kind, {"scenario": world})

        def write(staging):
            run, effects = ("observables.csv", "series_id"), ("effects.csv", "outcome")
            name, column = {"run": run, "compare": effects}.get(kind, effects)
            (staging / name).write_text(f"{column}\nagriculture.meat\n")

        storage.write_result(tmp_path, write, manifest)
        return cite(tmp_path)

    return cited


def group(found, name):
    return [r for r in found.references if r.group == name]


def test_data_are_the_sources_of_the_series_shown_and_no_others(result):
    found = result("run")
    keys = {r.key for r in group(found, "data")}
    rows = record.series("agriculture.meat")
    assert keys <= set(rows["source_key"])
    assert keys
    assert all("agriculture.meat" in r.uses for r in group(found, "data"))


def test_a_reform_left_out_is_not_cited(result):
    def slugs(found):
        return {use for r in found.references for use in r.uses}

    assert "virgin_lands" in slugs(result("run"))
    assert "virgin_lands" not in slugs(result("run", "no_virgin_lands"))
    assert "virgin_lands" in slugs(result("compare", "no_virgin_lands"))


def test_methods_are_those_of_the_kind(result):
    def keys(kind, **more):
        return {r.key for r in group(result(kind, **more), "methods")}

    assert "salmon2011parallel" in keys("run")
    assert "shapley1953value" not in keys("run")
    assert "shapley1953value" in keys("attribute", outcome="agriculture.meat@USSR:1960-12")
    assert "tian2000probabilities" in keys("compare")


def test_every_parameter_is_cited_or_counted_as_judgement(result, used):
    found = result("run")
    cited = {use for r in found.references for use in r.uses} & used
    assert cited | set(found.judged) == used
    assert not cited & set(found.judged)
    assert LEARNED in cited
    assert any("no direct evidence" in parameters.priors()[n].source for n in found.judged)


def test_parameters_of_a_rival_count_only_where_it_runs(used):
    only = parameters_used((), ("people.constant_rates",))
    assert used <= only < set(parameters.priors())


def test_a_fixed_parameter_is_not_cited(result, used):
    fixed = reforms.load_scenario("historical").set(LEARNED, 2468524.0)
    found = result("run", fixed)
    assert found.parameters == len(used) - 1
    assert LEARNED not in {use for r in found.references for use in r.uses}


def test_bibtex_has_one_balanced_entry_for_each_reference(result, capsys, tmp_path):
    found = result("run")
    text = found.bibtex()
    assert len(re.findall(r"^@\w+\{", text, re.MULTILINE)) == len(found.references)
    assert text.count("{") == text.count("}")
    keys = re.findall(r"^@\w+\{([^,]+),", text, re.MULTILINE)
    assert len(keys) == len(set(keys))
    command.cite(tmp_path, bibtex=True)
    assert capsys.readouterr().out == text
    command.cite(tmp_path, json_=True)
    assert json.loads(capsys.readouterr().out)["bibtex"] == text
    command.cite(tmp_path)
    assert "rest on judgement alone" in capsys.readouterr().out


def test_a_folder_without_a_result_is_one_line(tmp_path):
    with pytest.raises(InputError, match="holds no result"):
        cite(tmp_path)
