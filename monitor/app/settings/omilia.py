"""`omilia:`: endpoints from the catalogue, made of a region and a credential."""

import difflib
import re
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, WithJsonSchema

from alerts.config import REFERENCE
from monitor.app import checks
from monitor.app.settings.part import Part
from monitor.omilia.catalogue import CATALOGUE

DEFAULT = "default"
"""What stands for all probes of the defaults in a list of probes."""
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?")


def _secret_or_name(value: Any) -> Any:
    """Take a secret, or the name of a credential. What is neither is not repeated."""
    if isinstance(value, SecretStr) or (isinstance(value, str) and _NAME.fullmatch(value)):
        return value
    wrong = "neither a secret nor the name of a credential"
    raise ValueError(f"{wrong}; write {{env: NAME}}, {{file: PATH}} or a name under credentials")


def _mapping_or_name(value: Any) -> Any:
    """Take the name of a credential, or its keys."""
    if isinstance(value, dict) or (isinstance(value, str) and _NAME.fullmatch(value)):
        return value
    raise ValueError("neither keys nor the name of a credential; write {username: ..., ...}")


def _default_alone(value: Any) -> Any:
    return [DEFAULT] if value == DEFAULT else value


def _known(names: list[str]) -> list[str]:
    for name in names:
        if name != DEFAULT and name not in CATALOGUE:
            close = difflib.get_close_matches(name, CATALOGUE, n=1)
            right = f"did you mean {close[0]}?" if close else f"known: {', '.join(CATALOGUE)}"
            raise ValueError(f"there is no probe {name!r}; {right}")
    return names


def _app_id(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", value):
        raise ValueError("not an app's id; it is what its address in Orchestrator ends with")
    return value


def _id_alone(value: Any) -> Any:
    return {"id": value} if isinstance(value, str) else value


SecretOrName = Annotated[
    str | SecretStr,
    BeforeValidator(_secret_or_name),
    WithJsonSchema({"anyOf": [REFERENCE, {"type": "string"}]}),
]
KeysOrName = Annotated[
    str | dict[str, Any],
    BeforeValidator(_mapping_or_name),
    WithJsonSchema({"anyOf": [{"type": "object"}, {"type": "string"}]}),
]
Host = Annotated[str, AfterValidator(checks.url)]


class OmiliaCredentials(Part):
    """What the catalogue's probes show: each a secret, or the name of one under `credentials`."""

    pat: SecretOrName | None = None
    """A personal access token."""
    keycloak: KeysOrName | None = None
    """A user of IAM's: `username`, `password` and what else a Keycloak credential has."""
    chat: SecretOrName | None = None
    """The key of the one app that is talked to."""


class OmiliaApp(Part):
    """An app that is watched by itself. An id alone may stand for it."""

    id: Annotated[str, AfterValidator(_app_id)]
    """Orchestrator's."""
    name: str | None = Field(None, pattern=r"^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$")
    """What its endpoints' ids end with, at most 40 characters; the id when left out."""
    chat: SecretOrName | None = None
    """Its chat key."""
    chat_url: Annotated[str, AfterValidator(checks.endpoint_url)] | None = None
    """Its WebSocket, as Orchestrator's `chat_url` says."""


class Omilia(Part):
    """Endpoints from the catalogue. A region says where Omilia is; each host may be said here."""

    region: str | None = Field(None, pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")
    """Omilia's region, for example us1. Another one than the known needs `api` and `realm`."""
    api: Host | None = None
    """Where the services are."""
    auth: Host | None = None
    """Where IAM is; the region's, or `api`."""
    analytics: Host | None = None
    """Where the analytics are; the region's, or `api`."""
    assets: Host | None = None
    """Where the chat widget is; a known region's, or nowhere."""
    realm: str | None = Field(None, pattern=r"^[A-Za-z0-9._-]{1,64}$")
    """The realm in IAM: `master` (Swarm) or `ocp` (Kubernetes)."""
    credentials: OmiliaCredentials = OmiliaCredentials()
    """What the probes show."""
    probes: Annotated[
        list[str],
        BeforeValidator(_default_alone, json_schema_input_type=list[str] | str),
        AfterValidator(_known),
    ] = Field([DEFAULT], min_length=1)
    """Names of the catalogue, and `default` for all of the defaults."""
    apps: list[
        Annotated[OmiliaApp, BeforeValidator(_id_alone, json_schema_input_type=str | OmiliaApp)]
    ] = []
    """Apps that are watched one by one."""
