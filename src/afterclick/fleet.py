"""Every bot of the office: one that is not named here does not act."""

from typing import Final

from afterclick.control_room.audit.anchor import anchor
from afterclick.control_room.audit.forget import forget
from afterclick.control_room.outgoing.outgoing import tell_subscribers
from afterclick.engine.bots import Fleet
from afterclick.inventory.counts.propose import propose_counts
from afterclick.inventory.sensing.sense import sense
from afterclick.orders.amend import amend
from afterclick.orders.collect import collect_orders
from afterclick.orders.fulfil import fulfil
from afterclick.orders.inbox.notify import notify
from afterclick.orders.learn import learn_what_is_usual
from afterclick.orders.reconcile import reconcile
from afterclick.orders.unstick import unstick
from afterclick.orders.wake import wake
from afterclick.procurement.buying.buy import buy
from afterclick.procurement.buying.follow import follow
from afterclick.procurement.buying.listen import listen
from afterclick.procurement.expedite import expedite
from afterclick.procurement.foresee import foresee
from afterclick.procurement.replenish import replenish
from afterclick.procurement.scouting.scout import scout
from afterclick.procurement.transferring.move import transfer

FLEET: Final = Fleet(
    collect_orders,
    fulfil,
    amend,
    wake,
    unstick,
    notify,
    reconcile,
    learn_what_is_usual,
    tell_subscribers,
    anchor,
    forget,
    propose_counts,
    sense,
    buy,
    follow,
    listen,
    foresee,
    replenish,
    expedite,
    transfer,
    scout,
)
