"""docker-compose.yml and the Dockerfile, read as a person would read them."""

import json
import re
import shlex
from dataclasses import dataclass
from functools import cache
from typing import Any

from ruamel.yaml import YAML

from tests.contracts.tree import ROOT

EXAMPLE = "docs/examples/compose.yml"
CONFIG_VARIABLE = "OMILIA_MONITOR_CONFIG"


@cache
def compose() -> dict[str, Any]:
    """Return the whole file; merge keys are part of the Compose Specification."""
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    parsed: dict[str, Any] = YAML(typ="safe", pure=True).load(text)
    return parsed


def services() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = compose()["services"]
    return found


def example() -> dict[str, Any]:
    """Return the configuration that the monitor of the file reads."""
    parsed: dict[str, Any] = YAML(typ="safe", pure=True).load(
        (ROOT / EXAMPLE).read_text(encoding="utf-8")
    )
    return parsed


def mounted(service: str) -> dict[str, str]:
    """Return which file or volume stands where in a service: target to source."""
    mounts = (mount.split(":") for mount in services()[service].get("volumes", ()))
    return {target: source for source, target, *_ in mounts}


def command(service: str) -> list[str]:
    """Return the words that a service's container runs: its entrypoint and its command."""
    described = services()[service]
    entrypoint = described.get("entrypoint") or list_of(last("ENTRYPOINT"))
    # Compose: an entrypoint of the service's own takes the image's command away.
    default = [] if "entrypoint" in described else list_of(last("CMD"))
    return [*entrypoint, *described.get("command", default)]


@dataclass(frozen=True, slots=True)
class Instruction:
    """One line of the Dockerfile, continuations joined."""

    name: str
    rest: str


@cache
def stages() -> tuple[tuple[Instruction, ...], ...]:
    """Return the instructions of each stage."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    plain = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", " ")
    lines = [line.split(maxsplit=1) for line in plain.splitlines() if line.strip()]
    found: list[list[Instruction]] = []
    for name, rest in lines:
        if name == "FROM":
            found.append([])
        found[-1].append(Instruction(name, " ".join(rest.split())))
    return tuple(map(tuple, found))


def last(name: str) -> str:
    """Return what the final stage says last under this name."""
    return [one.rest for one in stages()[-1] if one.name == name][-1]


def list_of(words: str) -> list[str]:
    """Return the exec form of an instruction."""
    found: list[str] = json.loads(words)
    return found


def environment() -> dict[str, str]:
    """Return what the image sets."""
    return dict(word.split("=", 1) for word in shlex.split(last("ENV")))
