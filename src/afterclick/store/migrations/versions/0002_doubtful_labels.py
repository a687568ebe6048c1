"""Labels that a carrier may have made although it gave no answer are remembered, until it has taken them back."""

from alembic import op
from sqlalchemy import BigInteger, Column, Text, text

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "doubtful_labels",
        Column("label_key", Text, primary_key=True, autoincrement=False),
        Column("order_id", BigInteger, nullable=False, server_default=text("0")),
        Column("carrier", Text, nullable=False, server_default=""),
        Column("tracking", Text, nullable=False, server_default=""),
        Column("noted_ms", BigInteger, nullable=False, server_default=text("0")),
        sqlite_with_rowid=False,
    )
