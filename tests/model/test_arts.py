"""Arts alone: works are conserved at the gates, the loop is delayed and negative, levers act."""

from functools import cache
from types import SimpleNamespace

import jax.numpy as jnp
import numpy as np
from alone import run as run_shared

from thaw.model.subsystems import arts
from thaw.model.subsystems.arts import SUBSYSTEM

MONTHS = 144


@cache
def run(rival=None, line=1.0, draw=None, decided=False, pressure=0.0, **levers):
    """Return a run in which the line steps to ``line`` in January 1955; levers are constants."""
    others = {
        "leadership": {"line": lambda now: np.where(now >= 24, line, 0.0)},
        "backlash": {"pressure": pressure},
        "industry": {"print_capacity": lambda now: np.exp(0.04 * now / 12.0)},
    }
    return run_shared(
        SUBSYSTEM,
        MONTHS,
        others=others,
        rival=rival,
        draw=draw,
        levers={name: np.full(MONTHS, value) for name, value in levers.items()},
        decided={"threshold": np.full(MONTHS, float(decided))},
    )


QUIET = {"threshold": 0.0, "patron_bypass": 0.0}


def test_a_still_world_stands_still():
    states, _ = run(line=0.0, **QUIET)
    for name in ("threshold", "nerve", "boldness", "desks", "reaction", "freeze"):
        values = getattr(states, name)
        np.testing.assert_allclose(values, np.broadcast_to(values[0], values.shape), atol=1e-9)
    np.testing.assert_allclose(states.pressure, 0.0, atol=1e-9)


def test_no_work_is_lost_at_the_gates():
    params = SimpleNamespace(
        submit_rate=100.0,
        s_w=1.0,
        patron_bypass=0.05,
        patron_margin=1.0,
        gate_delay=2.0,
        gate_noise=0.5,
    )
    desks = jnp.ones((arts.GATES, len(arts.RISKS)))
    flow = arts.gates(params, desks, 0.4, 0.7)
    entered = arts.submitted(params, 0.4).sum()
    left = flow.published.sum() + flow.refused.sum()
    np.testing.assert_allclose(flow.desks.sum() - desks.sum(), entered - left, rtol=1e-12)
    assert (np.diff(np.asarray(arts.passing(params, 0.0))) < 0).all()


def test_everything_stays_finite_and_not_negative():
    for rival, draw in ((None, 4), ("line_only", None), ("constant_rate", None)):
        states, shown = run(rival, draw=draw)
        for name, _, _ in SUBSYSTEM.variables():
            assert np.isfinite(getattr(states, name)).all(), (rival, name)
        for name in ("boldness", "pressure", "samizdat", "drawer", "desks"):
            assert (getattr(states, name) >= 0).all(), (rival, name)
        assert all((values > 0).all() for values in shown["series"].values())


def test_boldness_answers_itself_later():
    """The loop: a better line lifts the threshold, boldness follows, then pressure pushes back."""
    states, _ = run(**QUIET)
    assert states.threshold[26] > 0.9 and states.boldness[40] > 2 * states.boldness[20]
    lag = np.argmax(states.pressure > 0.01) - np.argmax(states.threshold > 0.5)
    assert lag >= 3
    assert states.threshold[60] < states.threshold[26]


def test_without_feedback_the_threshold_is_the_line():
    line_only, _ = run("line_only", **QUIET)
    np.testing.assert_allclose(line_only.threshold[26:], 1.0, rtol=1e-9)
    constant, _ = run("constant_rate", **QUIET)
    np.testing.assert_allclose(constant.threshold, 0.0)
    np.testing.assert_allclose(line_only.nerve, line_only.nerve[0])


def test_freeze_and_licence_act_and_zero_is_absence():
    none, _ = run(**QUIET)
    frozen, _ = run(threshold=-0.1, patron_bypass=0.0)
    assert frozen.threshold[30] < none.threshold[30] - 0.5
    assert frozen.boldness[30] < 0.5 * none.boldness[30]
    licensed, _ = run(threshold=0.0, patron_bypass=1.0)
    assert licensed.boldness[3] > none.boldness[3] + 0.5
    assert licensed.pressure[30] > none.pressure[30]
    assert licensed.threshold[30] < none.threshold[30]


def test_decided_freezes_come_from_pressure():
    calm = np.concatenate([run(draw=d, decided=True)[0].freeze for d in (0, 1)])
    angry = np.concatenate([run(draw=d, decided=True, pressure=4.0)[0].freeze for d in (0, 1)])
    assert angry.mean() < calm.mean() <= 0.0
    ordered, _ = run(draw=0, decided=True, threshold=-5.0)
    free, _ = run(draw=0, decided=True, threshold=0.0)
    assert np.array_equal(ordered.freeze, free.freeze)  # the plan does not speak when decided


def test_bold_publications_are_counts_that_rise_with_the_line():
    def total(line):
        shown = [run(line=line, draw=d, **QUIET)[1] for d in (0, 1, 2)]
        counts = np.concatenate([s["events"][("bold_publication", "USSR")] for s in shown])
        assert np.array_equal(counts, np.round(counts)) and (counts >= 0).all()
        return counts.sum()

    assert total(1.5) > total(-1.0)


def test_a_sudden_freeze_fills_drawers_before_authors_adapt():
    """Refused works of the thaw go to drawers first; later authors write them no more."""
    rising, _ = run(**QUIET)
    params = SimpleNamespace(
        submit_rate=100.0,
        s_w=1.0,
        patron_bypass=0.01,
        patron_margin=1.0,
        gate_delay=2.0,
        gate_noise=0.5,
        theta_hard=1.0,
    )
    desks, nerve = jnp.asarray(rising.desks[60]), rising.nerve[60]
    open_gates = arts.gates(params, desks, nerve, 1.0).refused
    shut = arts.gates(params, desks, nerve, -1.0).refused
    assert arts.boldness(params, shut)[0] > arts.boldness(params, open_gates)[0]


def test_volumes_follow_printing_capacity():
    _, shown = run(**QUIET)
    titles = shown["series"][("culture.book_titles", "USSR")]
    assert titles[-1] > 1.2 * titles[0]


def test_prior_median_stands_near_the_record_of_1956():
    """Volumes start from points of 1950-53; films are left out: the prior is too low (docs)."""
    _, shown = run(**QUIET)
    year = {name: v[36:48].sum() for (name, _), v in shown["series"].items()}
    assert 50 < year["culture.book_titles"] < 70
    assert 900 < year["culture.book_copies"] < 1300
