"""The journal's three tables. Times are milliseconds since 1970, UTC; documents are JSON text."""

from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, Table, Text

metadata = MetaData()

journal = Table(
    "journal",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("alert_key", Text, primary_key=True),
    Column("incident_id", Text, nullable=False),
    Column("told_revision", Integer, nullable=False, server_default="0"),
    Column("told_status", Text),
    Column("trying_revision", Integer),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("not_before_ms", BigInteger),
    Column("remote", Text),
    Column("last_error", Text, nullable=False, server_default=""),
    Column("updated_ms", BigInteger, nullable=False),
    Column("doc", Text),
)

# One row for each thing that was told: what the journal's row forgets with the next incident.
telling = Table(
    "telling",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("incident_id", Text, primary_key=True),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("status", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Index("telling_incident", "incident_id"),
    Index("telling_at", "at_ms"),
)

channel = Table(
    "channel",
    metadata,
    Column("name", Text, primary_key=True),
    Column("not_before_ms", BigInteger),
    Column("state", Text, nullable=False, server_default="ok"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("last_error", Text, nullable=False, server_default=""),
    Column("updated_ms", BigInteger, nullable=False),
)
