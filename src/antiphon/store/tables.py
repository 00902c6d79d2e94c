"""The tables of a store, described once for every dialect."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)
from sqlalchemy.types import TypeEngine

from antiphon.errors import DeclarationError
from antiphon.resources import Declaration

_TYPES: dict[str, type[TypeEngine[Any]]] = {
    "text": Text,
    "integer": BigInteger,
    "number": Double,
    "boolean": Boolean,
    "date": Date,
    "datetime": DateTime,
    "json": Text,
}


def describe_tables(declarations: Iterable[Declaration[Any]]) -> MetaData:
    """All tables: one a resource, and Antiphon's own, named `antiphon_…`.

    A resource's table has a typed column a field, a column `<field>_folded` for each folded one, and
    `record`, the record's JSON. Indexes end with the id, so that a filter on their columns is answered
    in the default order without sorting.

    Raises:
        DeclarationError: a reference names a resource that is not served here, or two resources have one
            name or one table.
    """
    metadata = MetaData()
    known = list(declarations)
    _refuse_twins(known)
    by_target = {name: each.table for each in known for name in (each.name, each.resource)}
    for declaration in known:
        _resource_table(metadata, declaration, by_target)
    _own_tables(metadata)
    return metadata


def _refuse_twins(declarations: list[Declaration[Any]]) -> None:
    names: set[str] = set()
    tables: dict[str, str] = {}
    for declaration in declarations:
        if declaration.name in names:
            raise DeclarationError(
                f"Two resources have the name {declaration.name}.", "Give one of the classes another."
            )
        if (other := tables.get(declaration.table)) is not None:
            raise DeclarationError(
                f"{declaration.name} and {other} have one table, {declaration.table}.",
                "Give one of them another path.",
            )
        names.add(declaration.name)
        tables[declaration.table] = declaration.name


def _resource_table(metadata: MetaData, declaration: Declaration[Any], tables: dict[Any, str]) -> None:
    columns: list[Column[Any]] = []
    for field in declaration.fields:
        keys = []
        if field.reference is not None:
            if field.reference not in tables:
                target = getattr(field.reference, "__name__", field.reference)
                raise DeclarationError(
                    f"{declaration.name}.{field.name} refers to {target}, which is not served here.",
                    f"Give {target} to the Application too, or declare the field as str.",
                )
            keys.append(ForeignKey(f"{tables[field.reference]}.id"))
        columns.append(
            Column(
                field.name,
                _TYPES[field.kind],
                *keys,
                primary_key=field.name == "id",
                nullable=field.nullable,
            )
        )
    for field in declaration.fields:
        if field.options.folded:
            columns.append(Column(field.column, Text, nullable=field.nullable))
    columns.append(Column("record", Text, nullable=False))
    table = Table(declaration.table, metadata, *columns)
    for unique, keys_of in ((True, declaration.uniques), (False, declaration.indexes)):
        for names in keys_of:
            indexed = [table.c[declaration.by_name[name].column] for name in names]
            prefix = "unique" if unique else "index"
            Index(
                # neither a table's name nor a field's has a double _, so that no two indexes share a name
                f"{prefix}_{declaration.table}__{'__'.join(names)}",
                *indexed,
                *([] if unique or "id" in names else [table.c.id]),
                unique=unique,
            )


def _own_tables(metadata: MetaData) -> None:
    Table(
        "antiphon_log",
        metadata,
        # SQLite makes an INTEGER PRIMARY KEY the row's own address; a BIGINT would cost an index more
        Column("position", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
        Column("time", Text, nullable=False),
        Column("resource", Text, nullable=False),
        Column("id", Text, nullable=False),
        Column("kind", Text, nullable=False),
        Column("before", Text),
        Column("after", Text),
        Column("caller", Text),
        Column("cause", Text),
        Column("trace", Text),
    )
    Table(
        "antiphon_answers",
        metadata,
        Column("caller", Text, primary_key=True),
        Column("key", Text, primary_key=True),
        Column("fingerprint", LargeBinary, nullable=False),
        Column("answer", LargeBinary, nullable=False),
        Column("expires", Double, nullable=False, index=True),
    )
    Table(
        "antiphon_reactions",
        metadata,
        Column("name", Text, primary_key=True),
        Column("source", Text, nullable=False),
        Column("position", Text, nullable=False),
        Column("newest", BigInteger, nullable=False),
        Column("behind", Text),
        Column("state", Text, nullable=False),
        Column("error", Text),
        Column("code", Text, nullable=False),
        Column("rebuild", Text),
    )
    waiting = Table(
        "antiphon_waiting",
        metadata,
        Column("place", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
        Column("reaction", Text, nullable=False),
        Column("position", Text, nullable=False),
        Column("key", Text, nullable=False),
        Column("entry", LargeBinary, nullable=False),
        Column("tries", Integer, nullable=False),
        Column("due", Double),
        Column("error", Text),
    )
    Index("index_antiphon_waiting__key", waiting.c.reaction, waiting.c.key, waiting.c.place)
    Index("index_antiphon_waiting__due", waiting.c.reaction, waiting.c.due)
    Table(
        "antiphon_meta",
        metadata,
        Column("key", Text, primary_key=True),
        Column("value", Text, nullable=False),
    )
