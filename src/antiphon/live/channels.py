"""Finding the channels that a change concerns, without asking each."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any

from antiphon.live.channel import View
from antiphon.live.follower import Follower
from antiphon.log import Change
from antiphon.queries import comparable


class Channel:
    """A view and all who follow it."""

    __slots__ = ("followers", "view")

    def __init__(self, view: View) -> None:
        self.view = view
        self.followers: set[Follower] = set()


class Channels:
    """The channels of one resource. Many thousands may each see what is one person's: so those whose view
    needs a value in a field are found by that value.
    """

    __slots__ = ("_all", "_by_field", "_others")

    def __init__(self) -> None:
        self._all: dict[Hashable, Channel] = {}
        self._others: dict[Hashable, Channel] = {}
        self._by_field: dict[str, _ByValue] = {}

    def __iter__(self) -> Iterator[Channel]:
        return iter(self._all.values())

    def get(self, key: Hashable) -> Channel | None:
        """The channel of the views with this key, if it is there."""
        return self._all.get(key)

    def add(self, view: View) -> Channel:
        """The channel of a view; it is made if it is not there."""
        channel = self._all.get(view.key)
        if channel is None:
            channel = self._all[view.key] = Channel(view)
            needed = view.needed
            if needed is None:
                self._others[view.key] = channel
            else:
                field, value = needed
                place = self._by_field.setdefault(field.name, _ByValue(comparable(field)))
                place.channels.setdefault(value, {})[view.key] = channel
        return channel

    def remove(self, channel: Channel) -> None:
        """Forget a channel."""
        key, needed = channel.view.key, channel.view.needed
        del self._all[key]
        if needed is None:
            del self._others[key]
            return
        field, value = needed
        place = self._by_field[field.name].channels
        del place[value][key]
        if not place[value]:
            del place[value]
            if not place:
                del self._by_field[field.name]

    def concerned(self, changes: Sequence[Change[Any]]) -> list[Channel]:
        """Those that may see one of `changes`: all others see none of them."""
        if not self._by_field:
            return list(self._all.values())
        found = dict(self._others)
        try:
            for place in self._by_field.values():
                for change in changes:
                    for record in (change.before, change.after):
                        if record is not None:
                            found.update(place.channels.get(place.value(record), {}))
        except Exception:  # a record that cannot be read: let each view say so for itself
            return list(self._all.values())
        return list(found.values())


class _ByValue:
    """Channels by the value that they need; `value` gives a record's."""

    __slots__ = ("channels", "value")

    def __init__(self, value: Callable[[Any], Any]) -> None:
        self.value = value
        self.channels: dict[str, dict[Hashable, Channel]] = {}
