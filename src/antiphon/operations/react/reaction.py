"""Reactions: a user's own functions that are run for each change of a log."""

import inspect
import re
from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Struct

from antiphon.errors import DeclarationError, nearest
from antiphon.log import Change, Row
from antiphon.resources import NAMED, Resource, declare

ELSEWHERE = re.compile(r"([A-Za-z0-9][A-Za-z0-9_-]*)(/[^\s?#]+)")
POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
STARTS = ("beginning", "now")


class Reaction:
    """A function that reacts to the changes of one resource, as `react` declares it.

    `service` is whose log it follows, "" for that of its own application; `waits` tells that it is for the
    outside world, and no transaction is held while it runs. Called, it is the function.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        *,
        to: type[Resource] | str,
        key: str,
        start: Literal["beginning", "now"],
        name: str | None,
        tries: int,
        pause: float,
        timeout: float,
        owns: Sequence[type[Resource]],
    ) -> None:
        self.function = function
        self.name = str(name or getattr(function, "__name__", ""))
        if not NAMED.fullmatch(self.name):
            raise DeclarationError(
                f"The reaction {self.name!r} has no name that can be used.",
                'Write it with def, or give it one of letters, digits, - and _: name="tell".',
            )
        self.__doc__ = inspect.getdoc(function)
        self.waits = inspect.iscoroutinefunction(function)
        self.start, self.tries, self.pause, self.timeout = start, tries, pause, timeout
        self.to = to
        self.owns = tuple(owns)
        self.code = _digest(function)
        self._refuse_options()
        self._refuse_signature()
        self.service, self.path = self._source()
        self.record = self._record()
        self._refuse_key(key)
        self._key = key
        self._decode: Callable[[bytes], Any] | None = None

    def __call__(self, *arguments: Any) -> Any:
        return self.function(*arguments)

    @property
    def source(self) -> str:
        """What it reacts to, as people name it: "/songs", or "catalog/songs"."""
        return self.service + self.path

    @property
    def resource(self) -> str:
        """How the log that it follows names the resource: "/songs"."""
        return self.path

    def change(self, row: Row) -> Change[Any]:
        """A change of its own, whatever others do with theirs."""
        if self._decode is None:
            ours = issubclass(self.record, Resource)
            self._decode = declare(self.record).decode if ours else msgspec.json.Decoder(self.record).decode
        return Change(row, self._decode)

    def key_of(self, change: Change[Any]) -> str:
        """What orders the change: those of one key are handled one after the other.

        A record that cannot be read has its id for a key.
        """
        if self._key == "id":
            return change.id
        try:
            value = getattr(change.before if change.after_json is None else change.after, self._key)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return change.id
        return value if isinstance(value, str) else msgspec.json.encode(value).decode()

    def _source(self) -> tuple[str, str]:
        if isinstance(self.to, str):
            found = ELSEWHERE.fullmatch(self.to)
            if found is None:
                raise DeclarationError(
                    f"The reaction {self.name} reacts to {self.to!r}.",
                    'Write a resource of this application, or "SERVICE/path" for another service\'s.',
                )
            return found[1], found[2]
        named: Any = self.to
        if not (isinstance(named, type) and issubclass(named, Resource)) or named is Resource:
            raise DeclarationError(
                f"The reaction {self.name} reacts to {named!r}.",
                'Write a resource of this application, or "SERVICE/path" for another service\'s.',
            )
        return "", declare(named).path

    def _record(self) -> type:
        hints = _hints(self.name, self.function)
        first = next(iter(inspect.signature(self.function).parameters))
        hint = hints.get(first)
        if hint is not None and get_origin(hint) is not Change:
            raise DeclarationError(
                f"The reaction {self.name} takes {first}: {hint!r}.", f"Write {first}: Change[...]."
            )
        given = None if hint is None else get_args(hint)[0]
        if not isinstance(self.to, str):
            if given not in (None, Any, self.to):
                raise DeclarationError(
                    f"The reaction {self.name} to {self.to.__name__} takes a change of {given!r}.",
                    f"Write {first}: Change[{self.to.__name__}].",
                )
            return self.to
        if not (isinstance(given, type) and issubclass(given, Struct)):
            raise DeclarationError(
                f"The reaction {self.name} does not say what it wants to know of {self.to}.",
                f"Annotate {first}: Change[Song], with class Song(msgspec.Struct) of the fields you need.",
            )
        try:
            msgspec.json.schema(given)  # refuses what JSON cannot give; a decoder would take it
        except TypeError as error:
            raise DeclarationError(
                f"The reaction {self.name} takes {given.__name__}, which JSON cannot give: {error}.",
                "Use str, int, float, bool, date, datetime, list, dict or msgspec.Struct.",
            ) from None
        if given.__struct_config__.forbid_unknown_fields:
            raise DeclarationError(
                f"The reaction {self.name} takes {given.__name__}, which forbids unknown fields.",
                "Let it ignore them: the other service may add some any day.",
            )
        return given

    def _refuse_key(self, key: str) -> None:
        fields = list(dict.fromkeys(["id", *self.record.__struct_fields__]))  # type: ignore[attr-defined]
        if key not in fields:
            raise DeclarationError(
                f"The reaction {self.name} has the key {key!r}, which {self.record.__name__} does not have.",
                nearest(str(key), fields),
            )

    def _refuse_options(self) -> None:
        name = self.name
        if self.start not in STARTS:
            raise DeclarationError(
                f"The reaction {name} starts at {self.start!r}.", 'Write start="beginning" or start="now".'
            )
        options: Any = (("tries", self.tries), ("pause", self.pause), ("timeout", self.timeout))
        for option, value in options:
            if isinstance(value, bool) or not isinstance(value, (int, float)) or value <= 0:
                raise DeclarationError(
                    f"The reaction {name} has {option}={value!r}.", "Give it a number above 0."
                )
        each: Any
        for each in self.owns:
            if not (isinstance(each, type) and issubclass(each, Resource)):
                raise DeclarationError(
                    f"The reaction {name} owns {each!r}.", "Give a tuple of resources: owns=(Chart,)."
                )
        if self.owns and self.waits:
            raise DeclarationError(
                f"The reaction {name} owns {self.owns[0].__name__}, and has no transaction to write it in.",
                "Make it a plain function.",
            )

    def _refuse_signature(self) -> None:
        second = "key: str" if self.waits else "tx: Transaction"
        remedy = (
            f"Write it as {'async ' if self.waits else ''}def {self.name}(change: Change[...], {second})."
        )
        parameters = list(inspect.signature(self.function).parameters.values())
        if len(parameters) != 2 or any(each.kind not in POSITIONAL for each in parameters):
            raise DeclarationError(
                f"The reaction {self.name} does not take a change and {second.partition(':')[0]}.", remedy
            )
        if inspect.isgeneratorfunction(self.function) or inspect.isasyncgenfunction(self.function):
            raise DeclarationError(f"The reaction {self.name} is a generator.", remedy)


def react(
    *,
    to: type[Resource] | str,
    key: str = "id",
    start: Literal["beginning", "now"] = "beginning",
    name: str | None = None,
    tries: int = 10,
    pause: float = 0.5,
    timeout: float = 60.0,
    owns: Sequence[type[Resource]] = (),
) -> Callable[[Callable[..., Any]], Reaction]:
    """Make a function a reaction, to be given to its application: `Application(..., reactions=(f,))`.

    A plain function `def f(change: Change[Comment], tx: Transaction)` runs in the writer's transaction, in
    which its service's progress is kept too: what it writes is there once, whatever fails. It decides, and
    must not wait. One that is `async def f(change, key: str)` is for the outside world. It is run at least
    once for each change, and `key` is the same each time: hand it on as an idempotency key.

    Args:
        to: a resource of the same application, or "SERVICE/path" of another, which `sources` names. Of
            that one's records it gets the fields that X in `Change[X]` has, a `msgspec.Struct`.
        key: the field that orders: changes in which it is the same are handled one after the other.
        start: where one that is new begins: at the log's beginning, or with what comes now.
        name: what it is known by; the function's name, if not given.
        tries: how often a change that fails is tried; then it is parked, and those of its key wait.
        pause: seconds before the second try; about twice as many before each one after it.
        timeout: seconds that an async function has.
        owns: resources that it alone writes: these can be rebuilt from the log's beginning.

    Raises:
        DeclarationError: the function cannot be run so; names it and the remedy.
    """
    named: Any = to

    def declared(function: Callable[..., Any]) -> Reaction:
        return Reaction(
            function,
            to=named,
            key=key,
            start=start,
            name=name,
            tries=tries,
            pause=pause,
            timeout=timeout,
            owns=owns,
        )

    return declared


def _hints(name: str, function: Callable[..., Any]) -> dict[str, Any]:
    try:
        return get_type_hints(function)
    except (NameError, AttributeError, SyntaxError, TypeError) as error:
        raise DeclarationError(
            f"The reaction {name} has a type that cannot be found: {error}.",
            "Import it in the function's module, not for type checkers alone.",
        ) from None


def _digest(function: Callable[..., Any]) -> str:
    """What changes when the function's own text does."""
    try:
        text = inspect.getsource(function)
    except (OSError, TypeError):
        text = repr(getattr(function, "__code__", None) and function.__code__.co_code)
    return blake2b(text.encode(), digest_size=6).hexdigest()
