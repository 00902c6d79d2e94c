"""The class a user derives from to declare a resource."""

from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, dataclass_transform

from msgspec import NODEFAULT, Struct, StructMeta

from antiphon.resources.field import Options, field


@dataclass_transform(kw_only_default=True, field_specifiers=(field,))
class ResourceMeta(StructMeta):
    """Takes what `field()` says out of the class body, so that msgspec sees plain types and defaults."""

    def __new__(
        mcs,
        name: str,
        bases: tuple[type, ...],
        namespace: dict[str, Any],
        *,
        path: str | None = None,
        paths: tuple[str, ...] = (),
        forbid_unknown_fields: bool = False,
    ) -> Any:
        options = {key: value for key, value in namespace.items() if isinstance(value, Options)}
        for key, value in options.items():
            plain = value.plain
            if plain is NODEFAULT:
                del namespace[key]
            else:
                namespace[key] = plain
        namespace["_options"] = options
        namespace["_paths"] = (path,) if path else tuple(paths)
        namespace["_actions"] = {}
        return super().__new__(
            mcs, name, bases, namespace, kw_only=True, forbid_unknown_fields=forbid_unknown_fields
        )


class Resource(Struct, metaclass=ResourceMeta):
    """A declared type, and a record of it: `class Task(Resource): title: str`.

    Class arguments: `path="/tasks"` (default: the plural of the class name), or `paths` whose first is
    canonical and whose others are aliases. Class attributes: `indexes` and `uniques`, each a tuple of
    tuples of field names.

    `id` and `revision` are Antiphon's: the id is a UUIDv7 (RFC 9562) unless the client names it; the
    revision is the number of the log position at which the record last changed, 0 before it is written.
    """

    id: str = ""
    revision: int = 0

    indexes: ClassVar[tuple[tuple[str, ...], ...]] = ()
    uniques: ClassVar[tuple[tuple[str, ...], ...]] = ()

    if TYPE_CHECKING:
        _options: ClassVar[dict[str, Options]]
        _paths: ClassVar[tuple[str, ...]]
        _actions: ClassVar[dict[str, Any]]


R = TypeVar("R", bound=Resource)
