"""Cases: which things have to be judged for whom, after a fact has become another."""

from __future__ import annotations

from antiphon import Transaction

from .facts import (
    Fact,
    Following,
    Liking,
    Naming,
    Person,
    Release,
    Remark,
    fact_of,
    releases_since,
    remark_at,
    user_at,
)
from .occasions import Occasion

Case = tuple[str, str]
"""The path of a thing, and the id of a user who may have to be told of it."""


def of_thing(tx: Transaction, of: str) -> list[Case]:
    """All who are told of a thing, or may have to be."""
    fact = fact_of(tx, of)
    told = [each.recipient for each in tx.select(Occasion, of=of)]
    return [(of, each) for each in (*told, *([] if fact is None else _concerned(tx, fact)))]


def of_comment(tx: Transaction, id: str, author: str) -> list[Case]:
    """Those of a comment, and of what its author may be told because of it: likes and replies."""
    of = f"/comments/{id}"
    around = [f"/likes/{each.id}" for each in tx.select(Liking, subject=of)]
    around += [f"/comments/{each.id}" for each in tx.select(Remark, subject=of)]
    return [*of_thing(tx, of), *((each, author) for each in around)]


def of_follow(tx: Transaction, id: str, following: Following) -> list[Case]:
    """Those of a follow, and of what its follower is told, or may be told, because of it."""
    follower = following.follower
    cases = of_thing(tx, f"/follows/{id}")
    cases += [(each.thing, follower) for each in releases_since(tx, following)]
    person = tx.find(Person, id=follower)
    if person is not None and user_at(following.subject) is not None:
        for remark in tx.select(Remark, audience=following.subject):
            parent = remark_at(tx, remark.subject)
            if person.name.lower() in remark.names or (parent is not None and parent.author == follower):
                cases.append((f"/comments/{remark.id}", follower))
    return cases


def of_person(tx: Transaction, person: Person) -> list[Case]:
    """Those of all that a user has done, and of what others have done to it."""
    id = person.id
    cases = [(each.of, id) for each in tx.select(Occasion, recipient=id)]
    cases += [(f"/comments/{each.comment}", id) for each in tx.select(Naming, name=person.name.lower())]
    for remark in tx.select(Remark, author=id):
        cases += of_comment(tx, remark.id, id)
    for liking in tx.select(Liking, person=id):
        cases += of_thing(tx, f"/likes/{liking.id}")
    for following in tx.select(Following, subject=f"/users/{id}"):
        cases += of_thing(tx, f"/follows/{following.id}")
    for following in tx.select(Following, follower=id):
        cases += of_follow(tx, following.id, following)
    return cases


def _concerned(tx: Transaction, fact: Fact) -> list[str]:
    """To whom a thing may have to be told, of those who are known."""
    match fact:
        case Remark():
            named = [each.id for name in fact.names for each in tx.select(Person, name=name)]
            parent = remark_at(tx, fact.subject)
            return named if parent is None else [*named, parent.author]
        case Liking():
            liked = remark_at(tx, fact.subject)
            return [] if liked is None else [liked.author]
        case Following():
            followed = user_at(fact.subject)
            return [] if followed is None else [followed]
        case Release():
            followings = tx.select(Following, subject=f"/artists/{fact.artist_id}")
            return [each.follower for each in followings if each.time <= fact.time]
