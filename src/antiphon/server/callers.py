"""Who asks: from what a request says of itself."""

from collections.abc import Sequence
from typing import Any, Protocol

from antiphon.access import ANYONE, KEY, TOKEN, Caller, Issuer, Tokens, Verifier, issuer_of
from antiphon.errors import DeclarationError, InvalidHeader, NotSignedIn
from antiphon.server.cookies import refuse_other_sites, session_cookie, token_in

SAYING = frozenset({b"authorization", b"x-api-key", b"cookie"})
"""Headers that may say who asks."""
CHALLENGE = 'Bearer error="invalid_token"'


class Identify(Protocol):
    """Tells who asks. It is called for each request on the event loop, and must not wait."""

    def __call__(self, scope: Any) -> Caller:
        """The caller of an ASGI HTTP scope; `ANYONE` if the request does not say.

        Raises:
            NotSignedIn: what it says is no good: expired, of an unknown issuer or key, tampered with.
            Forbidden: a form of another site.
        """


class Callers:
    """Knows callers by a token in `Authorization: Bearer` (RFC 6750), `X-API-Key` or the session cookie.

    `believed` are the issuers whose tokens count: `Tokens` of our own, and any `Issuer` elsewhere.

        app = Application(Task, identify=Callers(tokens, Issuer(…, prefix="google:")))

    Raises:
        DeclarationError: two issuers could mean each other's callers.
    """

    def __init__(self, *believed: Verifier) -> None:
        self.believed = believed
        self._by_issuer = {each.issuer: each for each in believed}
        _refuse_confusion(believed)

    @property
    def tokens(self) -> Tokens | None:
        """Those of our own, if there are any."""
        return next((each for each in self.believed if isinstance(each, Tokens)), None)

    @property
    def issuers(self) -> tuple[Issuer, ...]:
        """Those elsewhere."""
        return tuple(each for each in self.believed if isinstance(each, Issuer))

    def says_nothing(self, scope: Any) -> bool:
        """Whether the request says nothing of who asks."""
        return not any(name in SAYING for name, _ in scope["headers"])

    def __call__(self, scope: Any) -> Caller:
        """See `Identify`.

        Raises:
            InvalidHeader: the request says more than once who asks.
        """
        given: list[tuple[str, str]] = []
        cookies: list[bytes] = []
        for name, value in scope["headers"]:
            if name == b"authorization":
                given.append(("Authorization", value.decode("latin-1")))
            elif name == b"x-api-key":
                given.append(("X-API-Key", value.decode("latin-1").strip()))
            elif name == b"cookie":
                cookies.append(value)
        if cookies and (token := token_in(scope, cookies)) is not None:
            given.append(("Cookie", token))
        if not given:
            return ANYONE
        if len(given) > 1:
            raise InvalidHeader(
                f"The request says {len(given)} times who asks, in {', '.join(name for name, _ in given)}.",
                "Say it once: who is meant is not guessed.",
            )
        return self._caller(scope, *given[0])

    def _caller(self, scope: Any, place: str, text: str) -> Caller:
        if place == "Authorization":
            scheme, _, token = text.partition(" ")
            if scheme.lower() != "bearer":
                raise NotSignedIn("Authorization is of another scheme.", "Write: Bearer TOKEN.")
            return self._verify(token.strip(), (TOKEN, KEY))
        if place == "X-API-Key":
            return self._verify(text, (KEY,))
        caller = self._verify(text, (TOKEN,))
        refuse_other_sites(scope)
        return caller

    def _verify(self, text: str, kinds: tuple[str, ...]) -> Caller:
        if len(self.believed) == 1:
            return self.believed[0].verify(text, kinds)
        found = self._by_issuer.get(issuer_of(text))
        if found is None:
            raise NotSignedIn("The token is of an unknown issuer.", "Sign in here.")
        return found.verify(text, kinds)


def callers_of(identify: Identify | Verifier | None) -> Identify | None:
    """What an application was given to tell callers by, as what does; one issuer alone will do."""
    return Callers(identify) if isinstance(identify, Verifier) else identify


def challenge(problem: NotSignedIn, scope: Any) -> None:
    """Add to what refuses a request's token, key or cookie how to do better (RFC 6750, 3).

    A cookie is removed: or the browser would send it with the next sign-in too, and be refused.
    """
    problem.headers.setdefault("WWW-Authenticate", CHALLENGE)
    if token_in(scope, (value for name, value in scope["headers"] if name == b"cookie")) is not None:
        problem.headers.setdefault("Set-Cookie", session_cookie(scope))


def _refuse_confusion(believed: Sequence[Verifier]) -> None:
    prefixes: dict[str, str] = {}
    for each in believed:
        prefix = each.prefix if isinstance(each, Issuer) else ""
        for other, issuer in prefixes.items():
            # ours give out their own ids, and can keep clear of a prefix; strangers cannot be trusted to
            alike = (
                prefix.startswith(other) or other.startswith(prefix) if prefix and other else prefix == other
            )
            if alike or issuer == each.issuer:
                raise DeclarationError(
                    f"{each.issuer} and {issuer} could mean each other's callers.",
                    "Give each a prefix of its own: Issuer(…, prefix='google:').",
                )
        prefixes[prefix] = each.issuer
