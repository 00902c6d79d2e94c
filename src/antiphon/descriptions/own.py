"""Routes of the user's own, as far as they tell of themselves."""

import inspect
import re
from collections.abc import Sequence
from typing import Any

import msgspec
from starlette.routing import BaseRoute, Route

from antiphon.descriptions.values import Json
from antiphon.server.takes import Takes

_PARAMETER = re.compile(r"{(\w+)(:\w+)?}")


def own_paths(routes: Sequence[BaseRoute]) -> Json:
    """The path items of routes whose `include_in_schema` holds: methods, parameters, the docstring.

    What they answer only their code knows: the description leaves it open.
    """
    found: Json = {}
    for route in routes:
        if not isinstance(route, Route) or not route.include_in_schema:
            continue
        parameters = [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            for name in route.param_convertors
        ]
        text = inspect.getdoc(route.endpoint) or route.name
        summary, _, more = text.partition("\n\n")
        item = found.setdefault(_PARAMETER.sub(r"{\1}", route.path), {})
        for method in sorted(route.methods or ("GET", "HEAD")):
            item[method.lower()] = {
                "tags": ["Service"],
                "summary": summary.rstrip("."),
                "description": more,
                "parameters": parameters,
                **_body(route.endpoint),
                "responses": {"default": {"description": "See the description."}},
            }
    return found


def _body(endpoint: Any) -> Json:
    """What an endpoint takes, if it says so by `takes`."""
    taken: Takes | None = getattr(endpoint, "takes", None)
    if taken is None:
        return {}
    _, parts = msgspec.json.schema_components([taken.kind])
    schema = next(iter(parts.values())) if len(parts) == 1 else {}  # references would lead nowhere here
    return {
        "requestBody": {"required": True, "content": {each: {"schema": schema} for each in taken.media_types}}
    }
