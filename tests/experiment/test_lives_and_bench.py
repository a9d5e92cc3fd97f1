"""Life courses and the bench without a full run: places, sentences, bandwidth, contract."""

import numpy as np
import pytest

from thaw.errors import InputError
from thaw.experiment import bench, lives
from thaw.model.people import words as w
from thaw.model.people.mail import Mail
from thaw.model.places import units


def test_places_are_found_by_id_and_name():
    assert lives.unit_of(units()[5]) == 5
    assert lives.unit_of(lives._names()[7].upper()) == 7
    with pytest.raises(InputError, match="unknown place"):
        lives.unit_of("Atlantis")


def change(before, after, place="Here"):
    life = {"place": "Here", "events": []}
    lives._compare(life, 37, before, after, place)
    return [event["text"] for event in life["events"]], life


def test_changes_of_words_become_dated_sentences():
    alive = 1 | 30 << w.BIRTH_YEAR
    said, life = change(alive, alive | 4 << w.PENAL, "There")
    assert said == ["is arrested and sentenced (political)", "moves to There"]
    assert life["events"][0]["month"] == "1956-02"
    assert change(alive, 0)[0] == ["dies"]
    assert change(alive, alive)[0] == []
    assert change(alive, alive | 1 << w.HEARD_READING | 1 << w.HEARD_TALK)[0] == [
        "hears the Speech read at a meeting",
        "hears of the Speech from someone close",
    ]
    held = alive | 1 << w.PENAL
    assert change(held, alive | w.ORDINARY_RETURNEE << w.PENAL)[0] == ["is released from custody"]


def test_followed_citizens_keep_their_slot_through_the_mail():
    none = np.zeros(3, np.uint32)
    letters = Mail(np.array([10, 99, 700]), none, none, 1, np.array([], int), 1)
    assert lives._moved(np.array([10, 99, 5]), letters).tolist() == [700, 99, 5]


def test_bandwidth_is_measured():
    assert 0.1 < bench.triad(1, megabytes=4, rounds=2) < 10_000


def test_the_bench_document_keeps_its_contract(monkeypatch):
    row = {"people_steps_per_s": 10, "slot_steps_per_s": 12, "bytes_per_person": 12.5}
    monkeypatch.setattr(bench, "measure", lambda size, months: {"people": size, **row})
    found = bench.bench((1000, 2000), threads=1)
    assert {"bandwidth_gb_s", "people_steps_per_s", "bytes_per_person", "seconds_1to1_estimate",
            "backend", "threads", "sizes"} <= set(found)  # fmt: skip
    assert [size["people"] for size in found["sizes"]] == [1000, 2000]
    assert found["seconds_1to1_estimate"] > 1e9
