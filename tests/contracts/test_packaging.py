"""What is built is what runs: the wheel has every file, versions agree, the command is there."""

import re
import subprocess
import sys
import tarfile
import tomllib
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from monitor import __version__
from tests.contracts.tree import ROOT, files

PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
_BYTECODE = {".pyc", ".pyo"}


def _build(target: str, folder: Path) -> Path:
    """Build with what is installed: no isolation, so that nothing is fetched."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (built,) = folder.iterdir()
    return built


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ZipFile]:
    with ZipFile(_build("wheel", tmp_path_factory.mktemp("wheel"))) as opened:
        yield opened


def _ours(*rooms: str) -> set[str]:
    names = {file.relative_to(ROOT) for file in files() if file.suffix not in _BYTECODE}
    return {str(name) for name in names if name.parts[0] in rooms}


def test_the_wheel_has_every_file_of_both_packages(wheel: ZipFile) -> None:
    built = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert built == _ours("monitor", "alerts")


@pytest.mark.parametrize(
    "needed",
    [
        "monitor/app/demo/config.yml",
        "monitor/app/demo/script.yml",
        "monitor/app/report/page.html",
        "monitor/adapters/store/migrations/env.py",
        "monitor/adapters/store/migrations/versions/0001_first.py",
        "monitor/py.typed",
        "alerts/py.typed",
    ],
)
def test_the_wheel_has_what_is_read_at_run_time(needed: str, wheel: ZipFile) -> None:
    assert wheel.read(needed) == (ROOT / needed).read_bytes()


def test_the_wheel_carries_the_licence_and_says_what_it_needs(wheel: ZipFile) -> None:
    (licence,) = [name for name in wheel.namelist() if name.endswith("licenses/LICENSE")]
    assert wheel.read(licence) == (ROOT / "LICENSE").read_bytes()
    (metadata,) = [name for name in wheel.namelist() if name.endswith("/METADATA")]
    head = wheel.read(metadata).decode().partition("\n\n")[0].splitlines()
    assert f"Version: {__version__}" in head
    needs = [line for line in head if line.startswith("Requires-Dist:")]
    extras = sum(map(len, PROJECT["project"]["optional-dependencies"].values()))
    assert len(needs) == len(PROJECT["project"]["dependencies"]) + extras


def test_the_source_archive_is_enough_to_make_and_test_everything(tmp_path: Path) -> None:
    with tarfile.open(_build("sdist", tmp_path)) as archive:
        built = {name.partition("/")[2] for name in archive.getnames()}
    wanted = _ours("monitor", "alerts", "tests", "docs", "benchmarks", "requirements", ".ci")
    wanted |= {"Makefile", "Dockerfile", "docker-compose.yml", "README.md", "CHANGELOG.md"}
    assert wanted - built == set()


def test_the_installed_command_is_our_command_line() -> None:
    from monitor.app.cli import main  # noqa: PLC0415  the one that is compared

    ((name, where),) = PROJECT["project"]["scripts"].items()
    assert name == PROJECT["project"]["name"] == "omilia-monitor"
    assert EntryPoint(name, where, "console_scripts").load() is main


def test_versions_agree() -> None:
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    released = re.findall(r"^## \[(\d[^\]]*)\] - \d{4}-\d\d-\d\d$", changes, re.MULTILINE)
    assert PROJECT["project"]["version"] == __version__ == released[0]


def test_the_lock_files_have_hashes_and_no_address() -> None:
    for lock in (ROOT / "requirements").glob("*.txt"):
        text = lock.read_text(encoding="utf-8")
        pinned = re.findall(r"^[A-Za-z][^\s=]*==", text, re.MULTILINE)
        starts = re.split(r"^(?=[A-Za-z])", text, flags=re.MULTILINE)[1:]
        assert len(starts) == len(pinned) > 0
        assert all("--hash=sha256:" in one for one in starts), lock
        assert "://" not in text, lock
