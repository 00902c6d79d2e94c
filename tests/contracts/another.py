"""Another process on the same store: python -m tests.contracts.another URL COUNT.

It says "ready", waits for a line, creates COUNT songs one after the other, and says the number of each as
soon as it is told to be durable. Then it waits for another line, and says which numbers it was told of.
"""

import sys

from tests.contracts.catalog import CATALOG
from tests.contracts.deliveries import Deliveries
from tests.contracts.opener import add

from antiphon.observations import Observers
from antiphon.operations import write_and_wait
from antiphon.settings import Settings
from antiphon.store import open_store


def main(url: str, count: int) -> None:
    store = open_store(url, "contract", CATALOG, Settings(), Observers())
    deliveries = Deliveries(store)
    say("ready")
    sys.stdin.readline()
    for place in range(count):
        _, number = write_and_wait(add(f"theirs {place}"), store)
        say(number)
    sys.stdin.readline()
    say(*deliveries.numbers)
    store.close()


def say(*words: object) -> None:
    print(*words, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
