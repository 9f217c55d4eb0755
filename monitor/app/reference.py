"""The reference of the configuration, from the model: `python -m monitor.app.reference FILE`.

docs/configuration.md contains exactly this; a test compares the two, and `make docs` mends it.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from alerts.config import spelled
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
    fields = sorted(
        schema.get("properties", {}).items(), key=lambda field: field[0] not in required
    )
    for key, field in fields if prefix else schema["properties"].items():
        path, kind = f"{prefix}{key}", _kind(field, defs)
        default = "required" if key in required else _default(field, kind)
        yield path, kind, default, field.get("description", "").replace("\n", " ")
        for part, mark in _inside(field, defs) if key != "defaults" else ():
            yield from _rows(part, f"{path}{mark}.", defs)


def _inside(field: dict[str, Any], defs: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield the parts that a key holds, with how one of them is addressed."""
    field = _resolved(_given(field), defs)
    if "properties" in field:
        yield field, ""
    elif isinstance(field.get("items"), dict):
        for choice in field["items"].get("anyOf", [field["items"]]):
            item = _resolved(choice, defs)
            if "properties" in item:
                yield item, "[]"
    else:
        named = list(field.get("patternProperties", {}).values())
        for value in (*named, field.get("additionalProperties")):
            if isinstance(value, dict):
                yield from _named(_resolved(value, defs), defs)


def _given(field: dict[str, Any]) -> dict[str, Any]:
    """Return what a field is when it is not left out."""
    given = [one for one in field.get("anyOf", ()) if one.get("type") != "null"]
    parts = [one for one in given if "$ref" in one] or given  # else it may be a name alone
    return parts[0] if len(parts) == 1 else field


def _named(item: dict[str, Any], defs: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield what may stand under a name; where it has kinds, each by its own."""
    for choice in item.get("oneOf", [item]):
        part = _resolved(choice, defs)
        kind = part.get("properties", {}).get("kind", {}).get("const")
        if kind or "title" in part:  # a model of ours; a reference to a secret has no title
            yield part, f".<{kind or 'name'}>"


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
    elif field.get("pattern", "").endswith("%$"):
        named = "share"
    elif kind == "array":
        named = f"list of {_kind(field.get('items', {}), defs)}"
    else:
        kind = str(field.get("format", kind))
        named = {"string": "text", "object": "mapping", "boolean": "yes or no"}.get(kind, kind)
    return named


def _default(field: dict[str, Any], kind: str) -> str:
    value = field.get("default")
    if value is None or isinstance(value, dict):
        return ""
    if kind == "duration":
        return f"`{spelled(value)}`"
    if kind == "share":
        return f"`{value:g}%`"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def written(document: str) -> str:
    """Return a document with the reference between its two marks brought up to date."""
    head, begin, rest = document.partition("<!-- reference -->\n")
    _, end, tail = rest.partition("<!-- /reference -->")
    return f"{head}{begin}{table()}\n{end}{tail}"


if __name__ == "__main__":
    file = Path(sys.argv[1])
    file.write_text(written(file.read_text(encoding="utf-8")), encoding="utf-8")
