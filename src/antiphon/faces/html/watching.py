"""Watching what a page is made of."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from antiphon.faces.html.ask import Watched
from antiphon.live import Channel, Watcher
from antiphon.log import Change
from antiphon.operations import concerned


class Watching:
    """Calls `changed` with each change that concerns what is `watched`, from now on until it is closed."""

    def __init__(self, watched: Iterable[Watched], changed: Callable[[], None]) -> None:
        self._changed = changed
        self._channels: list[tuple[Watched, Channel, Watcher]] = []
        for each in watched:
            watcher: Watcher = partial(self._note, each)
            self._channels.append((each, each.service.live.watch(each.view, watcher), watcher))

    def close(self) -> None:
        """Watch no more."""
        channels, self._channels = self._channels, []
        for watched, channel, watcher in channels:
            watched.service.live.unwatch(channel, watcher)

    def _note(self, watched: Watched, changes: Sequence[Change[Any]] | None) -> None:
        if changes is None or concerned(watched.view, changes):
            self._changed()
