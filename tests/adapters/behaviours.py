"""What the misbehaving server says, byte by byte, by the name of the misbehaviour."""

import gzip
from dataclasses import dataclass
from enum import Enum, auto


class Then(Enum):
    """What follows the last byte."""

    KEEP = auto()
    CLOSE = auto()
    RESET = auto()
    HANG = auto()


@dataclass(frozen=True)
class Says:
    """What is sent, one packet after the other, and what follows."""

    parts: tuple[bytes, ...]
    then: Then = Then.KEEP


def says(*parts: bytes, then: Then = Then.KEEP) -> Says:
    return Says(parts, then)


def head(status: bytes, *headers: bytes) -> bytes:
    return b"\r\n".join((b"HTTP/1.1 " + status, *headers, b"", b""))


def whole(status: bytes, body: bytes, *headers: bytes) -> bytes:
    return head(status, b"Content-Length: %d" % len(body), *headers) + body


BOMB = gzip.compress(bytes(8 * 1024 * 1024))
CHUNKED = b"Transfer-Encoding: chunked"
LATER = b"Retry-After: 7"

BEHAVIOURS: dict[str, Says] = {
    # as it should be
    "ok": says(whole(b"200 OK", b'{"version": "1.17.0"}', b"Content-Type: application/json")),
    "ok-in-parts": says(head(b"200 OK", b"Content-Length: 6"), b"abc", b"def"),
    "ok-chunked": says(head(b"200 OK", CHUNKED), b"3\r\nabc\r\n", b"3\r\ndef\r\n0\r\n\r\n"),
    "ok-until-close": says(head(b"200 OK"), b"abc", b"def", then=Then.CLOSE),
    "ok-gzip": says(whole(b"200 OK", gzip.compress(b"abcdef"), b"Content-Encoding: gzip")),
    "ok-once": says(whole(b"200 OK", b"abcdef"), then=Then.CLOSE),
    "no-content": says(head(b"204 No Content")),
    "odd-headers": says(
        whole(b"200 OK", b"", b"X-Twice: one", b"x-twice: two", b"X-Latin: caf\xe9")
    ),
    "cookie": says(whole(b"200 OK", b"", b"Set-Cookie: a=b; Path=/")),
    "unauthorized": says(whole(b"401 Unauthorized", b"{}")),
    "unheard-of": says(whole(b"799 Whatever", b"?")),
    # nothing, or not enough
    "silent": says(then=Then.HANG),
    "close-before-head": says(then=Then.CLOSE),
    "reset-before-head": says(then=Then.RESET),
    "half-status-line": says(b"HTTP/1.1 20", then=Then.HANG),
    "half-status-line-close": says(b"HTTP/1.1 20", then=Then.CLOSE),
    "half-headers": says(b"HTTP/1.1 200 OK\r\nContent-Le", then=Then.HANG),
    "half-headers-close": says(b"HTTP/1.1 200 OK\r\nContent-Le", then=Then.CLOSE),
    "half-headers-reset": says(b"HTTP/1.1 200 OK\r\nContent-Le", then=Then.RESET),
    "only-head": says(head(b"200 OK", b"Content-Length: 10"), then=Then.HANG),
    "half-body": says(head(b"200 OK", b"Content-Length: 10"), b"abc", then=Then.HANG),
    "half-chunks": says(head(b"200 OK", CHUNKED), b"3\r\nabc\r\n", then=Then.HANG),
    "truncated": says(head(b"200 OK", b"Content-Length: 10"), b"abc", then=Then.CLOSE),
    "truncated-at-once": says(head(b"200 OK", b"Content-Length: 10") + b"abc", then=Then.CLOSE),
    "truncated-by-reset": says(head(b"200 OK", b"Content-Length: 10"), b"abc", then=Then.RESET),
    "truncated-chunks": says(head(b"200 OK", CHUNKED), b"3\r\nabc\r\n", then=Then.CLOSE),
    "truncated-chunk": says(head(b"200 OK", CHUNKED), b"30\r\nabc", then=Then.CLOSE),
    # too much
    "longer-than-announced": says(head(b"200 OK", b"Content-Length: 3") + b"abcdefgh"),
    "body-after-no-content": says(head(b"204 No Content"), b"but here it is"),
    "huge-header": says(whole(b"200 OK", b"", b"X-Huge: " + b"x" * 100_000)),
    "many-headers": says(whole(b"200 OK", b"", *(b"X-%d: x" % n for n in range(1000)))),
    "gzip-bomb": says(whole(b"200 OK", BOMB, b"Content-Encoding: gzip")),
    # not HTTP
    "bad-status-line": says(b"SSH-2.0-OpenSSH_9.6\r\n\r\n", then=Then.HANG),
    "bad-status": says(b"HTTP/1.1 abc OK\r\n\r\n", then=Then.HANG),
    "bad-header": says(head(b"200 OK", b"no colon here"), then=Then.HANG),
    "header-without-name": says(head(b"200 OK", b": x"), then=Then.HANG),
    "null-in-header": says(head(b"200 OK", b"X: a\0b"), then=Then.HANG),
    "two-lengths": says(head(b"200 OK", b"Content-Length: 3", b"Content-Length: 4") + b"abcd"),
    "negative-length": says(head(b"200 OK", b"Content-Length: -3") + b"abc"),
    "bad-chunk-at-once": says(head(b"200 OK", CHUNKED) + b"zz\r\nabc\r\n", then=Then.HANG),
    "bad-chunk": says(head(b"200 OK", CHUNKED), b"zz\r\nabc\r\n", then=Then.HANG),
    "bad-second-chunk": says(
        head(b"200 OK", CHUNKED), b"3\r\nabc\r\n", b"zz\r\nabc\r\n", then=Then.HANG
    ),
    "bad-gzip": says(whole(b"200 OK", b"not gzip", b"Content-Encoding: gzip")),
    # an error whose body misbehaves too
    "throttled-hanging": says(
        head(b"429 Too Many Requests", LATER, b"Content-Length: 99"), b"slow down", then=Then.HANG
    ),
    "throttled-bodiless": says(
        head(b"429 Too Many Requests", LATER, b"Content-Length: 99"), then=Then.HANG
    ),
    "error-truncated": says(
        head(b"503 Service Unavailable", LATER, b"Content-Length: 99"), b"sorry", then=Then.CLOSE
    ),
    "error-reset": says(
        head(b"503 Service Unavailable", LATER, b"Content-Length: 99"), b"sorry", then=Then.RESET
    ),
    "error-bad-chunk": says(
        head(b"502 Bad Gateway", CHUNKED), b"5\r\nsorry\r\n", b"zz\r\n", then=Then.HANG
    ),
    "error-bad-gzip": says(whole(b"403 Forbidden", b"no", b"Content-Encoding: gzip")),
    "error-bomb": says(whole(b"500 Internal Server Error", BOMB, b"Content-Encoding: gzip")),
    # somewhere else
    "loop": says(whole(b"302 Found", b"", b"Location: /loop")),
    "ping": says(whole(b"307 Temporary Redirect", b"", b"Location: pong")),
    "pong": says(whole(b"307 Temporary Redirect", b"", b"Location: ./ping#again")),
    "chain-3": says(whole(b"301 Moved Permanently", b"gone", b"Location: /chain-2?x=1")),
    "chain-2": says(whole(b"302 Found", b"gone", b"Location: chain-1")),
    "chain-1": says(whole(b"308 Permanent Redirect", b"gone", b"Location: /ok")),
    "see-other": says(whole(b"303 See Other", b"", b"Location: /echo")),
    "moved-temporarily": says(whole(b"307 Temporary Redirect", b"", b"Location: /echo")),
    "found": says(whole(b"302 Found", b"", b"Location: /echo")),
    "nowhere": says(whole(b"302 Found", b"")),
    "to-ftp": says(whole(b"302 Found", b"", b"Location: ftp://127.0.0.1/")),
    "to-script": says(whole(b"302 Found", b"", b"Location: javascript:alert(1)")),
    "to-garbage": says(whole(b"302 Found", b"", b"Location: http://[::1")),
    "to-no-host": says(whole(b"302 Found", b"", b"Location: https:///ok")),
    "to-bytes": says(whole(b"302 Found", b"", b"Location: http://\xff\xfe\xff/")),
    "to-no-port": says(whole(b"302 Found", b"", b"Location: http://127.0.0.1:99999/")),
    "redirect-hanging-body": says(
        head(b"302 Found", b"Location: /ok", b"Content-Length: 99"), b"never ends", then=Then.HANG
    ),
    "not-modified": says(head(b"304 Not Modified")),
}
