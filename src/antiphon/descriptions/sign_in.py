"""Signing in: the ways a request may say who asks, and the keys that tokens are checked with."""

from antiphon.descriptions.values import Json
from antiphon.server.cookies import NAME

SCHEMES: Json = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "An access token (RFC 9068), or an API key: `Authorization: Bearer TOKEN` (RFC 6750).",
    },
    "key": {
        "type": "apiKey",
        "in": "header",
        "name": "X-API-Key",
        "description": "An API key, for programs and devices.",
    },
    "cookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": NAME,
        "description": f"The session of a browser; by HTTPS its name is `__Host-{NAME}`. It speaks for what "
        "pages of this site ask, and for reads.",
    },
}
REQUIREMENTS: list[Json] = [{}, *({name: []} for name in SCHEMES)]
"""One of them, or none: what each caller may do, the policies decide."""

KEY_SET: Json = {
    "description": "The public keys (RFC 7517). A new one is here well before it signs.",
    "headers": {
        "Cache-Control": {
            "description": "For how long the set may be kept.",
            "required": True,
            "schema": {"type": "string", "pattern": "^public, max-age=[0-9]+$"},
        }
    },
    "content": {
        "application/jwk-set+json": {
            "schema": {
                "type": "object",
                "properties": {
                    "keys": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "properties": {
                                name: {"type": "string"} for name in ("kty", "crv", "x", "kid", "use", "alg")
                            },
                            "required": ["kty", "crv", "x", "kid", "use", "alg"],
                        },
                    }
                },
                "required": ["keys"],
            }
        }
    },
}
