"""Judging: whether, by all that is known now, a user is to be told of something.

It may be done as often as one likes, and is done whenever a fact that it looks at has become another. So it
does not matter which of them was learned first.
"""

from __future__ import annotations

from antiphon import Transaction

from .facts import Fact, Following, Liking, Person, Release, Remark, fact_of, remark_at
from .grouping import Happening
from .occasions import Telling, Way, settle


def judge(tx: Transaction, of: str, recipient: str) -> None:
    """See to it that `recipient` is told of the thing at the path `of`, if it is to be."""
    fact, person = fact_of(tx, of), tx.find(Person, id=recipient)
    if fact is None or person is None:
        settle(tx, of, recipient, None, forget=True)
    else:
        settle(tx, of, recipient, _telling(tx, of, fact, person), forget=False)


def _telling(tx: Transaction, of: str, fact: Fact, to: Person) -> Telling | None:
    """What `to` is to be told. Nobody is told what it has done itself, nor what somebody unknown has."""
    match fact:
        case Release():
            happening = Happening(of, fact.time, name=fact.artist, title=fact.title)
            return Telling(happening, ways) if (ways := _of_release(tx, fact, to)) else None
        case Remark():
            actor, ways = fact.author, _of_remark(tx, fact, to)
        case Liking():
            actor, ways = fact.person, _of_liking(tx, fact, to)
        case Following():
            actor, ways = fact.follower, _of_following(fact, to)
    who = tx.find(Person, id=actor) if ways and actor != to.id else None
    return None if who is None else Telling(Happening(of, fact.time, who.id, who.name), ways)


def _of_remark(tx: Transaction, remark: Remark, to: Person) -> list[Way]:
    """A mention, if the name was this user's already; a reply, if it is to a comment of this user."""
    audience = remark.audience
    if audience is not None and tx.find(Following, follower=to.id, subject=audience) is None:
        return []
    ways = []
    named = remark.names.get(to.name.lower())
    if named is not None and to.since <= named:
        ways.append(Way("mention", remark.subject))
    parent = remark_at(tx, remark.subject)
    if parent is not None and parent.author == to.id:
        ways.append(Way("reply", remark.subject))
    return ways


def _of_liking(tx: Transaction, liking: Liking, to: Person) -> list[Way]:
    liked = remark_at(tx, liking.subject)
    return [Way("like", liking.subject)] if liked is not None and liked.author == to.id else []


def _of_following(following: Following, to: Person) -> list[Way]:
    return [Way("follower", following.subject)] if following.subject == f"/users/{to.id}" else []


def _of_release(tx: Transaction, release: Release, to: Person) -> list[Way]:
    """What came out after the artist was followed, not before."""
    artist = f"/artists/{release.artist_id}"
    followings = tx.select(Following, follower=to.id, subject=artist)
    return [Way(release.kind, artist)] if any(each.time <= release.time for each in followings) else []
