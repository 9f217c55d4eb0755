"""How the tree is kept: small files, docstrings, one room for clock and dice, no leaks."""

import ast
import re
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest

from tests.contracts.tree import ROOT, files, python_files

LONGEST = 300
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONTRACTS = PROJECT["tool"]["importlinter"]["contracts"]

# In pieces, so that this file does not find itself.
BANNED_IMPORT = "TID" + "251"
HOSTS = ("py" + "pi.", "python" + "hosted", "anaconda" + ".org", "ghcr" + ".io", "docker" + ".io")
MACHINES = ("/wo" + "rk/", "/ro" + "ot/", "/home" + "/", "C:" + "\\")


@pytest.mark.parametrize("room", ["monitor", "alerts"])
def test_files_are_short(room: str) -> None:
    lengths = {
        str(file.relative_to(ROOT)): len(file.read_text(encoding="utf-8").splitlines())
        for file in python_files(room)
    }
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST} == {}


def test_every_folder_with_code_is_a_package_with_a_docstring() -> None:
    folders = {file.parent for file in python_files("monitor", "alerts")}
    alembic = {ROOT / "monitor/adapters/store/migrations"}  # Alembic loads these files by path
    alembic |= {one / "versions" for one in alembic}
    for folder in sorted(folders - alembic):
        package = ast.parse((folder / "__init__.py").read_text(encoding="utf-8"))
        assert ast.get_docstring(package), folder


def test_the_clock_and_the_dice_have_one_room_on_each_side() -> None:
    found = {
        str(file.relative_to(ROOT))
        for file in python_files("monitor", "alerts", "tests", "benchmarks")
        if BANNED_IMPORT in file.read_text(encoding="utf-8")
    }
    # The client is installed into other programs and shares nothing with the daemon.
    assert found == {"monitor/adapters/clock.py", "monitor/client/clock.py"}


def test_no_check_is_switched_off_in_secret() -> None:
    for file in python_files("monitor", "alerts", "tests", "benchmarks"):
        for line in file.read_text(encoding="utf-8").splitlines():
            if "# " + "noqa" in line:
                assert re.search("# " + r"noqa: [A-Z]+\d+(, ?[A-Z]+\d+)*", line), f"{file}: {line}"
            assert "pragma" + ": no cover" not in line, file
            assert "pytest.mark" + ".skip" not in line, file


@pytest.mark.parametrize("pattern", [*HOSTS, *MACHINES])
def test_nothing_names_a_registry_or_somebodys_machine(pattern: str) -> None:
    found = [
        str(file.relative_to(ROOT))
        for file in files()
        if pattern in file.read_bytes().decode("utf-8", "replace")
    ]
    assert found == []


def test_the_layers_run_from_the_hall_down_to_the_core() -> None:
    (layers,) = [one["layers"] for one in CONTRACTS if one["type"] == "layers"]
    assert layers[0] == "monitor.app"
    assert layers[-1] == "monitor.core"
    named = {part.strip() for layer in layers for part in layer.split("|")}
    there = {f"monitor.{name}" for name in _modules(ROOT / "monitor")}
    assert named == there, "whatever is in monitor has its place in the layers"


def test_every_adapter_is_held_apart_from_the_others() -> None:
    (apart,) = [one["modules"] for one in CONTRACTS if one["type"] == "independence"]
    assert set(apart) == {f"monitor.adapters.{n}" for n in _modules(ROOT / "monitor/adapters")}


def test_every_module_that_a_contract_names_exists() -> None:
    # import-linter does not complain about an importer that is not there any more.
    for contract in CONTRACTS:
        keys = ("allowed_importers", "source_modules", "modules", "layers")
        named = [name for key in keys for name in contract.get(key, ())]
        for name in (part.strip() for one in named for part in one.split("|")):
            path = ROOT / name.replace(".", "/")
            assert path.is_dir() or path.with_suffix(".py").is_file(), name


def test_every_library_has_a_contract_that_says_who_may_import_it() -> None:
    keys = ("protected_modules", "forbidden_modules")
    kept = [one for one in CONTRACTS if one["name"] != "The core knows no third party and no loop"]
    named = {name for one in kept for key in keys for name in one.get(key, ())}
    extras = PROJECT["project"]["optional-dependencies"].values()
    wanted = [*PROJECT["project"]["dependencies"], *(one for extra in extras for one in extra)]
    names = {re.split(r"[\[<>=]", one)[0].lower().replace("_", "-") for one in wanted}
    modules: dict[str, set[str]] = {name: set() for name in names}
    for module, distributions in packages_distributions().items():
        for name in {one.lower().replace("_", "-") for one in distributions} & names:
            modules[name].add(module)
    assert {name for name, provides in modules.items() if not provides & named} == set()


def _modules(folder: Path) -> set[str]:
    """Return the names of the modules and packages in a folder, but not its door."""
    return {
        one.stem
        for one in folder.iterdir()
        if (one.suffix == ".py" and not one.name.startswith("__"))
        or (one / "__init__.py").is_file()
    }
