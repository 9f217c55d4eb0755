"""The first schema: endpoints by location, what stands, what happened, what was told."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _names()
    _facts()
    _history()
    _journal()


def _names() -> None:
    """Create what gives endpoints and locations their numbers."""
    for table in ("endpoint", "location"):
        op.create_table(
            table,
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("name", sa.Text, nullable=False, unique=True),
        )


def _facts() -> None:
    """Create what must not be lost."""
    op.create_table(
        "standing",
        sa.Column("endpoint_id", sa.Integer, sa.ForeignKey("endpoint.id"), primary_key=True),
        sa.Column("location_id", sa.Integer, sa.ForeignKey("location.id"), primary_key=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("epoch", sa.BigInteger, nullable=False),
        sa.Column("updated_ms", sa.BigInteger, nullable=False),
        sa.Column("doc", sa.Text, nullable=False),
    )
    op.create_table(
        "move",
        sa.Column("endpoint_id", sa.Integer, sa.ForeignKey("endpoint.id"), primary_key=True),
        sa.Column("location_id", sa.Integer, sa.ForeignKey("location.id"), primary_key=True),
        sa.Column("epoch", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("at_ms", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("move", sa.Text, nullable=False),
        sa.Column("doc", sa.Text, nullable=False),
    )
    op.create_index("move_at", "move", ["at_ms"])
    op.create_table(
        "incident",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("endpoint_id", sa.Integer, sa.ForeignKey("endpoint.id"), nullable=False),
        sa.Column("location_id", sa.Integer, sa.ForeignKey("location.id"), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("opened_us", sa.BigInteger, nullable=False),
        sa.Column("closed_us", sa.BigInteger),
        sa.Column("doc", sa.Text, nullable=False),
    )
    op.create_index("incident_opened", "incident", ["opened_us"])
    op.create_index("incident_closed", "incident", ["location_id", "closed_us"])


def _history() -> None:
    """Create what grows, and is dropped when it is old."""
    op.create_table(
        "outcome",
        sa.Column("endpoint_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("location_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("due_ms", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("after_ms", sa.Integer, nullable=False),
        sa.Column("category", sa.Text, nullable=False),
        sa.Column("status", sa.SmallInteger),
        sa.Column("latency_us", sa.Integer),
        sa.Column("resolve_us", sa.Integer),
        sa.Column("connect_us", sa.Integer),
        sa.Column("tls_us", sa.Integer),
        sa.Column("first_byte_us", sa.Integer),
        sa.Column("transfer_us", sa.Integer),
        sa.Column("certificate_s", sa.BigInteger),
        sa.Column("more", sa.Text),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "rollup",
        sa.Column("endpoint_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("location_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("res", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("bucket", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("n", sa.Integer, nullable=False),
        sa.Column("good", sa.Integer, nullable=False),
        sa.Column("bad", sa.Integer, nullable=False),
        sa.Column("shortest_us", sa.Integer),
        sa.Column("longest_us", sa.Integer),
        sa.Column("counts", sa.Text, nullable=False),
        sa.Column("latencies", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "rolled",
        sa.Column("location_id", sa.Integer, sa.ForeignKey("location.id"), primary_key=True),
        sa.Column("res", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("upto", sa.BigInteger, nullable=False),
    )


def _journal() -> None:
    """Create what was told to whom. These tables belong to the package `alerts`."""
    op.create_table(
        "journal",
        sa.Column("channel", sa.Text, primary_key=True),
        sa.Column("alert_key", sa.Text, primary_key=True),
        sa.Column("incident_id", sa.Text, nullable=False),
        sa.Column("told_revision", sa.Integer, nullable=False, server_default="0"),
        sa.Column("told_status", sa.Text),
        sa.Column("trying_revision", sa.Integer),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("not_before_ms", sa.BigInteger),
        sa.Column("remote", sa.Text),
        sa.Column("last_error", sa.Text, nullable=False, server_default=""),
        sa.Column("updated_ms", sa.BigInteger, nullable=False),
        sa.Column("doc", sa.Text),
    )
    op.create_table(
        "telling",
        sa.Column("channel", sa.Text, primary_key=True),
        sa.Column("incident_id", sa.Text, primary_key=True),
        sa.Column("revision", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
    )
    op.create_index("telling_incident", "telling", ["incident_id"])
    op.create_index("telling_at", "telling", ["at_ms"])
    op.create_table(
        "channel",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("not_before_ms", sa.BigInteger),
        sa.Column("state", sa.Text, nullable=False, server_default="ok"),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("last_error", sa.Text, nullable=False, server_default=""),
        sa.Column("updated_ms", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    for table in (
        "channel", "telling", "journal", "rolled", "rollup", "outcome", "incident", "move",
        "standing", "location", "endpoint",
    ):  # fmt: skip
        op.drop_table(table)
