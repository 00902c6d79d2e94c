"""The OpenAPI 3.1 document of an application, made from its declarations."""

from collections import Counter
from collections.abc import Mapping, Sequence
from inspect import cleandoc
from typing import Any

from starlette.routing import BaseRoute

from antiphon.descriptions.examples import record_example
from antiphon.descriptions.own import own_paths
from antiphon.descriptions.parameters import filter_parameters, query_parameters, refer, shared_parameters
from antiphon.descriptions.reads import collection_reads, record_reads
from antiphon.descriptions.responses import EVERY, Responses
from antiphon.descriptions.schemas import argument_types, problem_schema, record_schemas
from antiphon.descriptions.service import TAG, event_example, event_schema, options, service_paths
from antiphon.descriptions.sign_in import REQUIREMENTS, SCHEMES
from antiphon.descriptions.subject import Subject
from antiphon.descriptions.values import Json, Values
from antiphon.descriptions.writes import action_write, collection_writes, record_writes
from antiphon.resources import Declaration
from antiphon.settings import Settings

ABOUT = """
Records are read and written by request, and followed as events at the same URLs.

- **Filter** with `field=value` and `field[operator]=value`; order with `order=-field,other`.
- **Choose** with `fields=one,other` what each record shows.
- **Page** by taking the URL in `next` as it is.
- **Follow** with `Accept: text/event-stream`, from the `Antiphon-Position` of an answer: `from=POSITION`.
- **Representations** are chosen by `Accept`, or by a suffix: `.json`, `.ndjson`.
- **Write** with `If-Match` so as not to overwrite another's change, and with `Idempotency-Key` so that a
  write sent twice is done once.
- **Values**: texts are Unicode without U+0000; integers are written without a fraction; an object names a
  member once.
- **Problems** are documents (RFC 9457) with a stable `code`; the schema `Problem` lists all.
"""

SEVERAL = """
- **Services**: each has its own log and its own positions; the logs are {logs}. A service is also whole, with
  its own description, at the path before its log's `/events`.
"""
ONE_LOG = {"service": "/events"}


def openapi(
    declarations: Sequence[Declaration[Any]],
    own: Sequence[BaseRoute] = (),
    *,
    title: str,
    version: str,
    settings: Settings,
    logs: Mapping[str, str] = ONE_LOG,
    sign_in: bool = False,
    key_set: bool = False,
) -> Json:
    """The OpenAPI 3.1.0 document for `declarations`, with the bounds of `settings`.

    `own` are routes of the user's own. `logs` says at which path each service has its log: one, unless
    several services are at one address. `sign_in`: whether tokens say who asks; `key_set`: whether there are
    keys that sign them.
    """
    names = component_names(declarations)
    values = Values(_types(declarations), names)
    schemas: Json = {}
    for declaration in declarations:
        schemas |= record_schemas(declaration, names[declaration.resource], values)
    schemas |= values.components
    schemas["Event"] = event_schema(declarations, names)
    schemas["Problem"] = problem_schema(EVERY)
    responses, parameters = Responses(), shared_parameters()
    paths: Json = {}
    for declaration in declarations:
        parameters |= filter_parameters(declaration) | query_parameters(declaration, settings)
        name = names[declaration.resource]
        for path in declaration.paths:
            subject = Subject(declaration, name, path, settings, schemas, values, responses)
            paths |= _resource_paths(subject)
    first = declarations[0]
    event = event_example(first, record_example(first, schemas, names[first.resource]))
    paths |= service_paths(
        settings, responses, event, logs, [each.path for each in declarations], key_set=key_set
    )
    for path, item in own_paths(own).items():
        paths[path] = paths.get(path, {}) | item
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version, "description": _about(logs)},
        "servers": [{"url": "./"}],
        "tags": [_tag(declaration, names[declaration.resource]) for declaration in declarations]
        + [{"name": TAG, "description": "What every service has."}],
        **({"security": REQUIREMENTS} if sign_in else {}),
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": dict(sorted(responses.components.items())),
            "parameters": parameters,
            **({"securitySchemes": SCHEMES} if sign_in else {}),
        },
    }


def _about(logs: Mapping[str, str]) -> str:
    if logs is ONE_LOG:
        return ABOUT.strip()
    listed = ", ".join(f"`{path}`" for path in logs.values())
    return ABOUT.strip() + SEVERAL.format(logs=listed)


def component_names(declarations: Sequence[Declaration[Any]]) -> dict[type, str]:
    """The name of each resource's component: its class's, with the path if that is not its alone."""
    count = Counter([declaration.name for declaration in declarations] + ["Event", "Problem"])
    return {
        declaration.resource: declaration.name
        if count[declaration.name] == 1
        else f"{declaration.name}-{declaration.table}"
        for declaration in declarations
    }


def _resource_paths(subject: Subject) -> Json:
    found = {
        subject.path: {**collection_reads(subject), **collection_writes(subject), **_options(subject, "")},
        subject.path + "/{id}": {
            **record_reads(subject),
            **record_writes(subject),
            **_options(subject, "record"),
        },
    }
    for name, action in subject.declaration.actions.items():
        found[f"{subject.path}/{{id}}/{name}"] = action_write(subject, action) | _options(
            subject, f"actions.{name}"
        )
    return found


def _options(subject: Subject, what: str) -> Json:
    id = subject.id_of(f"{what}.options".lstrip("."))
    return options(id, subject.name, [refer("id.any")] if what else [], subject.responses)


def _types(declarations: Sequence[Declaration[Any]]) -> list[Any]:
    found = [field.checked for declaration in declarations for field in declaration.fields]
    for declaration in declarations:
        for action in declaration.actions.values():
            found += [*argument_types(action), action.result]
    return found


def _tag(declaration: Declaration[Any], name: str) -> Json:
    aliases = ", ".join(f"`{path}`" for path in declaration.paths[1:])
    meaning = cleandoc(declaration.resource.__doc__ or "").partition("\n\n")[0]
    found = " ".join(filter(None, (meaning, aliases and f"Also at {aliases}.")))
    return {"name": name} | ({"description": found} if found else {})
