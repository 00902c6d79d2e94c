"""Errands: what concerns very many is judged some at a time, and others write in between."""

from __future__ import annotations

from collections.abc import Iterable

from antiphon import Change, Resource, Transaction, react

from .cases import Case
from .facts import OURS
from .judging import judge

AT_ONCE = 100


class Errand(Resource, path="/errands"):
    """What is left to be judged."""

    cases: list[Case]

    access = OURS


def judge_all(tx: Transaction, cases: Iterable[Case]) -> None:
    """Judge each of `cases`, the first now, the rest by errands."""
    each = list(dict.fromkeys(cases))
    for of, recipient in each[:AT_ONCE]:
        judge(tx, of, recipient)
    for place in range(AT_ONCE, len(each), AT_ONCE):
        tx.create(Errand(cases=each[place : place + AT_ONCE]))


@react(to=Errand)
def go_on(change: Change[Errand], tx: Transaction) -> None:
    """Judge what an errand says."""
    if change.kind == "added" and (errand := tx.find(Errand, id=change.id)) is not None:
        for of, recipient in errand.cases:
            judge(tx, of, recipient)
        tx.delete(errand)
