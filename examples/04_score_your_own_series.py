"""Add your own series: write it in the record's format and score the model against it.

The values below are invented for the example; put your own and their source in their place.
"""

from pathlib import Path

from thaw import record
from thaw.validate.validation import validate

FILE = """\
series_id,title,unit,place,date,value,low,high,provenance,source_key,note
agriculture.meat,My estimate of meat,Mt,USSR,1959,8.6,8.2,9.0,recalled,example,invented
agriculture.meat,My estimate of meat,Mt,USSR,1961,8.5,8.1,8.9,recalled,example,invented
agriculture.meat,My estimate of meat,Mt,USSR,1963,9.6,9.2,10.0,recalled,example,invented
"""

path = Path("my_series.csv")
path.write_text(FILE, encoding="utf-8")
meat = record.with_files([path]).series("agriculture.meat")
print(meat[meat["date"].isin(["1959", "1961", "1963"])][["date", "value", "source_key"]])

document = validate(draws=16, against=path)
for row in document["series"]:
    print(
        f"{row['series_id']}: {row['n']} values, CRPS {row['crps']:.2f}, skill {row['skill']:.2f}"
    )
    print("  naive forecasts:", {name: round(score, 2) for name, score in row["baselines"].items()})
