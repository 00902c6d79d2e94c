"""Policies: what they come to for a caller, how they combine, and which cannot work."""

from typing import Any

import pytest

from antiphon import (
    Access,
    Application,
    Caller,
    Resource,
    anyone,
    caller,
    field,
    group,
    nobody,
    role,
    signed_in,
    where,
)
from antiphon.access import Policy
from antiphon.errors import DeclarationError
from antiphon.queries import EVERYTHING, Or, compile_matches
from antiphon.resources import declare


class Note(Resource):
    text: str
    author: str = ""
    audience: str | None = None
    public: bool = False
    title: str = field(default="", folded=True)
    tags: list[str] = field(default_factory=list)


ANA = Caller("ana", frozenset({"editor"}), frozenset({"staff", "jazz"}))
BEN = Caller("ben")
NOBODY = Caller()
NOTES = {
    "ana's": Note(text="a", author="ana"),
    "ben's": Note(text="b", author="ben", public=True),
    "jazz": Note(text="j", author="cy", audience="jazz"),
    "nobody's": Note(text="n"),
}
ALL = " ".join(NOTES)


def seen(policy: Policy, who: Caller) -> set[str]:
    matches = compile_matches(policy.for_caller(declare(Note), who))
    return {name for name, note in NOTES.items() if matches(note)}


@pytest.mark.parametrize(
    ("policy", "ana", "ben", "unknown"),
    [
        (anyone, ALL, ALL, ALL),
        (nobody, "", "", ""),
        (signed_in, ALL, ALL, ""),
        (role("editor"), ALL, "", ""),
        (group("staff"), ALL, "", ""),
        (where(author=caller.id), "ana's", "ben's", ""),
        (where(public=True), "ben's", "ben's", "ben's"),
        (where(audience=None), "ana's ben's nobody's", "ana's ben's nobody's", "ana's ben's nobody's"),
        (where(audience=caller.groups), "jazz", "", ""),
        (where(author=caller.id, public=True), "", "ben's", ""),
        (where(author=caller.id) | where(audience=caller.groups), "ana's jazz", "ben's", ""),
        (signed_in & where(public=True), "ben's", "ben's", ""),
        (nobody | role("editor") & where(public=True), "ben's", "", ""),
        (anyone & nobody, "", "", ""),
        (
            where(public=True) | anyone,
            "ana's ben's jazz nobody's",
            "ana's ben's jazz nobody's",
            "ana's ben's jazz nobody's",
        ),
    ],
)
def test_what_a_policy_comes_to(policy: Policy, ana: str, ben: str, unknown: str) -> None:
    for who, names in ((ANA, ana), (BEN, ben), (NOBODY, unknown)):
        assert seen(policy, who) == {name for name in NOTES if name in names}, who


def test_what_need_not_look_at_a_record_says_so() -> None:
    for policy in (anyone, signed_in, role("editor"), where(public=True) | anyone, signed_in & anyone):
        assert policy.for_caller(declare(Note), ANA) == EVERYTHING
    for policy in (
        nobody,
        signed_in,
        role("editor"),
        where(author=caller.id),
        signed_in & where(public=True),
    ):
        assert policy.for_caller(declare(Note), NOBODY) == Or()


@pytest.mark.parametrize(
    ("access", "said"),
    [
        ("anyone", "access is 'anyone'"),
        (Access(read=None), "read=None"),  # type: ignore[arg-type]
        (Access(create=where()), "with nothing in it"),
        (Access(read=where(autor=caller.id)), "Did you mean 'author'"),
        (Access(read=anyone | where(autor=1)), "'autor'"),
        (Access(read=where(public="yes")), "public"),
        (Access(read=where(public=caller.id)), "not a text"),
        (Access(read=where(title=caller.id)), "folded"),
        (Access(delete=where(tags="x")), "JSON"),
    ],
)
def test_an_access_that_cannot_work_stops_the_start(access: Any, said: str) -> None:
    metaclass: Any = type(Note)
    declared = metaclass("Wrong", (Note,), {"access": access, "__module__": __name__})
    with pytest.raises(DeclarationError, match=r"Wrong\.access") as raised:
        Application(declared)
    assert said in str(raised.value)
    assert raised.value.hint
