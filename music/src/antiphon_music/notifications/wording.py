"""Wording: what a notification says."""

from __future__ import annotations

from collections.abc import Sequence

from .resources import Kind

_PLACES = {"songs": "a song", "albums": "an album"}


def text_of(
    kind: Kind, subject: str, names: Sequence[str], people: int, count: int, title: str | None = None
) -> str:
    """One sentence for people.

    `names` are those of the newest of `people`, at least one, who did it `count` times. For songs and albums
    the one name is the artist's, or none is known, and `title` is that of the newest.
    """
    if kind in ("song", "album"):
        artist = names[0] if names else "an artist you follow"
        return f"New {kind} by {artist}: {title}" if count == 1 else f"{count} new {kind}s by {artist}"
    return (
        f"{_who(names, people)} {_did(kind, subject, count > 1, f' {count} times' if count > people else '')}"
    )


def _who(names: Sequence[str], people: int) -> str:
    if people == 1:
        return names[0]
    if people == 2 and len(names) > 1:
        return f"{names[0]} and {names[1]}"
    return f"{names[0]} and {people - 1} other{'s' if people > 2 else ''}"


def _did(kind: Kind, subject: str, several: bool, times: str) -> str:
    match kind:
        case "like":
            return f"liked your comment{times}"
        case "reply":
            return f"replied to your comment{times}"
        case "follower":
            return f"started following you{times}"
        case _:
            place = _PLACES.get(subject.split("/")[1])
            if place is None:
                return f"mentioned you{times} in {'replies' if several else 'a reply'}"
            return f"mentioned you{times} in {'comments' if several else 'a comment'} on {place}"
