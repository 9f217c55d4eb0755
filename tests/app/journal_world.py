"""A world whose journal somebody reads and orders about: two channels, one of them a log."""

from tests.app.world import CONFIG, World

JOURNAL = f"""{CONFIG}
  room: {{{{kind: log}}}}
access:
  tokens:
    - {{{{name: ada, value: {{{{env: TOKEN}}}}, scopes: [operate]}}}}
"""


async def down(world: World, status: int = 204) -> None:
    """Envs Manager fails, and the receiver answers like this."""
    world.receiver.status = status
    world.break_(do="fail", where="envs-manager", status=503)
    await world.pass_(90)
