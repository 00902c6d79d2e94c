"""The key set: the public keys that the service's tokens are checked with."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from antiphon.access import PUBLISHED_AHEAD, Tokens

PATH = "/.well-known/jwks.json"
MEDIA_TYPE = "application/jwk-set+json"
FRESH_SECONDS = int(PUBLISHED_AHEAD / 2)
"""For so long others may keep the set: half the time for which a new key is shown before it signs."""


def key_set_route(tokens: Tokens) -> Route:
    """`/.well-known/jwks.json` (RFC 7517, 5; RFC 8615)."""

    async def key_set(request: Request) -> Response:
        headers = {"Cache-Control": f"public, max-age={FRESH_SECONDS}"}
        return Response(tokens.keys.jwks(), media_type=MEDIA_TYPE, headers=headers)

    return Route(PATH, key_set)
