"""Entity tags: what makes two answers the same to somebody who asks again (RFC 9110, 13)."""

import hashlib
from collections.abc import Iterable

from aiohttp import ETag, web

from monitor.core.verdict import Verdict, acted_on
from monitor.web.encoding import encode


def verdicts_tag(verdicts: Iterable[Verdict]) -> ETag:
    """Return the tag of a listing of verdicts.

    It changes with what a caller acts on. Ages and times tick on without it, so the tag is weak.
    """
    digest = hashlib.blake2b(digest_size=12)
    for verdict in verdicts:
        digest.update(encode(acted_on(verdict)))
    return ETag(digest.hexdigest(), is_weak=True)


def unchanged(request: web.Request, tag: ETag) -> bool:
    """Tell whether the asker has this already (weak comparison, as If-None-Match wants it)."""
    known = request.if_none_match or ()
    return any(each.value in (tag.value, "*") for each in known)
