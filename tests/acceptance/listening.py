"""Listening to a stream beside a test, as a program does that is always on."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

import httpx
from tests.acceptance.music import Caller
from tests.acceptance.server import eventually
from tests.acceptance.stream import Parser, Told


class Listener:
    """Follows a path; `told` is all it was told, and when. It goes on where it was after each break."""

    def __init__(self, who: Caller, path: str) -> None:
        self.who = who
        self.path = path
        self.told: list[tuple[float, Told]] = []
        self.over = Event()
        self._last = ""

    def records(self, *kinds: str) -> list[Any]:
        """What the events of these kinds said, in order."""
        return [each.data for _, each in self.told if each.kind in kinds]

    @property
    def live(self) -> bool:
        """Whether it has been told what there was."""
        return any(each.kind == "live" for _, each in self.told)

    def run(self) -> None:
        """Listen until it is over."""
        with httpx.Client(timeout=5, trust_env=False, headers=self.who.http.headers) as http:
            while not self.over.is_set():
                try:
                    self._listen(http)
                except httpx.TransportError:
                    time.sleep(0.05)

    def _listen(self, http: httpx.Client) -> None:
        headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": self._last} if self._last else {})
        parser = Parser()
        with http.stream("GET", self.who.music.at(self.path), headers=headers) as response:
            if response.status_code != 200:
                time.sleep(0.05)  # it has just started, and does not know everybody yet
                return
            for piece in response.iter_raw():
                for each in parser.feed(piece):
                    if each.number is not None:
                        self._last = self._position(each)
                    self.told.append((time.monotonic(), each))
                if self.over.is_set():
                    return

    def _position(self, told: Told) -> str:
        if told.kind == "live":
            position: str = told.data["position"]
            return position
        return f"{self._last.rpartition('-')[0]}-{told.number}"


@contextmanager
def listening(who: Caller, path: str) -> Iterator[Listener]:
    """A listener that has been told what there is."""
    listener = Listener(who, path)
    thread = Thread(target=listener.run, daemon=True)
    thread.start()
    try:
        assert eventually(lambda: listener.live)
        yield listener
    finally:
        listener.over.set()
