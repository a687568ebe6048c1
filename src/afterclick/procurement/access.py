"""Who may see the supply of the shop, change it, and approve what is bought."""

from typing import Annotated

from fastapi import Depends

from afterclick.control_room.access import Needs
from afterclick.governance.actor import Actor

SeesSupply = Annotated[Actor, Depends(Needs("supply.read", "procurement"))]
ChangesSupply = Annotated[Actor, Depends(Needs("supply.change", "procurement"))]
ApprovesSupply = Annotated[Actor, Depends(Needs("supply.approve", "procurement"))]
