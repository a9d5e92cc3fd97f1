"""Citizens in a constant outside world: margins, conservation, same bits, cohorts."""

import dataclasses
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
import fakes
import quiet_world as quiet

from thaw.errors import InputError
from thaw.model.people import checkpoint, cohorts, margins, recording, world

MONTHS = 6


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """Citizens after MONTHS months, recorded, with the counts of every month."""
    made = quiet.begin()
    folder = tmp_path_factory.mktemp("recorded")
    made.recorder = recording.Recorder(folder)
    start = int(made.citizens.layout.slots.sum() - made.vacant.sum())
    counts = [world.step(made) for _ in range(MONTHS)]
    return made, folder, start, counts


def test_the_first_citizens_meet_the_margins_of_cohorts():
    made = quiet.begin()
    first, people = made.states["people"], quiet.start()["people"]
    weight = made.weight
    assert int(made.citizens.layout.slots.sum() - made.vacant.sum()) == quiet.PEOPLE
    for name in ("prisoners", "settlers"):
        whole = np.asarray(getattr(first, name)) / weight
        assert abs(whole - np.rint(whole)).max() < 1e-9
        assert abs(whole - np.asarray(getattr(people, name)) / weight).max() < 1
    assert abs(np.asarray(first.civil - people.civil)).max() < weight
    party = np.asarray(first.adults)[:, 0]
    assert abs(party - np.asarray(people.adults)[:, 0]).max() < weight
    ages = abs(np.asarray(first.persons).sum(axis=3) - np.asarray(people.persons).sum(axis=3))
    assert ages.max() < 4 * weight
    assert abs(float(first.age17) / float(people.age17) - 1) < 0.02
    for name in ("esteem", "trust"):
        expected = float(getattr(people, name)[0, 2])
        assert abs(np.average(getattr(first, name), weights=first.adults) - expected) < 0.005


def test_everybody_is_counted_every_month(ran):
    made, _, before, counts = ran
    for count in counts:
        flow = {name: int(value.sum()) for name, value in count.flows.items()}
        after = int(count.bins.sum())
        assert after == before + flow["births"] - flow["deaths"] - flow["infant_losses"]
        assert flow["births"] > 0 and flow["deaths"] > 0 and flow["arrests"] > 0
        before = after
    state = made.states["people"]
    everybody = float(state.civil.sum() + state.prisoners.sum())
    assert everybody == pytest.approx(before * made.weight, rel=1e-12)
    assert made.refused == 0


def test_same_bits_for_other_blocks_and_one_thread(ran):
    made = ran[0]
    assert quiet.run(MONTHS, block=37).digest() == made.digest()
    assert quiet.run(MONTHS, block=100).digest() == made.digest()
    script = [sys.executable, str(Path(quiet.__file__)), str(MONTHS), "256", "1"]
    alone = subprocess.run(script, capture_output=True, text=True, check=True)
    assert alone.stdout.strip() == made.digest()


def test_words_stay_where_they_are_in_memory():
    made = quiet.begin(block=37)
    spare = [made.citizens.spare.get() for _ in range(2)]
    for block in spare:
        made.citizens.spare.put(block)

    def buffers(blocks):
        return {block.unsafe_buffer_pointer() for block in blocks}

    before = buffers([word for pair in made.citizens.words for word in pair]) | buffers(spare)
    for _ in range(2):
        world.step(made)
    assert buffers([word for pair in made.citizens.words for word in pair]) <= before


def test_a_checkpoint_belongs_to_its_plan_whole():
    made = quiet.begin()
    identity = checkpoint.identity(made)
    menu, begun = (values := made.plan.shared())["menu"], values["happened"]["bloc"]["onset"]
    for other in (
        dataclasses.replace(made.plan, menu=menu + 1.0),
        dataclasses.replace(made.plan, outbreaks=np.zeros_like(begun)),
        dataclasses.replace(made.plan, rain={"west": np.ones((1, 12))}),
    ):
        made.plan = other
        assert checkpoint.identity(made) != identity


def test_same_bits_after_kill_and_resume(ran, tmp_path):
    half = quiet.run(3)
    checkpoint.save(half, tmp_path)
    again = quiet.begin()
    assert checkpoint.load(again, tmp_path)
    while again.month < MONTHS:
        world.step(again)
    assert again.digest() == ran[0].digest()
    one, other = world.trace(again), world.trace(ran[0])
    assert all((one[k][n] == other[k][n]).all() for k in one for n in one[k])
    with pytest.raises(InputError, match="other settings"):
        checkpoint.load(quiet.begin(people=50_000), tmp_path)
    (tmp_path / checkpoint.NAME).write_bytes(b"broken")
    with pytest.raises(InputError, match="not a checkpoint"):
        checkpoint.load(quiet.begin(), tmp_path)


def test_a_district_replayed_alone_has_the_same_citizens(ran):
    made, folder, _, _ = ran
    origin = world.origin(*quiet.given(), outside=quiet.outside(), states=quiet.start())
    for district in (0, int(origin.layout.district.max()) // 2):
        cells = origin.layout.cells_of(district)
        found = recording.replay(origin, folder, district, quiet.SEED)
        for k in (0, 1):
            whole = np.concatenate([np.asarray(pair[k]) for pair in made.citizens.words])
            assert (found[k] == whole[cells]).all()
            assert found[k].any()


def test_seeds_and_draws_differ_and_the_audit_generator_agrees(ran):
    made = ran[0]
    audit = quiet.run(MONTHS, generator="threefry")
    assert audit.digest() != made.digest()
    one, other = made.states["people"], audit.states["people"]
    persons = {"civil": 4, "urban": 5, "adults": 6, "prisoners": 6, "returnees": 8}
    for name, z in persons.items():
        a, b = (float(np.asarray(getattr(s, name)).sum()) / made.weight for s in (one, other))
        assert abs(a - b) < z * np.sqrt(min(a, 4000.0) + 1), name
    aware = [float(np.average(s.aware, weights=s.adults)) for s in (one, other)]
    assert aware[0] == pytest.approx(aware[1], abs=0.01)


def test_citizens_agree_with_cohorts_where_rules_are_the_same(ran):
    made, _, _, _ = ran
    states, _ = fakes.run_alone(
        cohorts.SUBSYSTEM, others=quiet.OTHERS, months=MONTHS, seed=quiet.SEED
    )
    one = made.states["people"]
    for name, rel in (("civil", 2e-3), ("urban", 4e-3), ("settlers", 0.04), ("prisoners", 0.08),
                      ("returnees", 0.1), ("adults", 4e-3), ("youth", 0.01)):  # fmt: skip
        expected = getattr(states, name)[MONTHS].sum()
        assert float(np.asarray(getattr(one, name)).sum()) == pytest.approx(expected, rel=rel), name
    # talk needs informed ties here, so the first months lag behind cohorts' constant rate
    for name, near in (("aware", 0.12), ("esteem", 0.03), ("trust", 0.02)):
        weights = states.adults[MONTHS]
        expected = np.average(getattr(states, name)[MONTHS], weights=weights)
        found = np.average(getattr(one, name), weights=one.adults)
        assert found == pytest.approx(expected, abs=near), name
    expected = states.grievance[MONTHS].mean()
    assert float(one.grievance.mean()) == pytest.approx(expected, rel=0.05)
    letters = (states.acting[MONTHS] * states.adults[MONTHS].sum(axis=1)[:, None]).sum(axis=0)
    found = (one.acting * one.adults.sum(axis=1)[:, None]).sum(axis=0)
    assert float(found[0]) == pytest.approx(letters[0], rel=0.05)
    assert float(found[1]) == pytest.approx(letters[1], rel=0.35)


def test_links_between_citizens_show(ran):
    made, _, _, counts = ran
    state = made.states["people"]
    assert float(state.kin_exposure.max()) > 0
    assert float(state.uprooted[30:34].mean()) > float(state.uprooted.mean())
    assert sum(int(count.joined.sum()) for count in counts) > 0
    assert sum(int(count.crowd.sum()) for count in counts) >= 300
    share = made.informed / made.citizens.layout.slots
    assert 0.05 < share.mean() < 0.9


def test_layout_is_the_same_for_shorter_runs():
    assert margins.horizon(13) == margins.horizon(145) == 144
    assert margins.horizon(216) == 216
