"""The references of exactly what a result used: data, parameters, reforms, inputs, methods."""

from __future__ import annotations

import csv
import dataclasses
import re
import zlib
from collections.abc import Iterable
from importlib import resources
from pathlib import Path
from typing import Any

import thaw
from thaw import record, reforms
from thaw.errors import InputError
from thaw.experiment import storage
from thaw.experiment.anatomy import parameters_used
from thaw.experiment.run import Settings, record_of
from thaw.model import exogenous, parameters
from thaw.model.clock import months_until
from thaw.model.observation import observables
from thaw.reforms import Scenario

GROUPS = ("data", "parameters", "reforms", "inputs", "methods", "software")
DATED = re.compile(r"\b(1[89]|20)\d\d\b|\w\.\w+/\w")
"""A source text that names a year or an address can be looked up; others say "no evidence"."""


@dataclasses.dataclass(frozen=True)
class Reference:
    """One reference, and what in the result rests on it."""

    key: str
    group: str
    text: str
    uses: tuple[str, ...]
    kind: str = "misc"
    fields: tuple[tuple[str, str], ...] = ()

    def bibtex(self) -> str:
        """Return the reference as a BibTeX entry."""
        given = dict(self.fields) or {"title": self.text}
        lines = [f"  {name} = {{{_escaped(value)}}}," for name, value in given.items() if value]
        note = f"{self.group}: {', '.join(self.uses)}"
        return "\n".join(
            [f"@{self.kind}{{{self.key},", *lines, f"  note = {{{_escaped(note)}}}\n}}"]
        )


@dataclasses.dataclass(frozen=True)
class Bibliography:
    """All references of a result, and the parameters that rest on no reference."""

    references: tuple[Reference, ...]
    judged: tuple[str, ...]
    parameters: int

    def text(self) -> str:
        """Return the references as plain text by group."""
        lines = []
        for group in GROUPS:
            mine = [r for r in self.references if r.group == group]
            if mine:
                lines += ["", f"{group.capitalize()} ({len(mine)})"]
                lines += [f"- {r.text} [{_few(r.uses)}]" for r in mine]
        lines += ["", f"{len(self.judged)} of {self.parameters} parameters used rest on judgement "
                  "alone; see docs/model/parameters.md."]  # fmt: skip
        return "\n".join(lines[1:])

    def bibtex(self) -> str:
        """Return the references as one BibTeX file."""
        return "\n\n".join(reference.bibtex() for reference in self.references) + "\n"

    def document(self) -> dict[str, Any]:
        """Return the ``cite`` document."""
        return {
            "references": [
                {"key": r.key, "group": r.group, "text": r.text, "uses": list(r.uses)}
                for r in self.references
            ],
            "parameters": self.parameters,
            "parameters_by_judgement": list(self.judged),
            "bibtex": self.bibtex(),
        }


def cite(folder: Path) -> Bibliography:
    """Return the references of a saved run, comparison, sweep or attribution.

    Raises InputError when the folder holds no valid result.
    """
    manifest = storage.read_manifest(folder)
    kind = manifest.get("kind", "run")
    try:
        worlds = _worlds(manifest, kind)
        rivals = Settings(worlds[0], posterior=manifest["posterior"]).rivals()
        used = parameters_used(rivals, tuple(manifest.get("rivals", ())))
    except KeyError as error:
        raise InputError(f"'{folder}': key {error} is missing in its manifest") from None
    free = used - {name for world in worlds for name in world.settings()}
    known, judged = _parameters(free)
    found = [
        *_data(_series(manifest, kind, folder), worlds[0]),
        *known,
        *_reforms(worlds),
        *_inputs(worlds[0]),
        *_methods(kind),
        _software(manifest),
    ]
    return Bibliography(tuple(_merged(found)), tuple(judged), len(free))


def _merged(found: Iterable[Reference]) -> list[Reference]:
    """Return every key once, under its first group, with all its uses."""
    merged: dict[str, Reference] = {}
    for reference in found:
        earlier = merged.setdefault(reference.key, reference)
        uses = tuple(dict.fromkeys((*earlier.uses, *reference.uses)))
        merged[reference.key] = dataclasses.replace(earlier, uses=uses)
    return list(merged.values())


def _worlds(manifest: dict[str, Any], kind: str) -> list[Scenario]:
    names = ("a", "b") if kind == "compare" else ("scenario",)
    return [reforms.read_table(manifest[name], f"manifest: {name}") for name in names]


def _series(manifest: dict[str, Any], kind: str, folder: Path) -> set[str]:
    """Return the series that the result shows or, in a comparison, is measured against."""
    if kind == "run":
        return _column(folder / "observables.csv", "series_id")
    if kind == "compare":
        fitted = {o.series_id for o in observables().values() if o.use == "fit"}
        return fitted | _column(folder / "effects.csv", "outcome")
    given = manifest["outcomes"] if kind == "sweep" else [manifest["outcome"]]
    return {name.partition("@")[0] for name in given}


def _column(path: Path, name: str) -> set[str]:
    with path.open(encoding="utf-8", newline="") as handle:
        return {row[name] for row in csv.DictReader(handle)}


def _data(series: set[str], world: Scenario) -> Iterable[Reference]:
    uses: dict[str, list[str]] = {}
    for observable in observables().values():
        if observable.series_id in series:
            for known in record_of(observable, months_until(world.end)).values():
                uses.setdefault(known.source_key, []).append(observable.series_id)
    return [_source("data", key, uses[key]) for key in sorted(uses)]


def _source(group: str, key: str, uses: Iterable[str]) -> Reference:
    found = record.source(key)
    year = "" if found.year is None else str(found.year)
    fields = (
        ("title", found.citation),
        ("year", year),
        ("howpublished", found.address),
        ("type", found.kind),
    )
    text = ". ".join(part for part in (found.citation, year, found.address) if part)
    kind = "book" if found.kind == "book" else "misc"
    return Reference(key, group, text, tuple(dict.fromkeys(uses)), kind, fields)


def _parameters(used: set[str]) -> tuple[list[Reference], list[str]]:
    uses: dict[str, list[str]] = {}
    judged = []
    for name in sorted(used):
        prior = parameters.priors()[name]
        if DATED.search(prior.source):
            uses.setdefault(prior.source, []).append(name)
        else:
            judged.append(name)
    return _texts("parameters", uses), judged


def _reforms(worlds: list[Scenario]) -> list[Reference]:
    uses: dict[str, list[str]] = {}
    acting = {
        key for world in worlds for key in reforms.lever_paths(world, months_until(world.end)).held
    }
    for reform in reforms.reforms():
        if reform.id in acting:
            uses.setdefault(reform.source, []).append(reform.slug)
    return _texts("reforms", uses)


def _inputs(world: Scenario) -> list[Reference]:
    uses: dict[str, list[str]] = {}
    for row in exogenous.dated_rows():
        if row["start"] <= world.end:
            uses.setdefault(row["source"], []).append(row["name"])
    return _texts("inputs", uses)


def _texts(group: str, uses: dict[str, list[str]]) -> list[Reference]:
    """Return free texts as references; a text that names keys of the record cites those."""
    known = set(record.sources()["source_key"])
    found: dict[str, Reference] = {}
    for text, names in uses.items():
        keys = [word for word in re.findall(r"\w+", text) if word in known]
        for key in keys:
            earlier = found[key].uses if key in found else ()
            found[key] = _source(group, key, [*earlier, *names])
        if not keys:
            key = f"{group}_{zlib.crc32(text.encode()):08x}"
            found[key] = Reference(key, group, text, tuple(dict.fromkeys(names)))
    return sorted(found.values(), key=lambda reference: reference.text)


def _methods(kind: str) -> Iterable[Reference]:
    file = resources.files("thaw.report") / "methods.csv"
    with file.open(encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    for row in rows:
        if row["used_by"] != "all" and kind not in row["used_by"].split():
            continue
        named = {"author": row["author"], "title": row["title"], "year": row["year"]}
        fields = (*named.items(), ("howpublished", row["venue"]), ("doi", row["doi"]))
        text = f"{row['author'].replace(' and ', '; ')} ({row['year']}). {row['title']}. "
        text += row["venue"] + (f". doi:{row['doi']}" if row["doi"] else "")
        yield Reference(row["key"], "methods", text, (row["purpose"],), row["type"], fields)


def _software(manifest: dict[str, Any]) -> Reference:
    version = str(manifest.get("thaw", thaw.__version__))
    title = "thaw: an open laboratory for de-Stalinization"
    fields = (("author", "{The thaw developers}"), ("title", title), ("version", version))
    digest = str(manifest.get("digest", ""))[:16]
    uses = (f"result {digest}",) if digest else ("this result",)
    text = f"The thaw developers. {title}, version {version}"
    return Reference("thaw", "software", text, uses, "software", fields)


def _few(uses: tuple[str, ...], count: int = 3) -> str:
    rest = len(uses) - count
    return ", ".join(uses[:count]) + (f" and {rest} more" if rest > 0 else "")


def _escaped(text: str) -> str:
    return re.sub(r"([&%$#_])", r"\\\1", text)
