"""Finding the channels that a change concerns, without asking each."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from itertools import chain, repeat
from typing import Any

from antiphon.live.channel import Channel
from antiphon.live.view import View
from antiphon.log import Change
from antiphon.queries import Needed, comparable, needed
from antiphon.resources import Field

Concerned = tuple[Channel, Sequence[Change[Any]]]
"""A channel, and changes that its view may see."""


class Channels:
    """All channels. Many thousands may each see what is one person's: so those whose view needs one of some
    values in a field are found by the value that a changed record has there. The others are asked each.
    """

    __slots__ = ("_all", "_by_resource")

    def __init__(self) -> None:
        self._all: dict[Hashable, Channel] = {}
        self._by_resource: dict[str, _OfResource] = {}

    def __iter__(self) -> Iterator[Channel]:
        return iter(self._all.values())

    def __len__(self) -> int:
        return len(self._all)

    def get(self, key: Hashable) -> Channel | None:
        """The channel of the views with this key, if it is there."""
        return self._all.get(key)

    def add(self, view: View) -> Channel:
        """The channel of a view; it is made if it is not there."""
        channel = self._all.get(view.key)
        if channel is None:
            channel = self._all[view.key] = Channel(view)
            places: list[tuple[str, str, Any]] = []
            for path, filter in view.concerns:
                of_resource = self._by_resource.setdefault(path, _OfResource())
                found = needed(filter, of_resource.weigh)
                if found is None:
                    of_resource.others[channel] = None
                else:
                    of_resource.add(channel, found)
                    places += [(path, name, value) for name, value in found]
            channel.places = tuple(places)
        return channel

    def remove(self, channel: Channel) -> None:
        """Forget a channel."""
        del self._all[channel.view.key]
        for path, name, value in channel.places:
            self._by_resource[path].remove(channel, name, value)
        for path, _ in channel.view.concerns:
            of_resource = self._by_resource.get(path)
            if of_resource is not None:
                of_resource.others.pop(channel, None)
                if not of_resource:
                    del self._by_resource[path]

    def concerned(self, changes: Sequence[Change[Any]]) -> Iterator[Concerned]:
        """Those that may see some of `changes`, and which: others see none. One of several resources may
        come several times, with those of one resource each time.

        They are those that are there now, whenever they are taken from it.
        """
        by_resource: dict[str, list[Change[Any]]] = {}
        for change in changes if self._by_resource else ():
            by_resource.setdefault(change.resource, []).append(change)
        return chain.from_iterable(
            [
                of_resource.concerned(concerning)
                for path, concerning in by_resource.items()
                if (of_resource := self._by_resource.get(path)) is not None
            ]
        )


class _OfResource:
    """The channels that changes of one resource may concern."""

    __slots__ = ("_by_field", "others")

    def __init__(self) -> None:
        self.others: dict[Channel, None] = {}
        self._by_field: dict[str, _ByValue] = {}

    def __bool__(self) -> bool:
        return bool(self.others or self._by_field)

    def weigh(self, name: str, value: Any) -> int:
        """How many channels are found by a value already."""
        place = self._by_field.get(name)
        found = () if place is None else place.channels.get(value, ())
        return 1 if isinstance(found, Channel) else len(found)

    def add(self, channel: Channel, places: Needed) -> None:
        for (name, value), field in places.items():
            channels = self._by_field.setdefault(name, _ByValue(field)).channels
            found = channels.get(value)
            if found is None:
                channels[value] = channel  # most have a value of their own: a dictionary each would be large
            elif isinstance(found, Channel):
                channels[value] = {found: None, channel: None}
            else:
                found[channel] = None

    def remove(self, channel: Channel, name: str, value: Any) -> None:
        channels = self._by_field[name].channels
        found = channels[value]
        if isinstance(found, dict):
            del found[channel]
        if found is channel or not found:
            del channels[value]
            if not channels:
                del self._by_field[name]

    def concerned(self, changes: list[Change[Any]]) -> Iterator[Concerned]:
        found: dict[Channel, list[Change[Any]]] = {}
        places = [(place.value, place.channels) for place in self._by_field.values()]
        try:
            for change in changes:
                for record in (change.before, change.after) if places else ():
                    for value, channels in places if record is not None else ():
                        if (one := channels.get(value(record))) is not None:
                            for channel in (one,) if isinstance(one, Channel) else one:
                                listed = found.setdefault(channel, [])
                                if not listed or listed[-1] is not change:
                                    listed.append(change)
        except Exception:  # a record that cannot be read: let each view say so for itself
            others = {*self.others, *self._indexed()}
            return zip(others, repeat(changes))
        return chain(found.items(), zip(list(self.others), repeat(changes)))

    def _indexed(self) -> Iterator[Channel]:
        for place in self._by_field.values():
            for one in place.channels.values():
                yield from (one,) if isinstance(one, Channel) else one


class _ByValue:
    """Channels by the value that they need in a field; `value` gives a record's."""

    __slots__ = ("channels", "value")

    def __init__(self, field: Field) -> None:
        self.value: Callable[[Any], Any] = comparable(field)
        self.channels: dict[Any, Channel | dict[Channel, None]] = {}
