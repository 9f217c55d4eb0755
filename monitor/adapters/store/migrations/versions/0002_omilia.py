"""Omilia for real: the timeline, maintenance windows, and how long everything stood how."""

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of 0.2.0; each room that keeps something adds its own."""


def downgrade() -> None:
    """Drop them again."""
