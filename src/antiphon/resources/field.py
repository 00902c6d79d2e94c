"""What a declaration may say of a field beyond its type."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import msgspec
from msgspec import NODEFAULT, Struct

from antiphon.resources.caller_value import CallerValue

R = TypeVar("R")


class Options(Struct, frozen=True):
    """The options of one `field()`; see there."""

    default: Any = NODEFAULT
    default_factory: Any = NODEFAULT
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    ge: float | None = None
    gt: float | None = None
    le: float | None = None
    lt: float | None = None
    unit: str | None = None
    unique: bool = False
    index: bool = False
    folded: bool = False
    hidden: bool = False
    read_only: bool = False
    set_once: bool = False
    description: str | None = None
    example: Any = None

    @property
    def plain(self) -> Any:
        """The same default in msgspec's terms, or NODEFAULT for a required field.

        `caller.id` is an empty text until the record is created for someone.
        """
        if isinstance(self.default, CallerValue):
            return ""
        if self.default_factory is not NODEFAULT:
            return msgspec.field(default_factory=self.default_factory)
        return self.default


def field(
    *,
    default: Any = NODEFAULT,
    default_factory: Callable[[], Any] = NODEFAULT,  # type: ignore[assignment]
    min_length: int | None = None,
    max_length: int | None = None,
    pattern: str | None = None,
    ge: float | None = None,
    gt: float | None = None,
    le: float | None = None,
    lt: float | None = None,
    unit: str | None = None,
    unique: bool = False,
    index: bool = False,
    folded: bool = False,
    hidden: bool = False,
    read_only: bool = False,
    set_once: bool = False,
    description: str | None = None,
    example: Any = None,
) -> Any:
    """Say more of a field than its type: `title: str = field(max_length=200)`.

    Args:
        default: the value when none is given; without it the field is required. `caller.id`: that of whoever
            creates the record, who can't name another.
        default_factory: makes the default, for lists and dictionaries.
        min_length, max_length: bounds of a text, in characters.
        pattern: a regular expression that must be found in the text.
        ge, gt, le, lt: bounds of a number.
        unit: what the number counts, for people ("s", "EUR"); it changes nothing.
        unique: no two records have the same value (nulls aside; folded when `folded`).
        index: filters and orders by this field are frequent.
        folded: the text is compared, searched and ordered with case and accents folded.
        hidden: clients are never shown it, and can't filter or order by it; they can write it.
        read_only: clients can't write it; the application's own code can.
        set_once: clients give it when they create the record, and can't change it.
        description, example: for the API's documentation.
    """
    return Options(
        default=default,
        default_factory=default_factory,
        min_length=min_length,
        max_length=max_length,
        pattern=pattern,
        ge=ge,
        gt=gt,
        le=le,
        lt=lt,
        unit=unit,
        unique=unique,
        index=index,
        folded=folded,
        hidden=hidden,
        read_only=read_only,
        set_once=set_once,
        description=description,
        example=example,
    )


class Reference(Struct, frozen=True):
    """Marks a field that holds the id of a record of `target`, a resource class or its name."""

    target: Any


if TYPE_CHECKING:
    from typing_extensions import TypeAliasType

    Ref = TypeAliasType("Ref", str, type_params=(R,))
else:

    class Ref:
        """`Ref[Album]`: the id of an album. Checked at write; a quoted name refers to a later class."""

        def __class_getitem__(cls, target: Any) -> Any:
            return Annotated[str, Reference(target)]
