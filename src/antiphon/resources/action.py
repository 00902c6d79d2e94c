"""Actions: a user's own operations on a record."""

import inspect
from collections.abc import Callable
from typing import Any, TypeVar, get_type_hints

import msgspec
from msgspec import NODEFAULT

from antiphon.errors import DeclarationError
from antiphon.resources.ids import NAMED
from antiphon.resources.resource import Resource

F = TypeVar("F", bound=Callable[..., Any])


class Action:
    """A function that clients run with `POST /songs/{id}/NAME`; `arguments` is the shape of the body."""

    def __init__(self, function: Callable[..., Any]) -> None:
        parameters = list(inspect.signature(function).parameters.values())
        if len(parameters) < 2 or parameters[-1].name != "tx":
            raise DeclarationError(
                f"The action {function.__name__} does not take a record first and `tx` last.",
                f"Write it as def {function.__name__}(record, ..., tx: Transaction).",
            )
        hints = get_type_hints(function, include_extras=True)
        body: list[Any] = []
        for parameter in parameters[1:-1]:
            if parameter.name not in hints:
                raise DeclarationError(
                    f"The argument {parameter.name} of the action {function.__name__} has no type.",
                    "Annotate it: its values are checked by its type.",
                )
            default = NODEFAULT if parameter.default is inspect.Parameter.empty else parameter.default
            body.append((parameter.name, hints[parameter.name], default))
        self.name = function.__name__
        self.meaning = inspect.getdoc(function) or f"Run {function.__name__}."
        self.arguments = msgspec.defstruct(
            self.name.title().replace("_", ""), body, kw_only=True, forbid_unknown_fields=True
        )
        self.result = hints.get("return", Any)
        self._function = function

    def __call__(self, record: Any, arguments: Any, tx: Any) -> Any:
        return self._function(record, **msgspec.structs.asdict(arguments), tx=tx)


def action(resource: type[Resource]) -> Callable[[F], F]:
    """Make a function of clients' reach: `@action(Song)` serves `POST /songs/{id}/NAME`.

    The function takes the record, then arguments of its own (by their types, from the JSON body), and
    last `tx`, the transaction. All its writes commit together and are told together; what it returns
    (a record, or anything JSON can hold) is the answer. It runs on the writer's thread: it decides, and
    must not wait for anything.

    Raises:
        DeclarationError: the signature cannot be served.
    """

    def declare(function: F) -> F:
        found = Action(function)
        if not NAMED.fullmatch(found.name) or found.name in resource._actions:
            raise DeclarationError(
                f"{resource.__name__} has an action {found.name} already.", "Give one of them another name."
            )
        resource._actions[found.name] = found
        return function

    return declare
