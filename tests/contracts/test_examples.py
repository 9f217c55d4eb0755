"""Whatever configuration or script is shown to people can be loaded, and links lead somewhere."""

import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from monitor.app.loader import loads
from monitor.app.problems import ConfigError
from monitor.app.settings import EndpointDefaults, Settings
from monitor.omilia.simulator import ScriptError, load_script
from tests.contracts.tree import DOCS, PAGES, ROOT, blocks, files

DEMO = ROOT / "monitor/app/demo"
SCRIPTS = [DOCS / "examples/outage-script.yml", DEMO / "script.yml"]
CONFIGURATIONS = [
    *(one for one in sorted((DOCS / "examples").glob("*.yml")) if one not in SCRIPTS),
    DEMO / "config.yml",
]
SHOWN = [
    pytest.param(block, id=f"{page.name}-{number}")
    for page in PAGES
    for number, block in enumerate(blocks(page.read_text(encoding="utf-8"), "yaml", "yml"), 1)
]
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_PATH = re.compile(r"(?<![\w/:.<>{-])(?:docs|monitor|alerts|tests|benchmarks)/[\w/-]+(?:\.\w+)?")


def _by_name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _parsed(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(text)


def _world_of(value: Any, folder: Path, key: str = "") -> dict[str, str]:
    """Return the environment that a configuration asks for; what it reads of files is written."""
    if isinstance(value, list):
        value = dict.fromkeys(map(str, range(len(value)))) | {
            str(number): one for number, one in enumerate(value)
        }
    if not isinstance(value, dict):
        return {}
    secret = {"url": "https://hooks.example/T0", "secret": "whsec_MDEyMzQ1Njc4OWFiY2RlZg=="}
    if set(value) == {"env"}:
        return {value["env"]: secret.get(key, "a-secret-of-some-length")}
    if set(value) == {"file"}:
        (folder / Path(value["file"]).name).write_text(secret.get(key, "a-secret-of-some-length"))
        return {}
    return {
        name: given for k, one in value.items() for name, given in _world_of(one, folder, k).items()
    }


def _loaded(text: str, folder: Path) -> Settings:
    return loads(text, "example", _world_of(_parsed(text), folder), base=folder)


@pytest.mark.parametrize("file", CONFIGURATIONS, ids=_by_name)
def test_every_example_of_a_configuration_loads(file: Path, tmp_path: Path) -> None:
    text = file.read_text(encoding="utf-8").replace("OMILIA/", "http://127.0.0.1:1/")
    assert _loaded(text, tmp_path).endpoints


def test_an_example_with_a_mistake_would_be_noticed(tmp_path: Path) -> None:
    text = (DOCS / "examples/production.yml").read_text(encoding="utf-8")
    with pytest.raises(ConfigError):
        _loaded(text.replace("timeout:", "time_out:"), tmp_path)


def test_no_example_is_forgotten() -> None:
    assert set((DOCS / "examples").iterdir()) <= {*CONFIGURATIONS, *SCRIPTS}
    assert set(DEMO.glob("*.yml")) <= {*CONFIGURATIONS, *SCRIPTS}


@pytest.mark.parametrize("file", SCRIPTS, ids=_by_name)
def test_every_script_can_be_played(file: Path) -> None:
    assert load_script(file).steps


def test_a_script_with_a_mistake_would_be_noticed() -> None:
    with pytest.raises(ScriptError):
        load_script(SCRIPTS[0].read_text(encoding="utf-8").replace("do: fail", "do: fall"))


@pytest.mark.parametrize("block", SHOWN)
def test_every_block_of_yaml_that_is_ours_is_valid(block: str, tmp_path: Path) -> None:
    value = _parsed(block)
    if isinstance(value, list) and any("do" in step for step in value):
        assert load_script(block).steps
        return
    assert isinstance(value, dict)
    if set(value) <= set(_keys(EndpointDefaults)):
        block = "defaults:\n" + "".join(f"  {line}\n" for line in block.splitlines())
        value = {}
    if set(value) <= set(_keys(Settings)) and "endpoints" not in value:
        block = f"{block}\nendpoints: [{{id: shown, url: https://a.example/}}]\n"
    if "endpoints:" in block:
        assert _loaded(block, tmp_path).endpoints


def _keys(model: type[Any]) -> dict[str, Any]:
    keys: dict[str, Any] = model.model_json_schema(by_alias=True)["properties"]
    return keys


@pytest.mark.parametrize("page", PAGES, ids=_by_name)
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for link in _LINK.findall(text):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        if anchor:
            assert anchor in _anchors(target.read_text(encoding="utf-8")), link


@pytest.mark.parametrize("page", PAGES, ids=_by_name)
def test_files_of_ours_that_are_mentioned_exist(page: Path) -> None:
    for path in _PATH.findall(page.read_text(encoding="utf-8")):
        assert (ROOT / path).exists(), path


def test_files_that_are_mentioned_in_comments_exist() -> None:
    for file in files():
        if file.suffix in {".yml", ".py", ".toml"} or file.name in {"Makefile", "Dockerfile"}:
            text = file.read_text(encoding="utf-8")
            for path in re.findall(r"(?<![\w/.])docs/[\w/-]+\.(?:md|yml)", text):
                assert (ROOT / path).exists(), f"{path} in {file}"


def _anchors(text: str) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in headings}
