"""Wording: what a notification says."""

from __future__ import annotations

from collections.abc import Sequence

from .resources import Kind

SOMEONE = "someone"
SHOWN = 3
"""So many names are kept of those who did something."""
_PLACES = {"songs": "a song", "albums": "an album"}


def text_of(
    kind: Kind, subject: str, names: Sequence[str], people: int, count: int, title: str | None = None
) -> str:
    """One sentence for people. `names` are those of the newest of `people`; `title` that of the newest thing.

    Of songs and albums, the one name is the artist's.
    """
    if kind in ("song", "album"):
        artist = names[0] if names else "an artist you follow"
        return f"New {kind} by {artist}: {title}" if count == 1 else f"{count} new {kind}s by {artist}"
    times = f" {count} times" if count > people else ""
    return f"{_who(names, people)} {_did(kind, subject)}{times}"


def _who(names: Sequence[str], people: int) -> str:
    if people <= 1 or not names:
        return names[0] if names else SOMEONE
    if people == 2 and len(names) > 1:
        return f"{names[0]} and {names[1]}"
    return f"{names[0]} and {people - 1} other{'s' if people > 2 else ''}"


def _did(kind: Kind, subject: str) -> str:
    match kind:
        case "like":
            return "liked your comment"
        case "reply":
            return "replied to your comment"
        case "follower":
            return "started following you"
        case _:
            place = _PLACES.get(subject.split("/")[1], "")
            return f"mentioned you in a comment on {place}" if place else "mentioned you in a reply"
