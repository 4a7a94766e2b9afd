"""Which chunks are shown together when one of them is found."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("chunk", sa.Column("siblings", ARRAY(sa.Integer()), nullable=True))
    op.create_check_constraint("ck_chunk_siblings", "chunk", "cardinality(siblings) = 2 AND siblings[1] < siblings[2]")
