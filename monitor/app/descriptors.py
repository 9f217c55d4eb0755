"""Open files: every connection is one, a probe's as well as a follower's."""

import resource

WANTED = 16_384
"""Open files that are enough for everything we allow."""
FOLLOWERS = 1000
"""Followers that are let in where there is room for them."""


def make_room() -> int:
    """Raise the limit of open files as far as it is wanted and allowed; return what it is now.

    The usual soft limit of 1024 is there for programs that use select(2).
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = WANTED if hard == resource.RLIM_INFINITY else min(hard, WANTED)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def followers_at_most() -> int:
    """Return how many may follow: a quarter of the open files, so that probes always have some.

    A probe that finds none would look like an endpoint that cannot be reached.
    """
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return FOLLOWERS if soft == resource.RLIM_INFINITY else min(FOLLOWERS, soft // 4)
