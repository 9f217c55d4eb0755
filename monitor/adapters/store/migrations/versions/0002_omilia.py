"""Omilia for real: the timeline, maintenance windows, and how long everything stood how."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of 0.2.0; each room that keeps something adds its own."""
    _timeline()
    _maintenance()
    _ledger()
    _credentials()


def _timeline() -> None:
    """Create what happened beside the outcomes."""
    op.create_table(
        "event",
        sa.Column("location_id", sa.Integer, sa.ForeignKey("location.id"), primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("endpoint_id", sa.Integer, sa.ForeignKey("endpoint.id")),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("data", sa.Text),
    )
    op.create_index("event_at", "event", ["at_us"])
    op.create_index("event_endpoint", "event", ["endpoint_id", "at_us"])


def _maintenance() -> None:
    """Create the windows that were announced over the API, and what was last had of calendars."""
    op.create_table(
        "maintenance",
        sa.Column("location_id", sa.Integer, sa.ForeignKey("location.id"), primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("end_us", sa.BigInteger, nullable=False),
        sa.Column("doc", sa.Text, nullable=False),
    )
    op.create_table(
        "calendar",
        sa.Column("location_id", sa.Integer, sa.ForeignKey("location.id"), primary_key=True),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("doc", sa.Text, nullable=False),
    )


def _credentials() -> None:
    """Create which credentials were refused."""
    op.create_table(
        "credential_pause",
        sa.Column("location_id", sa.Integer, sa.ForeignKey("location.id"), primary_key=True),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("doc", sa.Text, nullable=False),
    )


def _ledger() -> None:
    """Create how long everything stood how, and when somebody looked."""
    op.create_table(
        "stretch",
        sa.Column("endpoint_id", sa.Integer, sa.ForeignKey("endpoint.id"), primary_key=True),
        sa.Column("location_id", sa.Integer, sa.ForeignKey("location.id"), primary_key=True),
        sa.Column("announced", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("begin_ms", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("end_ms", sa.BigInteger),
        sa.Column("doc", sa.Text, nullable=False),
    )
    op.create_index("stretch_end", "stretch", ["location_id", "end_ms"])
    op.create_table(
        "presence",
        sa.Column("location_id", sa.Integer, sa.ForeignKey("location.id"), primary_key=True),
        sa.Column("begin_ms", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("seen_ms", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    """Drop them again."""
    for table in ("credential_pause", "presence", "stretch", "calendar", "maintenance", "event"):
        op.drop_table(table)
