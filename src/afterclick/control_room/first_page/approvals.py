"""What waits for somebody's approval on the first page: bots that do not work until then, and versions of the policy."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

from afterclick.control_room.first_page.overview import Figure, Line, Panel, Source
from afterclick.governance import versions
from afterclick.store.transaction import Tx

MOST_LINES: Final = 8


def panels(tx: Tx, now_ms: int) -> Sequence[Panel]:
    """One panel, and none where nothing waits."""
    bots = tx.rows("SELECT id, state, because, since_ms FROM bots WHERE state IN ('tested', 'approved') ORDER BY since_ms, id")
    proposed = versions.listed(tx, state="proposed", limit=MOST_LINES + 1)
    if not bots and not proposed:
        return []
    count = {state: sum(1 for bot in bots if bot[1] == state) for state in ("tested", "approved")}
    number = f"{len(proposed):,}" if len(proposed) <= MOST_LINES else f"over {MOST_LINES}"
    shown = (
        Figure(f"{count['tested']:,}", "bots to approve", "/bots?state=tested", "they do not work until then", "ask", "Tested"),
        Figure(f"{count['approved']:,}", "bots to activate", "/bots?state=approved", "somebody looks first", "ask", "Approved"),
        Figure(number, "changes of the policy", "/policy/versions?state=proposed", "proposed, not in force", "ask", "Proposed"),
    )
    lines = [
        Line(f"/bots/{quote(bot, safe='')}", (bot, because or f"is {state}"), since_ms) for bot, state, because, since_ms in bots
    ]
    for one in proposed:
        why = one.note or f"proposed by {one.proposed_by}"
        lines.append(Line(f"/policy/versions/{one.number}", (f"policy version {one.number}", why), one.proposed_ms))
    figures = tuple(one for one in shown if one.value != "0")
    return [Panel("approvals", "What waits for an approval", figures, ("What", "Why", "Since"), tuple(lines[:MOST_LINES]))]


SOURCE: Final = Source("bots.read", None, panels)
