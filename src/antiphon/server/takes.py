"""What routes of the user's own take: bodies of a type."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from antiphon.errors import FieldError, Invalid, Malformed
from antiphon.server.answers import JSON
from antiphon.server.bodies import media_type, read_body

T = TypeVar("T")
Endpoint = Callable[[Request], Awaitable[Response]]
Taking = Callable[[Request, T], Awaitable[Response]]
FORM = "application/x-www-form-urlencoded"
FORM_FIELDS = 100


class Takes(Struct, frozen=True):
    """What a route of the user's takes: JSON of a type, and maybe a form of the same fields."""

    kind: Any
    form: bool

    @property
    def media_types(self) -> tuple[str, ...]:
        """Those in which it may come."""
        return (JSON, FORM) if self.form else (JSON,)

    def read(self, found: str, body: bytes) -> Any:
        """The body, which came as `found`. What is said of a faulty one repeats no value: it may be secret.

        Raises:
            Malformed, Invalid: it cannot be read, or is no `kind`.
        """
        try:
            if found == JSON:
                return msgspec.json.decode(body, type=self.kind)
            fields: dict[str, Any] = dict(
                parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=FORM_FIELDS)
            )
            return msgspec.convert(fields, self.kind, strict=False)
        except msgspec.ValidationError as error:
            what, _, where = str(error).rpartition(" - at `$.")
            errors = [FieldError(where.rstrip("`"), f"{what}.")] if what else []
            raise Invalid(
                f"The body is not as it should be: {error}.", "See /openapi.json.", errors=errors
            ) from None
        except (msgspec.DecodeError, ValueError, RecursionError):
            raise Malformed(f"The body is not {found}.", f"Send {' or '.join(self.media_types)}.") from None


def takes(kind: type[T], *, form: bool = False) -> Callable[[Taking[T]], Endpoint]:
    """Give the endpoint of a Starlette route the JSON body of its request, as a `kind`, too.

    With `form`, an HTML form of the same fields will do. The body is bounded as others are, and described in
    `/openapi.json`. Requests that do not have it raise `UnsupportedMediaType`, `LengthRequired`, `TooLarge`,
    `Stalled`, `Malformed` or `Invalid`.
    """
    wanted = Takes(kind, form)

    def decorate(endpoint: Taking[T]) -> Endpoint:
        @wraps(endpoint)
        async def taking(request: Request) -> Response:
            found = media_type(request, wanted.media_types)
            settings = request.app.current_settings()
            body = await read_body(request, settings.max_body_bytes, settings.body_seconds)
            return await endpoint(request, wanted.read(found, body))

        taking.__dict__["takes"] = wanted
        return taking

    return decorate
