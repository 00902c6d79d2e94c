"""What an open page holds in memory, once all garbage is gone."""

from typing import NamedTuple

from playwright.sync_api import Page


class Weight(NamedTuple):
    """Bytes of scripts' objects; nodes, listeners and documents that the browser keeps for them."""

    heap: int
    nodes: int
    listeners: int
    documents: int


def weigh(page: Page) -> Weight:
    """Weigh a page."""
    session = page.context.new_cdp_session(page)
    for _ in range(3):  # what one collection finds may hold on to what the next one does
        session.send("HeapProfiler.collectGarbage")
    heap = session.send("Runtime.getHeapUsage")["usedSize"]
    held = session.send("Memory.getDOMCounters")
    session.detach()
    return Weight(heap, held["nodes"], held["jsEventListeners"], held["documents"])
