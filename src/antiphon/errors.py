"""Everything Antiphon raises on purpose.

AntiphonError
├── DeclarationError        a resource is declared wrongly; raised at start
├── SettingError            a setting has a value it cannot have
├── TooDeep                 a reaction to a reaction to a reaction ...: a chain of causes without an end
├── StoreError              the data folder or the store cannot be used as it is
└── Problem                 a request that cannot be answered; one class a code (RFC 9457)
    ├── 400  Malformed · NotHttp · InvalidQuery · InvalidPosition · InvalidCursor · InvalidHeader
    ├── 401  NotSignedIn        403  Forbidden
    ├── 404  NotFound           405  MethodNotAllowed      406  NotAcceptable
    ├── 408  Stalled            409  AlreadyExists · NotUnique · StillReferenced
    ├── 410  PositionGone       411  LengthRequired        412  PreconditionFailed
    ├── 413  TooLarge           414  UriTooLong            415  UnsupportedMediaType
    ├── 422  Invalid · KeyReused                           429  TooManyRequests
    ├── 431  HeadersTooLarge
    ├── 500  Internal           503  Unavailable · PositionTooNew
    └── 505  HttpVersion        507  StoreFull
"""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import ClassVar

from msgspec import Struct


class AntiphonError(Exception):
    """Whatever Antiphon raises on purpose; `detail` says what is wrong, `hint` what to do about it."""

    def __init__(self, detail: str, hint: str = "") -> None:
        super().__init__(f"{detail} {hint}".strip())
        self.detail = detail
        self.hint = hint


class DeclarationError(AntiphonError):
    """A resource is declared in a way that cannot work; names the class, the field and the remedy."""


class SettingError(AntiphonError):
    """A setting has a value it cannot have."""


class StoreError(AntiphonError):
    """The store cannot be opened or changed as asked: taken, foreign, newer than this code, not empty."""


class TooDeep(AntiphonError):
    """Changes cause each other by reactions in a chain longer than `max_cause_depth`; names it."""


class FieldError(Struct, frozen=True, omit_defaults=True):
    """What is wrong with one value of a request body. `item` is its place in a body of many, from 0."""

    field: str
    detail: str
    item: int | None = None


class Problem(AntiphonError):
    """A request that cannot be answered, as a problem document (RFC 9457) with a stable `code`.

    `errors` lists each value at fault where there may be several; `headers` go onto the answer.
    """

    status: ClassVar[int] = 400
    code: ClassVar[str] = "problem"
    title: ClassVar[str] = "The request cannot be answered"

    def __init__(
        self,
        detail: str,
        hint: str = "",
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail, hint)
        self.errors = tuple(errors)
        self.headers = dict(headers or {})


class Malformed(Problem):
    """The body is not what its media type says."""

    status, code, title = 400, "malformed", "The body cannot be read"


class NotHttp(Problem):
    """What arrived is no request as RFC 9112 writes them."""

    status, code, title = 400, "not_http", "The request is not HTTP"


class InvalidQuery(Problem):
    """The URL asks with an unknown field or operator, or with a value of a wrong type."""

    status, code, title = 400, "invalid_query", "The query cannot be understood"


class InvalidPosition(Problem):
    """A position that no log of this kind could have given out."""

    status, code, title = 400, "invalid_position", "The position cannot be understood"


class InvalidCursor(Problem):
    """A page cursor that was changed, or belongs to another order."""

    status, code, title = 400, "invalid_cursor", "The page cursor cannot be used"


class InvalidHeader(Problem):
    """A header whose value does not follow its standard."""

    status, code, title = 400, "invalid_header", "A header cannot be understood"


class NotSignedIn(Problem):
    """One who has not said who it is asks for what needs that; or its token, key or session is no good.

    The answer names the scheme in `WWW-Authenticate` (RFC 9110, 15.5.2).
    """

    status, code, title = 401, "not_signed_in", "You are not signed in"


class Forbidden(Problem):
    """The caller may see the record, or the resource, and may not do this with it."""

    status, code, title = 403, "forbidden", "You may not do this"


class NotFound(Problem):
    """Nothing is at this address."""

    status, code, title = 404, "not_found", "Not found"


class MethodNotAllowed(Problem):
    """The address exists; the method does not apply to it. `Allow` lists those that do."""

    status, code, title = 405, "method_not_allowed", "Method not allowed"


class NotAcceptable(Problem):
    """None of the representations the client accepts can be given."""

    status, code, title = 406, "not_acceptable", "No acceptable representation"


class Stalled(Problem):
    """The client paused within its body for longer than it may (RFC 9110, 15.5.9)."""

    status, code, title = 408, "stalled", "The body did not arrive in time"


class AlreadyExists(Problem):
    """A record was to be created under an id that is taken."""

    status, code, title = 409, "already_exists", "The record exists already"


class NotUnique(Problem):
    """Another record holds the value of a unique key."""

    status, code, title = 409, "not_unique", "A unique key is taken"


class StillReferenced(Problem):
    """A record cannot be deleted while others refer to it."""

    status, code, title = 409, "still_referenced", "The record is still referred to"


class PositionGone(Problem):
    """The log no longer reaches back to this position, or the position is of another incarnation."""

    status, code, title = 410, "position_gone", "The position is no longer kept"


class LengthRequired(Problem):
    """A body is needed and the request announces none (RFC 9110, 15.5.12)."""

    status, code, title = 411, "length_required", "A body is required"


class PreconditionFailed(Problem):
    """`If-Match` or `If-None-Match` does not hold (RFC 9110, 13)."""

    status, code, title = 412, "precondition_failed", "The record is not in the state you require"


class TooLarge(Problem):
    """The body is larger than a setting allows."""

    status, code, title = 413, "too_large", "The body is too large"


class UriTooLong(Problem):
    """The URL is longer than a setting allows."""

    status, code, title = 414, "uri_too_long", "The URL is too long"


class UnsupportedMediaType(Problem):
    """The body is of a media type that is not read here."""

    status, code, title = 415, "unsupported_media_type", "Unsupported media type"


class Invalid(Problem):
    """The body is well-formed, and its values break the declaration."""

    status, code, title = 422, "invalid", "The record is not valid"


class KeyReused(Problem):
    """An `Idempotency-Key` came again with another request."""

    status, code, title = 422, "idempotency_key_reused", "The idempotency key belongs to another request"


class TooManyRequests(Problem):
    """The caller or its address has asked too often (RFC 6585, 4); `Retry-After` says when to come back."""

    status, code, title = 429, "too_many_requests", "Too many requests"


class HeadersTooLarge(Problem):
    """The header section is larger than a setting allows (RFC 6585, 5)."""

    status, code, title = 431, "headers_too_large", "The headers are too large"


class Internal(Problem):
    """Antiphon, or code it was given, failed; the log names the cause under the request's id."""

    status, code, title = 500, "internal", "Something failed on our side"


class Unavailable(Problem):
    """The service cannot do this now: it drains, is overloaded, or its store takes no writes."""

    status, code, title = 503, "unavailable", "Unavailable for now"


class PositionTooNew(Problem):
    """The position asked for was not reached within the bound."""

    status, code, title = 503, "position_too_new", "The position has not been reached"


class HttpVersion(Problem):
    """The version of HTTP that was spoken cannot carry the answer (RFC 9110, 15.6.6)."""

    status, code, title = 505, "http_version", "HTTP/1.1 is needed"


class StoreFull(Problem):
    """The disk has no room for the write; nothing was changed."""

    status, code, title = 507, "store_full", "No room to write"


def nearest(name: str, known: Sequence[str]) -> str:
    """A hint that names what `name` may have meant, and all that is known."""
    close = get_close_matches(name[:80], known, n=1)  # its time grows with the square of the length
    return (f"Did you mean {close[0]!r}? " if close else "") + f"Known: {', '.join(known)}."
