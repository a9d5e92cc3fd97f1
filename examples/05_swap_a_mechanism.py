"""Swap a mechanism: the same history with a simpler rival of one subsystem."""

import thaw
from thaw.model import registry

for name, subsystem in registry.subsystems().items():
    print(f"{name}: {', '.join(subsystem.rivals) or 'no rival'}")

history = thaw.scenario("historical")
simpler = history.set("camps.rival", "line_only")
series = "gulag.prisoners_total"
medians = {
    label: thaw.run(world, draws=16).table().set_index(["series_id", "month"])["median"][series]
    for label, world in (("capacity queue", history), ("line only", simpler))
}
for month in ("1954-01", "1956-01", "1959-01"):
    print(month, {label: f"{values[month]:,.0f}" for label, values in medians.items()})
