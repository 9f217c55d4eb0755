"""The reference of the configuration, from the model: `python -m monitor.app.reference`.

docs/configuration.md contains exactly this; a test compares the two, and `make docs` mends it.
"""

import sys
from collections.abc import Iterator
from typing import Any

from monitor.app.settings import Settings

Row = tuple[str, str, str, str]
_HEAD = "| Key | Type | Default | Meaning |\n|---|---|---|---|"


def rows() -> Iterator[Row]:
    """Yield (key, type, default, meaning) of every key, in the order of the model."""
    schema = Settings.model_json_schema(by_alias=True)
    yield from _rows(schema, "", schema["$defs"])


def table() -> str:
    """Return the reference as a Markdown table."""
    lines = (f"| `{key}` | {kind} | {default} | {text} |" for key, kind, default, text in rows())
    return "\n".join((_HEAD, *lines))


def _rows(schema: dict[str, Any], prefix: str, defs: dict[str, Any]) -> Iterator[Row]:
    required = schema.get("required", ())
    for key, field in schema.get("properties", {}).items():
        path = f"{prefix}{key}"
        inner, mark = _inside(field, defs)
        default = "required" if key in required else _default(field)
        yield path, _kind(field, defs), default, field.get("description", "")
        for part in inner:
            yield from _rows(part, f"{path}{mark}.", defs)


def _inside(field: dict[str, Any], defs: dict[str, Any]) -> tuple[list[dict[str, Any]], str]:
    """Return the parts that a key holds, and how one of them is addressed."""
    field = _resolved(field, defs)
    if "properties" in field:
        return [field], ""
    if isinstance(field.get("items"), dict):
        item = _resolved(field["items"], defs)
        return ([item], "[]") if "properties" in item else ([], "")
    further = field.get("additionalProperties") or next(
        iter(field.get("patternProperties", {}).values()), None
    )
    if isinstance(further, dict):
        item = _resolved(further, defs)
        choices = [_resolved(one, defs) for one in item.get("oneOf", [item])]
        parts = [
            choice
            for choice in choices
            if "properties" in choice and "env" not in str(choice.get("required"))
        ]
        return (parts, ".<name>") if parts else ([], "")
    return [], ""


def _resolved(field: dict[str, Any], defs: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in field:
        return _resolved(defs[field["$ref"].rpartition("/")[2]], defs)
    if "allOf" in field:
        return _resolved(field["allOf"][0], defs)
    return field


def _kind(field: dict[str, Any], defs: dict[str, Any]) -> str:
    field = _resolved(field, defs)
    choices = field.get("anyOf")
    words = [field["const"]] if "const" in field else field.get("enum")
    kind = str(field.get("type", "any"))
    if words:
        named = ", ".join(f"`{word}`" for word in words)
    elif choices:
        kinds = [_kind(one, defs) for one in choices if one.get("type") != "null"]
        named = " or ".join(dict.fromkeys(kinds))
    elif "oneOf" in field:
        named = "secret"
    elif "ms|s|m|h|d" in field.get("pattern", ""):
        named = "duration"
    elif kind == "array":
        named = f"list of {_kind(field.get('items', {}), defs)}"
    else:
        named = {"string": "text", "object": "mapping", "boolean": "yes or no"}.get(kind, kind)
    return named


def _default(field: dict[str, Any]) -> str:
    value = field.get("default")
    if value is None or (isinstance(value, dict) and value):
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


if __name__ == "__main__":
    sys.stdout.write(table() + "\n")
