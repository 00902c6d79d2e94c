"""A field's declaration: what it may say, and how each wrong one is refused."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
import pytest
from msgspec import NODEFAULT, Meta

from antiphon.errors import DeclarationError
from antiphon.resources import Field, Ref, Resource, field
from antiphon.resources.field import Options, Reference
from antiphon.resources.fields import RESERVED, compile_field


class Album(Resource):
    title: str


class Size(msgspec.Struct):
    width: int
    height: int


class Color(Enum):
    RED = "red"


class Point(NamedTuple):
    x: int
    y: int


def compiled(hint: Any, options: Options | None = None, name: str = "subject") -> Field:
    return compile_field("Song", name, hint, options or field())


@pytest.mark.parametrize(
    ("hint", "kind"),
    [
        (str, "text"),
        (int, "integer"),
        (float, "number"),
        (bool, "boolean"),
        (date, "date"),
        (datetime, "datetime"),
        (Literal["new", "done"], "text"),
        (Ref[Album], "text"),
        (list[str], "json"),
        (dict[str, int], "json"),
        (tuple[int, str], "json"),
        (list, "json"),
        (dict, "json"),
        (Size, "json"),
        (list[Size], "json"),
        (Point, "json"),
        (dict[str, Any], "json"),
    ],
)
def test_each_type_has_a_kind_and_may_be_null(hint: Any, kind: str) -> None:
    assert compiled(hint).kind == kind
    assert not compiled(hint).nullable
    assert compiled(hint | None).kind == kind
    assert compiled(hint | None).nullable
    assert compiled(hint | None).required


@pytest.mark.parametrize(
    ("hint", "options", "said"),
    [
        # types
        (int | str, {}, "one type"),
        (Any, {}, "one type"),
        (bytes, {}, "bytes"),
        (set[str], {}, "set"),
        (Decimal, {}, "Decimal"),
        (Color, {}, "Color"),
        (complex, {}, "complex"),
        (object, {}, "object"),
        (type(None), {}, "NoneType"),
        (5, {}, "5"),
        (Literal[1, 2], {}, "choices"),
        (Literal["a", 1], {}, "choices"),
        (Album, {}, "Album, a resource"),
        (Ref[str], {}, "refers to"),
        (Annotated[str, Reference(5)], {}, "refers to 5"),
        (list[Ref[Album]], {}, "within JSON"),
        # options that do not go with the type
        (int, {"max_length": 3}, "max_length"),
        (int, {"pattern": "x"}, "pattern"),
        (str, {"ge": 1}, "ge"),
        (bool, {"le": 1}, "le"),
        (date, {"lt": 1}, "lt"),
        (list[str], {"max_length": 3}, "max_length"),
        (int, {"folded": True}, "folded"),
        (Ref[Album], {"folded": True}, "folded"),
        (list[str], {"index": True}, "JSON"),
        (dict[str, str], {"unique": True}, "JSON"),
        (Literal["a"], {"max_length": 3}, "cannot hold"),
        # bounds
        (int, {"ge": 5, "le": 4}, "ge=5 and le=4"),
        (int, {"gt": 5, "lt": 5}, "gt=5 and lt=5"),
        (float, {"ge": 5, "lt": 5}, "ge=5 and lt=5"),
        (int, {"ge": 1, "gt": 1}, "cannot hold"),
        (float, {"le": 1, "lt": 1}, "cannot hold"),
        (int, {"ge": 0.5}, "ge=0.5"),
        (int, {"le": 2**63}, "le=9223372036854775808"),
        (int, {"gt": True}, "gt=True"),
        (float, {"ge": "low"}, "cannot hold"),
        (str, {"min_length": 3, "max_length": 2}, "min_length=3 and max_length=2"),
        (str, {"min_length": -1}, "cannot hold"),
        (str, {"pattern": "("}, "cannot hold"),
        # defaults
        (int, {"default": "5"}, "'5'"),
        (int, {"default": True}, "True"),
        (int, {"default": 2**63}, "9223372036854775808"),
        (int, {"default": 3, "ge": 4}, "default 3"),
        (str, {"default": None}, "None"),
        (str, {"default": "\ud800"}, "default"),
        (str, {"default": "long", "max_length": 3}, "'long'"),
        (float, {"default": float("nan")}, "nan"),
        (float | None, {"default": float("inf")}, "inf"),
        (date, {"default": "31.1.2026"}, "31.1.2026"),
        (datetime, {"default": datetime(2026, 1, 1)}, "default"),
        (Literal["new", "done"], {"default": "old"}, "'old'"),
        (list[int], {"default_factory": dict}, "{}"),
        (list[int], {"default_factory": lambda: ["x"]}, "['x']"),
        (str, {"default_factory": lambda: 1 / 0}, "division by zero"),
        (int, {"default": 1, "default_factory": int}, "both"),
    ],
)
def test_what_cannot_work_is_refused_with_class_field_and_remedy(
    hint: Any, options: dict[str, Any], said: str
) -> None:
    with pytest.raises(DeclarationError) as refused:
        compiled(hint, field(**options))
    assert refused.value.detail.startswith("Song.subject ")
    assert said in refused.value.detail
    assert refused.value.hint


@pytest.mark.parametrize(
    "name",
    [*RESERVED, "title_folded", "Title", "_title", "a__b", "título", "1st", "a" * 55, "a-b", ""],
)
def test_a_name_that_urls_or_tables_could_not_hold_is_refused(name: str) -> None:
    with pytest.raises(DeclarationError, match=r"has a name that a field cannot have") as refused:
        compiled(str, name=name)
    assert "lower-case" in refused.value.hint


@pytest.mark.parametrize("name", ["a", "a_b", "from_", "x1", "select", "group", "rowid", "a" * 54])
def test_other_names_may_be_anything(name: str) -> None:
    assert compiled(str, name=name).column == name
    assert compiled(str, field(folded=True), name=name).column == f"{name}_folded"


@pytest.mark.parametrize(
    "options", [{}, {"ge": -5}, {"gt": -5, "lt": 5}, {"le": 2**63 - 1}, {"ge": -(2**63)}]
)
def test_an_integer_holds_64_bits_whatever_its_bounds(options: dict[str, Any]) -> None:
    read = msgspec.json.Decoder(compiled(int, field(**options)).checked).decode
    assert read(b"4") == 4
    for beyond in (2**63, -(2**63) - 1, 10**30):
        with pytest.raises(msgspec.ValidationError):
            read(str(beyond).encode())


def test_an_integer_without_bounds_reaches_both_ends() -> None:
    read = msgspec.json.Decoder(compiled(int).checked).decode
    assert [read(str(end).encode()) for end in (2**63 - 1, -(2**63))] == [2**63 - 1, -(2**63)]


@pytest.mark.parametrize(
    ("hint", "options"),
    [
        (Annotated[int, Meta(ge=1)], {"le": 9}),
        (Annotated[int, Meta(ge=1, le=9)] | None, {}),
        (Annotated[int | None, Meta(ge=1)], {"lt": 10}),
        (Annotated[Annotated[int, Meta(ge=1)], Meta(le=9)], {}),
    ],
)
def test_annotations_and_options_bound_together(hint: Any, options: dict[str, Any]) -> None:
    read = msgspec.json.Decoder(compiled(hint, field(**options)).checked).decode
    assert [read(b"1"), read(b"9")] == [1, 9]
    for beyond in (b"0", b"10"):
        with pytest.raises(msgspec.ValidationError):
            read(beyond)


@pytest.mark.parametrize(
    ("hint", "given", "held"),
    [
        (float, 1, 1.0),
        (float | None, 3, 3.0),
        (date, date(2026, 1, 31), date(2026, 1, 31)),
        (datetime, datetime(2026, 1, 31, tzinfo=UTC), datetime(2026, 1, 31, tzinfo=UTC)),
        (str | None, None, None),
        (Literal["new", "done"], "new", "new"),
    ],
)
def test_a_default_has_its_fields_type(hint: Any, given: Any, held: Any) -> None:
    found = compiled(hint, field(default=given))
    assert found.options.default == held
    assert type(found.options.default) is type(held)
    assert not found.required


@pytest.mark.parametrize("factory", [list, lambda: ["x"]])
def test_a_factory_that_fits_is_kept(factory: Callable[[], Any]) -> None:
    found = compiled(list[str], field(default_factory=factory))
    assert found.options.default is NODEFAULT
    assert found.options.default_factory is factory
    assert not found.required


def test_a_reference_is_a_text_that_knows_its_target() -> None:
    assert compiled(Ref[Album]).reference is Album
    assert compiled(Ref["Later"] | None).reference == "Later"  # type: ignore[name-defined]
    assert compiled(str).reference is None
    assert compiled(Literal["new", "done"] | None).choices == ("new", "done")


def test_a_time_needs_a_zone() -> None:
    read = msgspec.json.Decoder(compiled(datetime).checked).decode
    assert read(b'"2026-01-31T12:00:00Z"') == datetime(2026, 1, 31, 12, tzinfo=UTC)
    with pytest.raises(msgspec.ValidationError, match="timezone"):
        read(b'"2026-01-31T12:00:00"')
