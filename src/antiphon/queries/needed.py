"""What a record must hold to match a filter: by that, those who follow the filter are found."""

from collections.abc import Callable
from typing import Any

from antiphon.queries.filter import And, Compare, Filter
from antiphon.resources import Field

Needed = dict[tuple[str, Any], Field]
"""Names of fields with values, as `comparable` gives them: whatever matches has one of them."""
Weigh = Callable[[str, Any], int]
"""How many need a value in the field of that name already."""

MOST_NEEDED = 500
"""Values that one filter may be found by; one with more is asked of each change instead."""


def needed(filter: Filter, weigh: Weigh) -> Needed | None:
    """Fields and values of which all that matches has one: none if nothing does, None if it is not known.

    An equality needs its value, `in` one of several, `or` what any of its terms does. `and` needs what each
    of its terms does: the one that the fewest need already tells most apart; of equals the last, as
    a policy stands there.
    """
    found = _needed(filter, weigh)
    return None if found is None or len(found) > MOST_NEEDED else found


def _needed(filter: Filter, weigh: Weigh) -> Needed | None:
    if isinstance(filter, Compare):
        return _of_comparison(filter)
    parts = [_needed(term, weigh) for term in filter.terms]
    if isinstance(filter, And):
        known = [part for part in reversed(parts) if part is not None]
        if len(known) < 2:
            return known[0] if known else None
        return min(known, key=lambda part: sum(weigh(*place) + 1 for place in part))
    found: Needed = {}
    for part in parts:
        if part is None:
            return None
        found.update(part)
    return found


def _of_comparison(term: Compare) -> Needed | None:
    field, value = term.field, term.folded
    if value is None and term.operator not in ("eq", "ne"):
        return {}  # nothing is less or greater than null, contains it or starts with it
    if field.kind == "json":  # what it holds may have no place in a dictionary
        return None
    if term.operator == "eq":
        return {(field.name, value): field}
    if term.operator == "in":
        return {(field.name, each): field for each in value}
    if term.operator == "null" and value:
        return {(field.name, None): field}
    return None
