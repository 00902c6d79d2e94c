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
    for _ in range(3):  # what one collection lets go of may have held what the next one finds
        session.send("HeapProfiler.collectGarbage")
        page.wait_for_timeout(50)
    heap = session.send("Runtime.getHeapUsage")["usedSize"]
    held = session.send("Memory.getDOMCounters")
    session.detach()
    return Weight(heap, held["nodes"], held["jsEventListeners"], held["documents"])
