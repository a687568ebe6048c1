"""Everything that scouts read from, by the name under which the door knows it."""

from pathlib import Path

from afterclick.connectors.price_folder import PriceFolder
from afterclick.connectors.web import HttpWeb


def reading_places(*, folder: Path, every_s: int, contact: str, version: str, allow_private: bool) -> dict[str, object]:
    """The web, and the folder for price lists."""
    web = HttpWeb(every_s=max(0, every_s), contact=contact, version=version, allow_private=allow_private)
    return {"web": web, "web:files": PriceFolder(folder)}
