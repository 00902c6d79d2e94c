"""What a filter means for a record in memory. `store/statements.py` gives the same meaning in SQL."""

from collections.abc import Callable
from operator import attrgetter
from typing import Any

from antiphon.queries.filter import And, Compare, Filter
from antiphon.resources import Field, fold

Matches = Callable[[Any], bool]


def compile_matches(filter: Filter) -> Matches:
    """A function that tells whether a record matches `filter`."""
    if isinstance(filter, Compare):
        return _comparison(filter)
    terms = tuple(compile_matches(term) for term in filter.terms)
    if isinstance(filter, And):
        if len(terms) == 1:
            return terms[0]
        return lambda record: all(term(record) for term in terms)
    return lambda record: any(term(record) for term in terms)


def comparable(field: Field) -> Callable[[Any], Any]:
    """A function that gives a record's value of `field` as comparisons and order take it."""
    value = attrgetter(field.name)
    if not field.options.folded:
        return value

    def folded(record: Any) -> str | None:
        text = value(record)
        return None if text is None else fold(text)

    return folded


def _comparison(term: Compare) -> Matches:
    value = comparable(term.field)
    wanted: Any = term.folded
    if wanted is None and term.operator not in ("eq", "ne"):
        return lambda record: False
    match term.operator:
        case "eq":
            return lambda record: value(record) == wanted
        case "ne":
            return lambda record: value(record) != wanted
        case "lt":
            return lambda record: (found := value(record)) is not None and found < wanted
        case "lte":
            return lambda record: (found := value(record)) is not None and found <= wanted
        case "gt":
            return lambda record: (found := value(record)) is not None and found > wanted
        case "gte":
            return lambda record: (found := value(record)) is not None and found >= wanted
        case "in":
            several = frozenset(wanted)
            return lambda record: value(record) in several
        case "contains":
            return lambda record: (found := value(record)) is not None and wanted in found
        case "startswith":
            return lambda record: (found := value(record)) is not None and found.startswith(wanted)
        case "null":
            return lambda record: (value(record) is None) == wanted
