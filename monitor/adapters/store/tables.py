"""The schema, once, for both databases. Times are integers: Unix ms or us, as the name says.

Everything that belongs to an endpoint is keyed by endpoint and location from the first day, so
that several machines add rows and not a rewrite. The migrations make these tables; a test compares.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    Text,
)

metadata = MetaData()

endpoint = Table(
    "endpoint",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
)

location = Table(
    "location",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
)

# How an endpoint stands: the whole value as JSON, and beside it what a query asks for.
standing = Table(
    "standing",
    metadata,
    Column("endpoint_id", ForeignKey("endpoint.id"), primary_key=True),
    Column("location_id", ForeignKey("location.id"), primary_key=True),
    Column("state", Text, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("updated_ms", BigInteger, nullable=False),
    Column("doc", Text, nullable=False),
)

# A move's epoch is its key; the time is part of it for a breaker that had to begin anew while the
# store was away, whose epochs began anew with it.
move = Table(
    "move",
    metadata,
    Column("endpoint_id", ForeignKey("endpoint.id"), primary_key=True),
    Column("location_id", ForeignKey("location.id"), primary_key=True),
    Column("epoch", BigInteger, primary_key=True, autoincrement=False),
    Column("at_ms", BigInteger, primary_key=True, autoincrement=False),
    Column("move", Text, nullable=False),
    Column("doc", Text, nullable=False),
    Index("move_at", "at_ms"),
)

incident = Table(
    "incident",
    metadata,
    Column("id", Text, primary_key=True),
    Column("key", Text, nullable=False),
    Column("endpoint_id", ForeignKey("endpoint.id"), nullable=False),
    Column("location_id", ForeignKey("location.id"), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("opened_us", BigInteger, nullable=False),
    Column("closed_us", BigInteger),
    Column("doc", Text, nullable=False),
    Index("incident_opened", "opened_us"),
    Index("incident_closed", "location_id", "closed_us"),
)

# One row per probe, as small as it can be: `more` holds what most rows do not have.
# No foreign keys: they would cost more than the row.
outcome = Table(
    "outcome",
    metadata,
    Column("endpoint_id", Integer, primary_key=True, autoincrement=False),
    Column("location_id", Integer, primary_key=True, autoincrement=False),
    Column("due_ms", BigInteger, primary_key=True, autoincrement=False),
    Column("after_ms", Integer, nullable=False),
    Column("category", Text, nullable=False),
    Column("status", SmallInteger),
    Column("latency_us", Integer),
    Column("resolve_us", Integer),
    Column("connect_us", Integer),
    Column("tls_us", Integer),
    Column("first_byte_us", Integer),
    Column("transfer_us", Integer),
    Column("certificate_s", BigInteger),
    Column("more", Text),
    sqlite_with_rowid=False,
)

# `res` is the length of a bucket, `bucket` its start: Unix seconds both.
rollup = Table(
    "rollup",
    metadata,
    Column("endpoint_id", Integer, primary_key=True, autoincrement=False),
    Column("location_id", Integer, primary_key=True, autoincrement=False),
    Column("res", Integer, primary_key=True, autoincrement=False),
    Column("bucket", BigInteger, primary_key=True, autoincrement=False),
    Column("n", Integer, nullable=False),
    Column("good", Integer, nullable=False),
    Column("bad", Integer, nullable=False),
    Column("shortest_us", Integer),
    Column("longest_us", Integer),
    Column("counts", Text, nullable=False),
    Column("latencies", Text, nullable=False),
    sqlite_with_rowid=False,
)

# How far the rollups of a location have come, per resolution: Unix seconds.
rolled = Table(
    "rolled",
    metadata,
    Column("location_id", ForeignKey("location.id"), primary_key=True),
    Column("res", Integer, primary_key=True, autoincrement=False),
    Column("upto", BigInteger, nullable=False),
)

# Windows of maintenance that were announced or ended over the API; `end_us` is what retention asks.
maintenance = Table(
    "maintenance",
    metadata,
    Column("location_id", ForeignKey("location.id"), primary_key=True),
    Column("id", Text, primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("end_us", BigInteger, nullable=False),
    Column("doc", Text, nullable=False),
)

# Silences, as windows of maintenance are kept.
silence = Table(
    "silence",
    metadata,
    Column("location_id", ForeignKey("location.id"), primary_key=True),
    Column("id", Text, primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("end_us", BigInteger, nullable=False),
    Column("doc", Text, nullable=False),
)

# What was last had of each calendar that lies elsewhere.
calendar = Table(
    "calendar",
    metadata,
    Column("location_id", ForeignKey("location.id"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("doc", Text, nullable=False),
)

# Credentials that were refused, and are not tried again before somebody says so.
credential_pause = Table(
    "credential_pause",
    metadata,
    Column("location_id", ForeignKey("location.id"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("doc", Text, nullable=False),
)

# What happened beside the outcomes. The id derives from the rest, so that it can be written twice.
event = Table(
    "event",
    metadata,
    Column("location_id", ForeignKey("location.id"), primary_key=True),
    Column("id", Text, primary_key=True),
    Column("endpoint_id", ForeignKey("endpoint.id")),
    Column("at_us", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("data", Text),
    Index("event_at", "at_us"),
    Index("event_endpoint", "endpoint_id", "at_us"),
)

# How long an endpoint stood how. `announced` is 1 for maintenance, which lies over what was seen.
stretch = Table(
    "stretch",
    metadata,
    Column("endpoint_id", ForeignKey("endpoint.id"), primary_key=True),
    Column("location_id", ForeignKey("location.id"), primary_key=True),
    Column("announced", SmallInteger, primary_key=True, autoincrement=False),
    Column("begin_ms", BigInteger, primary_key=True, autoincrement=False),
    Column("end_ms", BigInteger),
    Column("doc", Text, nullable=False),
    Index("stretch_end", "location_id", "end_ms"),
)

# When a location's monitor was there to look: one row for each time without a break.
presence = Table(
    "presence",
    metadata,
    Column("location_id", ForeignKey("location.id"), primary_key=True),
    Column("begin_ms", BigInteger, primary_key=True, autoincrement=False),
    Column("seen_ms", BigInteger, nullable=False),
)
