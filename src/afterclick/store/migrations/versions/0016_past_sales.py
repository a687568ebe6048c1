"""What the shop sold before it had this office, for its forecasts to begin with."""

from alembic import op
from sqlalchemy import BigInteger, Column, Text, text

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "past_sales",
        Column("sku", Text, primary_key=True, autoincrement=False),
        Column("day", BigInteger, primary_key=True, autoincrement=False),
        *(
            Column(name, BigInteger, nullable=False, server_default=text("0"))
            for name in ("quantity", "largest", "lines", "value")
        ),
        sqlite_with_rowid=False,
    )
