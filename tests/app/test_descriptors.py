"""The limit of open files, in processes of their own: a limit that was lowered stays so."""

import subprocess
import sys

import pytest

from monitor.app.descriptors import FOLLOWERS, followers_at_most

CODE = """
import resource
from monitor.app.descriptors import followers_at_most, make_room
resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard}))
print(followers_at_most(), make_room(), followers_at_most())
"""


@pytest.mark.parametrize(
    ("soft", "hard", "said"),
    [
        (64, 256, "16 256 64"),
        (128, 128, "32 128 32"),
    ],
)
def test_there_is_as_much_room_as_the_system_allows(soft: int, hard: int, said: str) -> None:
    command = [sys.executable, "-c", CODE.format(soft=soft, hard=hard)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == said


def test_here_there_is_never_more_than_there_should_be() -> None:
    assert 0 < followers_at_most() <= FOLLOWERS
