"""The class a user derives from to declare a resource."""

from inspect import get_annotations
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, dataclass_transform

from msgspec import NODEFAULT, Struct, StructMeta

from antiphon.errors import DeclarationError, nearest
from antiphon.resources.field import Options, field

ARGUMENTS = ("path", "paths")


def _paths(name: str, path: str | None, paths: Any) -> tuple[str, ...]:
    if path is not None and paths:
        raise DeclarationError(
            f"{name} has both path and paths.", "Give paths alone, the canonical one first."
        )
    if isinstance(paths, str):
        raise DeclarationError(
            f"{name} has the paths {paths!r}.", f"Write path={paths!r}, or a tuple of paths."
        )
    return tuple(paths) if path is None else (path,)


def _unmade(name: str, namespace: dict[str, Any], error: TypeError) -> DeclarationError:
    for key, value in namespace.items():
        if not key.startswith("_") and isinstance(value, (list, dict, set)) and value:
            return DeclarationError(
                f"{name}.{key} has the default {value!r}, which all records would share.",
                f"Write field(default_factory=lambda: {value!r}).",
            )
    return DeclarationError(f"{name} cannot be declared: {error}", "Derive it from Resource alone.")


def _inherited(made: Any) -> dict[str, Options]:
    """What the bases say of fields that `made` does not declare anew."""
    own = get_annotations(made)
    return {
        key: value
        for base in reversed(made.__mro__[1:])
        for key, value in base.__dict__.get("_options", {}).items()
        if key not in own
    }


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
        **unknown: Any,
    ) -> Any:
        for argument in unknown:
            raise DeclarationError(
                f"{name} is declared with {argument!r}, which no resource takes.",
                nearest(argument, ARGUMENTS),
            )
        options = {key: value for key, value in namespace.items() if isinstance(value, Options)}
        for key, value in options.items():
            plain = value.plain
            if plain is NODEFAULT:
                del namespace[key]
            else:
                namespace[key] = plain
        namespace["_options"] = options
        namespace["_paths"] = _paths(name, path, paths)
        namespace["_actions"] = {}
        try:
            made: Any = super().__new__(
                mcs, name, bases, namespace, kw_only=True, forbid_unknown_fields=forbid_unknown_fields
            )
        except TypeError as error:
            raise _unmade(name, namespace, error) from None
        for key in options:
            if key not in made.__struct_fields__:
                raise DeclarationError(f"{name}.{key} has no type.", f"Write {key}: str = field(...).")
        made._options = {**_inherited(made), **options}
        return made


# again, for type checkers: to them, what Struct says of itself comes before what the metaclass says
@dataclass_transform(kw_only_default=True, field_specifiers=(field,))
class Resource(Struct, metaclass=ResourceMeta):
    """A declared type, and a record of it: `class Task(Resource): title: str`.

    Class arguments: `path="/tasks"` (default: the plural of the class name), or `paths` whose first is
    canonical and whose others are aliases. Class attributes: `indexes` and `uniques`, each a tuple of
    tuples of field names; `access`, an `Access`: who may do what (without it, everyone may do all). A method
    `prepare(self, tx)` completes what clients create.

    `id` and `revision` are Antiphon's: the id is a UUIDv7 (RFC 9562) unless the client names it; the
    revision is the number of the log position at which the record last changed, 0 before it is written.
    """

    id: str = ""
    revision: int = 0

    indexes: ClassVar[tuple[tuple[str, ...], ...]] = ()
    uniques: ClassVar[tuple[tuple[str, ...], ...]] = ()
    access: ClassVar[Any] = None
    defaults: ClassVar[str] = ""

    def prepare(self, tx: Any, /) -> None:
        """Complete a record that a client creates; a resource of yours may say how.

        It runs in the transaction `tx`, before the policy is asked, and once what the client gave is checked:
        so it can set what is read-only, from what `tx` finds. What it raises refuses the record. It is not
        called for what the application's own code creates.
        """

    if TYPE_CHECKING:
        _options: ClassVar[dict[str, Options]]
        _paths: ClassVar[tuple[str, ...]]
        _actions: ClassVar[dict[str, Any]]


R = TypeVar("R", bound=Resource)
