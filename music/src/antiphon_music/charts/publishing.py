"""Publishing: when the charts are brought up to what is counted.

The first play after a quiet moment is shown at once, in the chain of what it causes. Of many, the others are
shown some times a second: they cost the less, the more come together.
"""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta

from antiphon import Application, Change, Transaction, react

from . import windows
from .records import stored
from .resources import Publication
from .sweeping import sweep

PAUSE = 0.1
"""Seconds between two times that the charts are brought up."""
SHARE = 1
"""How many times as long as that took is left to others who write, if it is longer."""
FEW, MANY = 50, 2000
"""How much of what is due is done in one transaction."""
CHARTS = "charts"
"""The id of the one publication."""


def announce(tx: Transaction) -> None:
    """Say that something is counted that the charts don't show."""
    found = stored(tx, Publication, CHARTS)
    if found is None:
        tx.create(Publication(id=CHARTS, pending=True))
    elif not found.pending:
        found.pending = True
        tx.put(found)


@react(to=Publication)
def publish(change: Change[Publication], tx: Transaction) -> None:
    """Bring up the charts at once, unless that has just been done."""
    before, after = change.before, change.after
    if after is None or not after.pending or (before is not None and before.pending):
        return
    found = tx.get(Publication, CHARTS)
    if found.pending and (found.at is None or tx.now - found.at >= timedelta(seconds=PAUSE)):
        bring_up(tx, FEW)


async def keep_up(app: Application) -> None:
    """Bring up the charts some times a second where plays come thick, and every hour as windows move on."""
    hour = 0
    while True:
        now = int(time.time()) // 3600
        if hour == now and await app.find(Publication, pending=True) is None:
            await asyncio.sleep(PAUSE)
            continue
        begun = time.monotonic()
        more, _ = await app.write(lambda tx: bring_up(tx, MANY))
        hour = hour if more else now
        await asyncio.sleep(max(PAUSE, SHARE * (time.monotonic() - begun)))


def bring_up(tx: Transaction, most: int) -> bool:
    """Sweep once, and say whether there is more to do."""
    more = sweep(tx, windows.hour_of(tx.now), most)
    tx.put(Publication(id=CHARTS, pending=more, at=tx.now))
    return more
