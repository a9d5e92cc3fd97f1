"""First run: simulate history, look at one series beside the record, save the result."""

from pathlib import Path

import thaw

run = thaw.run("historical", draws=16)

table = run.table()
prisoners = table[table["series_id"] == "gulag.prisoners_total"]
print(prisoners[["month", "median", "lo90", "hi90", "record", "mark"]].to_string(index=False))

out = Path("results/first_run")
run.save(out)
again = thaw.open_run(out)
print(f"Saved in {out}; the same digest when read back: {again.digest == run.digest}")
