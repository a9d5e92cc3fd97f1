"""Search by words over series, events, people, sources and places."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas

    from thaw.record.record import Record

LIMIT = 50


def search(record: Record, words: str, limit: int = LIMIT) -> pandas.DataFrame:
    """Return kind, id, title and score (0 to 1) of the best entries; none where nothing fits.

    A word counts 1 as a whole word of the title or id, 0.7 as the start of one, 0.3 elsewhere.
    """
    import pandas

    wanted = re.findall(r"\w+", words.casefold())
    rows = [
        (kind, key, title, score)
        for kind, key, title, more in _entries(record)
        if (score := _score(wanted, f"{key} {title}".casefold(), more.casefold()))
    ]
    rows.sort(key=lambda row: (-row[3], row[0], row[1]))
    return pandas.DataFrame(rows[:limit], columns=["kind", "id", "title", "score"])


def _entries(record: Record) -> list[tuple[str, str, str, str]]:
    series = record.series().drop_duplicates("series_id")
    people = record.people().drop_duplicates("actor_id")
    columns = {
        "series": (series, "series_id", "title", "unit"),
        "event": (record.events(), "event_id", "title", "note"),
        "person": (people, "actor_id", "name", "body"),
        "source": (record.sources(), "source_key", "citation", "kind"),
        "place": (record.places(), "place_id", "name", "aliases"),
    }
    return [
        (kind, *row)
        for kind, (frame, *names) in columns.items()
        for row in frame[names].itertuples(index=False, name=None)
    ]


def _score(wanted: list[str], title: str, more: str) -> float:
    """Return the mean over words; 0 unless every word is found somewhere."""
    title_words = re.findall(r"[^\W_]+", title)
    scores = []
    for word in wanted:
        if word in title_words or word in title.split():
            scores.append(1.0)
        elif any(found.startswith(word) for found in title_words):
            scores.append(0.7)
        elif word in title or word in more:
            scores.append(0.3)
        else:
            return 0.0
    return round(sum(scores) / len(scores), 3) if scores else 0.0
