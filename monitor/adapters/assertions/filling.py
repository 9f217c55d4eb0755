"""An address with places in it that are filled from a reply's JSON body."""

import json
import re
from collections.abc import Callable
from urllib.parse import quote

import jsonpath

from monitor.adapters.assertions.document import compiled_path
from monitor.core.exchange import Reply

_PLACE = re.compile(r"\{(\$[^{}]*)\}")


def filler(template: str) -> Callable[[Reply], str | None]:
    """Return what fills `{JSONPath}` in a template with what stands there in a reply's body.

    A value is written so that it cannot lead to another host or path. The filled text is None when
    something is missing there, or is not a text or number. Raises ValueError for a path that is
    none, and for braces that hold none.
    """
    parts = _PLACE.split(template)
    texts, queries = parts[::2], [compiled_path(path) for path in parts[1::2]]
    if any(brace in text for text in texts for brace in "{}"):
        raise ValueError("braces hold a JSONPath, such as {$.id}")

    def fill(reply: Reply) -> str | None:
        if not queries:
            return template
        try:
            document = json.loads(reply.body)
            found = [query.match(document) for query in queries]
        except (ValueError, RecursionError, jsonpath.JSONPathError):
            return None
        filled = texts[0]
        for match, text in zip(found, texts[1:], strict=True):
            value = None if match is None else match.value
            if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
                return None
            filled += quote(str(value), safe="") + text
        return filled

    return fill
