"""Leadership: replay follows the record, votes have the right signs, decisions stay open."""

from pathlib import Path

import jax.numpy as jnp
import leadership_odds
import numpy as np
import pandas
import pytest
from fakes import run_alone

from thaw.model import parameters
from thaw.model.clock import month_index
from thaw.model.simulate import own
from thaw.model.subsystem import Names
from thaw.model.subsystems import leadership_people as people
from thaw.model.subsystems import leadership_roster
from thaw.model.subsystems import leadership_votes as votes
from thaw.model.subsystems.leadership import SUBSYSTEM, committee_shares

MONTHS = 168
ROSTER = SUBSYSTEM.inputs()
MODES = {k: jnp.asarray(v[0]) for k, v in own(parameters.modes(), "leadership").items()}
PARAMS = Names("leadership", MODES)


def index(name):
    return people.names().index(name)


@pytest.fixture(scope="module")
def history():
    return run_alone(SUBSYSTEM, months=MONTHS)


def situation(**changes):
    """Return a middling situation of June 1957 under a leader with half of everything."""
    month = month_index("1957-06")
    seat = ROSTER.seat[month]
    start = {
        "seat": seat, "leader": votes.one_hot(ROSTER.leader[month], ROSTER),
        "power": 1.0 + ROSTER.party[month], "threat": ROSTER.premier[month],
        "party": ROSTER.party[month], "defence": ROSTER.defence[month],
        "since": ROSTER.since[month], "ideal": votes.ideal_points(ROSTER, PARAMS),
        "shares": committee_shares(ROSTER, jnp.asarray(0.0), PARAMS),
        "line": 1.0, "office": 50.0, "bargain": 0.0, "clients": 0.5, "client_cc": 0.5,
        "since_congress": 16.0, "risk": 0.2, "watch": 0.5, "performance": 0.0,
        "stake_ministry": 0.0, "stake_obkom": 0.0, "stake_army": 0.0,
    }  # fmt: skip
    return votes.Now(**{k: jnp.asarray(v) for k, v in (start | changes).items()})


def hazard(now, absent=0.0):
    _, presidium, committee = votes.dissatisfied(now, ROSTER, PARAMS)
    absent, focal = jnp.asarray(absent), jnp.asarray(0.0)
    return float(votes.challenge_hazard(now, presidium, committee, absent, focal, PARAMS))


def test_replay_follows_the_record(history):
    states, shown = history
    np.testing.assert_array_equal(states.leader, np.asarray(ROSTER.leader)[: MONTHS + 1])
    np.testing.assert_array_equal(states.seat, np.asarray(ROSTER.seat)[: MONTHS + 1])
    happened = {k[0]: np.flatnonzero(v).tolist() for k, v in shown["events"].items()}
    june, october = month_index("1957-06"), month_index("1964-10")
    assert happened["leadership_challenge"] == [june]
    assert happened["leader_removed"] == [october]
    removed = [month_index(m) for m in ("1953-06", "1955-01", "1957-06", "1957-10")]
    assert happened["presidium_removal"] == removed


def test_presidium_counts_are_those_of_the_record(history):
    shown = history[1]["series"]["leadership.presidium_full", "USSR"]
    for stamp, count in {"1953-03": 10, "1955-07": 11, "1957-06": 15, "1962-11": 12}.items():
        assert shown[month_index(stamp)] == count


def test_ideal_points_know_no_vote():
    rows = people.spells()
    for actor in people.names():
        notes = rows[rows["actor_id"] == actor]["note"]
        if any(people.FORESIGHT.search(n.split("leaning:")[-1]) for n in notes if "leaning:" in n):
            assert people.leaning(actor) == 0.0
    points = np.asarray(votes.ideal_points(ROSTER, PARAMS))
    assert points[int(ROSTER.leader[0])] == 0.0
    assert points.std() > 0.1


def test_derived_table_is_what_the_code_derives():
    path = Path(__file__).parents[2] / "docs" / "model" / "leadership_roster.csv"
    stored = pandas.read_csv(path, keep_default_na=False)
    fresh = leadership_roster.table().astype(stored.dtypes.to_dict())
    pandas.testing.assert_frame_equal(stored, fresh)


def test_support_has_the_signs_of_the_mechanism():
    calm = hazard(situation())
    assert hazard(situation(performance=-1.0)) > calm
    assert hazard(situation(stake_ministry=-2.0)) > calm
    assert hazard(situation(risk=0.6)) > calm
    assert hazard(situation(line=3.0)) > calm
    assert hazard(situation(office=140.0)) < calm
    assert hazard(situation(watch=0.9)) < calm < hazard(situation(watch=0.1))
    assert hazard(situation(office=1.0, bargain=1.0)) < hazard(situation(office=1.0))
    assert hazard(situation(client_cc=0.9)) < calm < hazard(situation(), absent=1.0)


def test_stakes_reach_only_their_group():
    base = votes.committee_support(situation(), PARAMS)
    for stake, group in (("stake_obkom", 0), ("stake_ministry", 3), ("stake_army", 5)):
        change = np.asarray(votes.committee_support(situation(**{stake: -1.0}), PARAMS) - base)
        assert np.flatnonzero(change).tolist() == [group]


def test_an_outvoted_leader_needs_a_loyal_service_and_a_content_committee():
    def loss(committee, watch):
        return float(votes.loss_probability(jnp.asarray(committee), jnp.asarray(watch), PARAMS))

    assert loss(0.2, 0.0) == 1.0
    assert loss(0.2, 0.8) < loss(0.2, 0.3)
    assert loss(0.2, 0.8) < loss(0.7, 0.8)


def test_only_rivals_with_a_power_base_are_at_risk():
    rates = np.asarray(votes.removal_hazard(situation(), ROSTER, PARAMS))
    now = situation()
    exposed = np.asarray((now.threat > 0) & (now.seat > 0) & (now.leader == 0))
    assert (rates[exposed] > 0).all() and (rates[~exposed] == 0).all()


def test_clients_enter_the_committee_at_congresses_only(history):
    changed = np.flatnonzero(np.diff(history[0].client_cc))
    allowed = [month_index(m) for m in ("1953-03", "1956-02", "1961-10", "1964-10", "1966-04")]
    assert set(changed) <= set(allowed)
    assert (np.diff(history[0].clients[5:141]) > 0).all()


def test_levers_act_and_neutral_levers_do_nothing(history):
    states = history[0]
    none = {"impulse": np.zeros(MONTHS)}
    without, _ = run_alone(SUBSYSTEM, months=MONTHS, levers=none)
    month = month_index("1953-04") + 1
    assert states.line[month] - without.line[month] == pytest.approx(0.2)
    np.testing.assert_array_equal(states.line[:month], without.line[:month])
    assert states.risk[month_index("1963-01")] > states.risk[month_index("1959-01")]
    loose = {"kgb_autonomy": np.ones(MONTHS)}
    autonomous, _ = run_alone(SUBSYSTEM, months=MONTHS, levers=loose)
    assert autonomous.watch[60] < states.watch[60]


def test_without_the_death_the_leader_and_his_line_stay():
    alive, _ = run_alone(SUBSYSTEM, months=24, levers={"death": np.zeros(24)})
    assert (alive.leader == float(ROSTER.leader[0])).all()
    assert abs(alive.line[3]) < 0.1


def test_an_accepted_move_brings_in_a_member_and_keeps_the_movers():
    states, shown = run_alone(SUBSYSTEM, months=60, scenario="anti_party_wins", draw=0)
    after = month_index("1957-07")
    assert shown["events"]["leader_removed", "USSR"].nonzero()[0].tolist() == [after - 1]
    new = int(states.leader[after])
    assert states.seat[after - 1, new] == 1.0 and states.leader[after - 1] != new
    assert states.seat[after, index("molotov")] == 1.0
    assert states.bargain[after] == 1.0 and states.clients[after] == MODES_OF_DRAW["clients_start"]


MODES_OF_DRAW = {
    k: float(v[0]) for k, v in own(parameters.sample_prior(0, 1), "leadership").items()
}


def test_a_refused_removal_leaves_the_person_in_place():
    states, _ = run_alone(SUBSYSTEM, months=12, scenario="beria_survives", draw=0)
    assert states.demoted[11, index("beria")] == 0.0
    assert states.seat[11, index("beria")] == 1.0


@pytest.mark.parametrize("rival", [None, "tenure_hazard", "performance_hazard"])
def test_free_worlds_stay_within_bounds(rival):
    ones = {
        "removal": np.ones((96, 4)), "challenge": np.ones(96), "turnover_rule": np.ones((96, 3)),
    }  # fmt: skip
    states, shown = run_alone(SUBSYSTEM, months=96, draw=7, rival=rival, decided=ones)
    for group in ("latent", "series", "events"):
        assert all(np.isfinite(v).all() for v in shown[group].values())
    for name, values in shown["latent"].items():
        if "probability" in name or "dissatisfied" in name:
            assert ((values >= 0) & (values <= 1)).all(), name
    for share in ("clients", "client_cc", "watch", "seat", "demoted"):
        values = getattr(states, share)
        assert ((values >= 0) & (values <= 1)).all(), share
    seated = np.take_along_axis(states.seat, states.leader.astype(int)[:, None], axis=1)
    assert (seated == 1.0).all()


def test_no_single_decision_is_near_certain_beforehand():
    for title, probability in leadership_odds.odds(100).items():
        assert 0.0 < probability < 0.7, title


def test_prior_survival_holds_two_congresses_and_overstates_losses_before_the_third(history):
    shown = history[1]["series"]["cc.survival_full", "USSR"]
    assert shown[month_index("1956-02")] == pytest.approx(62.4, abs=8)
    assert shown[month_index("1961-10")] == pytest.approx(49.6, abs=8)
    assert shown[month_index("1966-04")] < 79.4
