"""Write a scenario: a file that says how a world differs from history."""

from pathlib import Path

import thaw

FILE = """\
name = "late_and_small"
title = "Virgin Lands two years later and half as large, no price rise in 1962"
base = "historical"
mode = "do"

[change.virgin_lands]
shift = 24
dose = 0.5

[change.price_rise_1962]
off = true
"""

path = Path("late_and_small.toml")
path.write_text(FILE, encoding="utf-8")
scenario = thaw.scenario(str(path))
print(scenario.describe())

answer = thaw.compare("historical", scenario, draws=16)
print(answer.sentence())
