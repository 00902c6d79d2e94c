"""Filters: what a query, and later a policy, selects."""

from typing import Any, Literal

from msgspec import Struct

from antiphon.resources import Field, fold

Operator = Literal["eq", "ne", "lt", "lte", "gt", "gte", "in", "contains", "startswith", "null"]


class Compare(Struct, frozen=True):
    """One comparison. `value` has the field's type (`in`: a tuple of them; `null`: whether it is null).

    A null field equals nothing but null, and is neither less nor greater than anything; `ne` is the
    opposite of equals, so a null field is not equal to "jazz". A value of None stands for null, which
    nothing is less or greater than, contains or starts with.
    """

    field: Field
    operator: Operator
    value: Any

    @property
    def folded(self) -> Any:
        """The value as the field's comparisons take it: folded, if the field is."""
        if not self.field.options.folded or self.operator == "null":
            return self.value
        if self.operator == "in":
            return tuple(None if each is None else fold(each) for each in self.value)
        return None if self.value is None else fold(self.value)


class And(Struct, frozen=True):
    """All of `terms`; with none, everything."""

    terms: tuple["Filter", ...] = ()


class Or(Struct, frozen=True):
    """Any of `terms`; with none, nothing."""

    terms: tuple["Filter", ...] = ()


Filter = Compare | And | Or

EVERYTHING = And()


def identity(filter: Filter) -> Any:
    """Something hashable that is equal for filters written alike."""
    if isinstance(filter, Compare):
        return (filter.field.name, filter.operator, filter.value)
    return (type(filter).__name__, *(identity(term) for term in filter.terms))
