"""The tables of docs/catalogue.md, from the catalogue: `python -m monitor.omilia.reference FILE`.

The page contains exactly these; a test compares, and `make docs` mends it.
"""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from monitor.omilia.catalogue import CATALOGUE, Auth, Chosen, Probe
from monitor.omilia.regions import REGIONS, Region

Row = tuple[str, ...]

_ON = {
    Chosen.ALWAYS: "yes",
    Chosen.WITH_KEYCLOAK: "with Keycloak",
    Chosen.OPT_IN: "no",
}


def regions() -> str:
    """Return the table of the regions. What is inferred stands in italics."""
    head = ("Region", "Generation", "`api`", "`auth`", "`analytics`", "`realm`", "Note")
    return _table(head, map(_region, REGIONS.values()))


def probes() -> str:
    """Return the table of the probes."""
    head = ("Name", "Request", "Shows", "Expects", "Every, timeout", "Tier", "Default", "Why")
    return _table(head, map(_probe, CATALOGUE.values()))


def _region(region: Region) -> Row:
    said = {name: getattr(region, name) for name in ("api", "auth", "analytics", "realm")}
    shown = (f"*`{v}`*" if name in region.inferred else f"`{v}`" for name, v in said.items())
    return (f"`{region.name}`", region.generation.value, *shown, region.note)


def _probe(probe: Probe) -> Row:
    aside = f"; side effects: {probe.side_effects}" if probe.side_effects else ""
    return (
        f"`{probe.name}`" + (", per app" if probe.per_app else ""),
        f"{probe.method} `{probe.url}`",
        _shown(probe),
        f"`{_expected(probe)}`",
        f"{probe.every}, {probe.timeout}",
        str(probe.tier),
        _ON[probe.chosen],
        f"{probe.reason} ({probe.source}){aside}",
    )


def _shown(probe: Probe) -> str:
    names = {Auth.PAT: "PAT", Auth.KEYCLOAK: "access token", Auth.CHAT: "chat key"}
    return ", else ".join(names[auth] for auth in probe.auth) or "nothing"


def _expected(probe: Probe) -> str:
    if "chat" in probe.more:
        return json.dumps({"chat": probe.more["chat"]})
    expected: dict[str, Any] = {"status": [200], **probe.expect}
    return json.dumps(expected)


def _table(head: Row, rows: Iterable[Row]) -> str:
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join((f"| {' | '.join(head)} |", "|" + "---|" * len(head), *lines))


def written(page: str) -> str:
    """Return a page with what stands between its marks brought up to date."""
    for mark, table in (("regions", regions()), ("probes", probes())):
        head, begin, rest = page.partition(f"<!-- {mark} -->\n")
        _, end, tail = rest.partition(f"<!-- /{mark} -->")
        page = f"{head}{begin}{table}\n{end}{tail}"
    return page


if __name__ == "__main__":
    file = Path(sys.argv[1])
    file.write_text(written(file.read_text(encoding="utf-8")), encoding="utf-8")
