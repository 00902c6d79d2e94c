"""Actions: a user's own operations on a record."""

import inspect
from collections.abc import Callable
from typing import Any, TypeVar, get_type_hints

import msgspec
from msgspec import NODEFAULT

from antiphon.errors import DeclarationError, Invalid
from antiphon.resources.bodies import malformed, refuse_repeats
from antiphon.resources.ids import NAMED
from antiphon.resources.resource import Resource

F = TypeVar("F", bound=Callable[..., Any])

_NAMED_KINDS = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


class Action:
    """A function that clients run with `POST /songs/{id}/NAME`; `arguments` is the shape of the body."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.name = function.__name__
        if not NAMED.fullmatch(self.name):
            raise DeclarationError(f"The action {self.name} has no name.", "Write it with def.")
        self._refuse_signature(function)
        hints = _hints(self.name, function)
        body: list[Any] = []
        for parameter in list(inspect.signature(function).parameters.values())[1:-1]:
            if parameter.name not in hints:
                raise DeclarationError(
                    f"The argument {parameter.name} of the action {self.name} has no type.",
                    "Annotate it: its values are checked by its type.",
                )
            default = NODEFAULT if parameter.default is inspect.Parameter.empty else parameter.default
            body.append((parameter.name, hints[parameter.name], default))
        self.meaning = inspect.getdoc(function) or f"Run {self.name}."
        try:
            self.arguments = msgspec.defstruct(
                self.name.title().replace("_", ""), body, kw_only=True, forbid_unknown_fields=True
            )
            msgspec.json.schema(self.arguments)  # refuses what JSON cannot give; a decoder would take it
        except TypeError as error:
            raise DeclarationError(
                f"The action {self.name} has an argument that JSON cannot give: {error}.",
                "Use str, int, float, bool, date, datetime, list, dict or msgspec.Struct.",
            ) from None
        self.result = hints.get("return", Any)
        self._decode = msgspec.json.Decoder(self.arguments).decode
        self._members = tuple(f'"{name}"'.encode() for name in self.arguments.__struct_fields__)
        self._function = function

    def parse(self, body: bytes) -> Any:
        """The arguments in a JSON body; raises `Malformed`, `Invalid`."""
        try:
            arguments = self._decode(body)
        except msgspec.ValidationError as error:
            raise Invalid(f"{self.name}: {str(error)[:200]}.", "See the action in /openapi.json.") from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise malformed(error) from None
        refuse_repeats(body, self._members, nested=True)
        return arguments

    def __call__(self, record: Any, arguments: Any, tx: Any) -> Any:
        return self._function(record, **msgspec.structs.asdict(arguments), tx=tx)

    def _refuse_signature(self, function: Callable[..., Any]) -> None:
        parameters = list(inspect.signature(function).parameters.values())
        if len(parameters) < 2 or parameters[-1].name != "tx":
            raise DeclarationError(
                f"The action {self.name} does not take a record first and `tx` last.",
                f"Write it as def {self.name}(record, ..., tx: Transaction).",
            )
        for parameter in parameters[1:]:
            if parameter.kind not in _NAMED_KINDS:
                raise DeclarationError(
                    f"The argument {parameter} of the action {self.name} cannot be given by name.",
                    "Name each argument.",
                )
        if inspect.iscoroutinefunction(function) or inspect.isgeneratorfunction(function):
            raise DeclarationError(
                f"The action {self.name} waits for something.",
                "Make it a plain function: it runs inside a transaction, and decides at once.",
            )


def action(resource: type[Resource]) -> Callable[[F], F]:
    """Make a function of clients' reach: `@action(Song)` serves `POST /songs/{id}/NAME`.

    The function takes the record, then arguments of its own (by their types, from the JSON body), and
    last `tx`, the transaction. All its writes commit together and are told together; what it returns
    (a record, or anything JSON can hold) is the answer. It runs on the writer's thread: it decides, and
    must not wait for anything.

    Raises:
        DeclarationError: the signature cannot be served.
    """

    named: Any = resource  # without types, it may be the function itself: @action
    if not (isinstance(named, type) and issubclass(named, Resource)):
        raise DeclarationError(f"@action is given {named!r}.", "Write @action(Song), with the resource.")

    def declare(function: F) -> F:
        found = Action(function)
        if found.name in resource._actions:
            raise DeclarationError(
                f"{resource.__name__} has an action {found.name} already.", "Give one of them another name."
            )
        resource._actions[found.name] = found
        return function

    return declare


def _hints(name: str, function: Callable[..., Any]) -> dict[str, Any]:
    try:
        return get_type_hints(function, include_extras=True)
    except (NameError, AttributeError, SyntaxError, TypeError) as error:
        raise DeclarationError(
            f"The action {name} has a type that cannot be found: {error}.",
            "Import it in the function's module, not for type checkers alone.",
        ) from None
