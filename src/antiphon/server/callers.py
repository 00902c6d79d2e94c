"""Who asks: from what a request says of itself."""

from typing import Any, Protocol

from antiphon.access import Caller


class Identify(Protocol):
    """Tells who asks. It is called for each request on the event loop, and must not wait."""

    def __call__(self, scope: Any) -> Caller:
        """The caller of an ASGI HTTP scope; `ANYONE` if the request does not say.

        Raises:
            NotSignedIn: what it says is no good: expired, of an unknown issuer or key, tampered with.
            Forbidden: a form of another site.
        """
