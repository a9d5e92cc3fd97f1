from thaw.model.observation import observables
from thaw.validate import splits


def test_training_ends_where_targets_begin():
    for case in splits.held_out(splits.NEAR):
        assert len(case.training) >= 3
        census = case.observable.series_id in splits.CENSUS
        start = splits.january(1960 if census else 1959)
        assert all(r.month < start for r in case.training)
        assert all(start <= r.month < splits.january(1965) for r in case.targets)


def test_what_drives_the_model_is_never_scored():
    drivers = {key for key, o in observables().items() if o.use == "driver"}
    drivers |= {("leadership.presidium_full", "USSR")}
    assert drivers
    cases = [*splits.held_out(splits.NEAR), *splits.held_out(splits.LATER), *splits.rolling(1955)]
    assert not drivers & {case.observable.key for case in cases}


def test_rolling_origins_serve_observables_of_few_points():
    full = {c.observable.key for c in splits.held_out(splits.NEAR) if len(c.targets) >= splits.FEW}
    cases = splits.rolling(1956)
    assert cases
    assert not full & {case.observable.key for case in cases}
    assert all(r.month < splits.january(1957) for case in cases for r in case.training)
    assert all(r.month >= splits.january(1957) for case in cases for r in case.targets)
