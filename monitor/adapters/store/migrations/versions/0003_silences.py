"""Silences: what people do not want to be told of for a while."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the silences of each location, by the id that each was given."""
    op.create_table(
        "silence",
        sa.Column("location_id", sa.Integer, sa.ForeignKey("location.id"), primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("end_us", sa.BigInteger, nullable=False),
        sa.Column("doc", sa.Text, nullable=False),
    )


def downgrade() -> None:
    """Drop them again."""
    op.drop_table("silence")
