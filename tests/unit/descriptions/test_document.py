"""The document is valid OpenAPI 3.1, holds together, and its examples fit its own schemas."""

import json
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import msgspec
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from tests.unit.descriptions.catalogs import CATALOGS, Song

from antiphon.descriptions import openapi
from antiphon.resources import Declaration, Resource, declare, field
from antiphon.settings import Settings

SETTINGS = Settings(page_size=7, max_page_size=77)


def document_of(declarations: tuple[Declaration[Any], ...]) -> Any:
    """The document as it travels."""
    made = openapi(declarations, title="Catalog", version="3", settings=SETTINGS)
    return msgspec.json.decode(msgspec.json.encode(made))


@pytest.fixture(params=CATALOGS)
def document(request: pytest.FixtureRequest) -> Any:
    return document_of(CATALOGS[request.param])


@pytest.fixture(scope="module")
def ordinary() -> Any:
    return document_of(CATALOGS["ordinary"])


def every(value: Any) -> Iterator[Any]:
    """All objects within a JSON value."""
    if isinstance(value, dict):
        yield value
        for each in value.values():
            yield from every(each)
    elif isinstance(value, list):
        for each in value:
            yield from every(each)


def resolve(document: Any, value: Any) -> Any:
    """What a reference refers to."""
    while "$ref" in value:
        found = document
        for step in value["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        value = found
    return value


def operations(document: Any) -> Iterator[tuple[str, str, Any]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def fits(document: Any, schema: Any, value: Any) -> None:
    whole = {**schema, "components": document["components"]}
    jsonschema_rs.Draft202012Validator(whole, validate_formats=True).validate(value)


def test_it_is_valid(document: Any) -> None:
    assert document["openapi"] == "3.1.0"
    assert document["info"]["title"] == "Catalog"
    assert document["info"]["version"] == "3"
    assert [str(error) for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_what_is_referred_to_is_there_and_used(document: Any) -> None:
    used = {each["$ref"] for each in every(document) if isinstance(each.get("$ref"), str)}
    for reference in used:
        resolve(document, {"$ref": reference})
    for kind, components in document["components"].items():
        assert {f"#/components/{kind}/{name}" for name in components} <= used


def test_each_operation_has_a_name_of_its_own_and_links_lead_to_one(document: Any) -> None:
    ids = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(ids) == len(set(ids))
    parameters = {
        operation["operationId"]: {
            resolve(document, parameter)["name"] for parameter in operation["parameters"]
        }
        for _, _, operation in operations(document)
    }
    links = [link for each in every(document) for link in each.get("links", {}).values()]
    assert links
    for link in links:
        assert set(link.get("parameters", {})) <= parameters[link["operationId"]]


def test_no_parameter_is_there_twice(document: Any) -> None:
    for _, _, operation in operations(document):
        found = [resolve(document, each) for each in operation["parameters"]]
        assert len(found) == len({(each["name"], each["in"]) for each in found})


def test_each_path_names_its_parameters(document: Any) -> None:
    for path, _, operation in operations(document):
        named = [resolve(document, each) for each in operation["parameters"]]
        assert ("{id}" in path) == any(each["in"] == "path" for each in named)


def examples(value: Any) -> Iterator[tuple[Any, Any]]:
    """Each example and default in the document, with the schema it must fit.

    Those of media types other than JSON are texts (OpenAPI 3.1, 4.8.14), and left out.
    """
    for each in every(value):
        for media_type, content in each["content"].items() if "content" in each else ():
            if media_type.endswith(("/json", "+json")):
                yield from ((content["schema"], found) for found in shown(content))
        if "schema" in each and each["schema"].get("type") == "string":
            yield from ((each["schema"], found) for found in shown(each))
        if "type" in each and isinstance(each.get("examples"), list):
            yield from ((each, found) for found in each["examples"])
        if "type" in each and "default" in each:
            yield each, each["default"]


def shown(holder: Any) -> Iterator[Any]:
    if "example" in holder:
        yield holder["example"]
    yield from (example["value"] for example in holder.get("examples", {}).values())


def test_examples_fit(document: Any) -> None:
    found = list(examples({key: document[key] for key in ("paths", "components")}))
    assert len(found) > 25
    for schema, example in found:
        fits(document, schema, example)


def test_ndjson_examples_are_lines_that_fit(ordinary: Any) -> None:
    checked = 0
    for each in every(ordinary):
        content = each.get("content", {}).get("application/x-ndjson")
        if content is not None:
            fits(ordinary, content["schema"], [json.loads(line) for line in content["example"].splitlines()])
            checked += 1
    assert checked > 5


def test_examples_are_records_that_can_be_created(ordinary: Any) -> None:
    body = ordinary["paths"]["/songs"]["post"]["requestBody"]["content"]["application/json"]["example"]
    assert body == {"title": "Title", "genre": "jazz", "length": 180.5}
    declare(Song).parse(msgspec.json.encode(body))


def test_constraints_and_units_appear(ordinary: Any) -> None:
    song = ordinary["components"]["schemas"]["Song.Create"]
    assert song["required"] == ["title"]
    assert song["additionalProperties"] is False
    assert song["properties"]["title"] == {
        "type": "string",
        "minLength": 1,
        "maxLength": 500,
        "description": "Compared and ordered with case and accents folded.",
    }
    assert song["properties"]["length"] == {
        "type": ["number", "null"],
        "minimum": 0,
        "default": None,
        "x-unit": "s",
        "description": "How long it plays. In s.",
    }
    assert song["properties"]["artist_id"]["description"] == "An id of Artist."
    artist = ordinary["components"]["schemas"]["Artist"]
    assert artist["description"] == "Who plays.\n\nOne or many."
    assert ordinary["tags"][0] == {"name": "Artist", "description": "Who plays."}
    assert ordinary["tags"][2] == {"name": "Genre", "description": "Also at `/genre`."}
    assert artist["properties"]["name"]["examples"] == ["Nina"]
    assert "No two records have the same." in artist["properties"]["name"]["description"]


def test_every_method_and_address_is_there(ordinary: Any) -> None:
    found = {path: set(item) for path, item in ordinary["paths"].items()}
    collection = {"get", "head", "options", "post", "put"}
    record = {"get", "head", "options", "put", "patch", "delete"}
    read = {"get", "head", "options"}
    assert found == {
        "/artists": collection,
        "/artists/{id}": record,
        "/songs": collection,
        "/songs/{id}": record,
        "/songs/{id}/rename": {"post", "options"},
        "/genres": collection,
        "/genres/{id}": record,
        "/genre": collection,
        "/genre/{id}": record,
        "/events": read,
        "/health/live": read,
        "/health/ready": read,
        "/metrics": read,
        "/openapi.json": read,
    }


def test_the_settings_bounds_are_told(ordinary: Any) -> None:
    limit = ordinary["components"]["parameters"]["songs.limit"]
    assert limit["schema"] == {"type": "integer", "minimum": 1, "maximum": 77, "examples": [7]}


def test_every_code_is_told(ordinary: Any) -> None:
    told = ordinary["components"]["schemas"]["Problem"]["description"]
    codes = {
        code
        for each in every(ordinary["components"]["responses"])
        for code in each.get("properties", {}).get("code", {}).get("enum", ())
    }
    for code in (*codes, "method_not_allowed"):
        assert f"`{code}`" in told


def test_nested_types_keep_their_own_names() -> None:
    schemas = document_of(CATALOGS["odd"])["components"]["schemas"]
    assert schemas["values.json.Create"]["properties"]["next"]["anyOf"][0] == {
        "$ref": "#/components/schemas/values.json.Create"
    }
    assert schemas["values.json.Box_int_"]["properties"]["value"] == {"type": "integer"}
    assert schemas["Problem-problem_reports"]["description"] == "Named as a component of every document."
    assert schemas["Problem"]["description"].startswith("A problem document (RFC 9457).")


def test_actions_answer_what_they_return() -> None:
    paths = document_of(CATALOGS["odd"])["paths"]

    def outcomes(action: str) -> dict[str, Any]:
        found = paths[f"/odd_things/{{id}}/{action}"]["post"]["responses"]
        return {status: answer.get("content") for status, answer in found.items() if status < "3"}

    assert set(outcomes("move")) == {"204"}
    assert set(outcomes("weigh")) == {"200", "204"}
    split = outcomes("split")
    assert set(split) == {"200", "204"}
    assert split["200"]["application/json"]["schema"]["items"] == {"$ref": "#/components/schemas/Odd"}
    body = paths["/odd_things/{id}/split"]["post"]["requestBody"]
    assert body["required"] is False
    assert body["content"]["application/json"]["schema"]["properties"]["at"] == {
        "type": ["integer", "null"],
        "default": None,
    }
    assert paths["/odd_things/{id}/move"]["post"]["requestBody"]["required"] is True


def test_what_an_action_says_of_itself(ordinary: Any) -> None:
    rename = ordinary["paths"]["/songs/{id}/rename"]["post"]
    assert rename["summary"] == "Give it another title."
    assert rename["description"] == "The old one is forgotten."


def test_a_value_that_cannot_be_made_up_leaves_the_example_out() -> None:
    class Coded(Resource, path="/coded"):
        code: str = field(pattern="^q{7}x$")

    document = document_of((declare(Coded),))
    post = document["paths"]["/coded"]["post"]["requestBody"]["content"]
    assert "example" not in post["application/json"]
    assert [str(error) for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_the_ways_to_sign_in_are_those_there_are() -> None:
    plain = document_of(CATALOGS["ordinary"])
    assert "security" not in plain
    assert "securitySchemes" not in plain["components"]
    made = openapi(
        CATALOGS["ordinary"], title="Catalog", version="3", settings=SETTINGS, sign_in=True, key_set=True
    )
    document = msgspec.json.decode(msgspec.json.encode(made))
    OpenAPIV31SpecValidator(document).validate()
    named = {name for each in document["security"] for name in each}
    assert named == document["components"]["securitySchemes"].keys()
    assert {} in document["security"]
    assert resolve(document, document["paths"]["/.well-known/jwks.json"]["get"]["responses"]["200"])
