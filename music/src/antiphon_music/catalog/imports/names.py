"""What a catalogue knows already of one kind of record: ids by name, in memory."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any

from ...naming import key, name_id
from .entry import Name


class Names:
    """The ids of one kind of record, by what tells two of them apart where no id does.

    What a transaction notes counts at once; `forget` takes it back if the transaction is undone, `keep` tells
    that it is committed.
    """

    def __init__(self, known: Iterable[tuple[Hashable, str]] = ()) -> None:
        self._by_name: dict[Hashable, str] = {}
        self._ids: dict[str, bool] = {}
        self._seen: dict[Hashable, str] = {}
        self._undo: list[tuple[dict[Any, Any], Hashable]] = []
        for name, id in known:
            self._by_name.setdefault(name, id)
            self._ids[id] = True

    def __contains__(self, id: str) -> bool:
        """Whether there is a record with this id."""
        return id in self._ids

    def seen(self, told: Hashable) -> str | None:
        """The id that `told`, as a source tells it, has been found to mean in this import."""
        return self._seen.get(told)

    def id(self, name: Name, *apart: str | None) -> str:
        """The id of what a source calls `name`, whether it is there yet or not.

        An id of the source's own counts before the name. A name counts if another source gave it: within one
        source, two ids are two records whatever their names. `apart` tells namesakes apart.
        """
        same_name = self._by_name.get((key(name.name), *apart))
        if name.id is None:
            own = name_id(" ".join([name.name, *filter(None, apart)]))
            return own if same_name is None or own in self._ids else same_name
        if name.id in self._ids or same_name is None or same_name.startswith(f"{name.source}-"):
            return name.id
        return same_name

    def note(self, told: Hashable, id: str, *name: str | None) -> None:
        """Note what `told` means; with a name (and what sets it apart), the record that is there for it."""
        self._set(self._seen, told, id)
        if name:
            self._set(self._by_name, (key(name[0] or ""), *name[1:]), id)
            self._set(self._ids, id, True)

    def keep(self) -> None:
        """The transaction is committed."""
        self._undo.clear()

    def forget(self) -> None:
        """The transaction is undone."""
        for mapping, entry in self._undo:
            del mapping[entry]
        self._undo.clear()

    def _set(self, mapping: dict[Any, Any], entry: Hashable, value: Any) -> None:
        if entry not in mapping:
            mapping[entry] = value
            self._undo.append((mapping, entry))
