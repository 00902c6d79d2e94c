"""What operations are described of: one resource at one of its paths."""

from typing import Any

import msgspec
from msgspec import Struct

from antiphon.descriptions.examples import POSITION, record_example
from antiphon.descriptions.parameters import filter_parameters, query_parameters, refer
from antiphon.descriptions.responses import Responses
from antiphon.descriptions.values import Json, Values
from antiphon.resources import Declaration
from antiphon.settings import Settings


class Subject(Struct, frozen=True):
    """A resource at `path`, and what the document has in common.

    `name` is the resource's component; `schemas` are all components of schemas; `responses` gathers those
    of responses.
    """

    declaration: Declaration[Any]
    name: str
    path: str
    settings: Settings
    schemas: Json
    values: Values
    responses: Responses

    @property
    def alias(self) -> bool:
        """Whether the path is another name for the canonical one."""
        return self.path != self.declaration.path

    @property
    def one(self) -> str:
        """A record, as people say: "an Artist"."""
        return f"{'an' if self.name[0] in 'AEIOU' else 'a'} {self.name}"

    @property
    def words(self) -> str:
        """The records, as people say: "top artists"."""
        return self.path[1:].replace("-", " ").replace("_", " ")

    def operation(self, what: str, summary: str, description: str = "", **rest: Any) -> Json:
        """An operation on the resource; `what` makes its id, such as "songs.list"."""
        if self.alias:
            description = f"The same as at `{self.declaration.path}`. {description}".strip()
        found: Json = {"operationId": self.id_of(what), "tags": [self.name], "summary": summary}
        if description:
            found["description"] = description
        return found | rest

    def id_of(self, what: str) -> str:
        """The id of an operation on the resource at this path."""
        return f"{self.path[1:]}.{what}"

    def link(self, what: str, description: str, **given: str) -> Json:
        """A link to another operation here; `given` holds runtime expressions by parameter."""
        link: Json = {"operationId": self.id_of(what), "description": description}
        return link | ({"parameters": given} if given else {})

    def record_links(self, id: str) -> Json:
        """What can be done next with the record whose id is the runtime expression `id`."""
        tag, position = "$response.header.ETag", "$response.header.Antiphon-Position"
        return {
            "read": self.link(
                "read", "Read it, no older than this.", id=id, **{"Antiphon-Min-Position": position}
            ),
            "change": self.link(
                "patch", "Change it, unless another was quicker.", id=id, **{"If-Match": tag}
            ),
            "replace": self.link(
                "put", "Replace it, unless another was quicker.", id=id, **{"If-Match": tag}
            ),
            "delete": self.link("delete", "Delete it.", id=id),
        } | {
            name: self.link(f"actions.{name}", action.meaning.splitlines()[0], id=id)
            for name, action in self.declaration.actions.items()
        }

    def filters(self) -> list[Json]:
        """References to the parameters that select records."""
        keys = [*filter_parameters(self.declaration), "or", "and"]
        return [refer(key) for key in keys]

    def paging(self) -> list[Json]:
        """References to the parameters that order, page and cut."""
        own = list(query_parameters(self.declaration, self.settings))
        return [refer(key) for key in (*own, "after")]

    def fields(self) -> Json:
        """A reference to the parameter that cuts records down."""
        return refer(f"{self.declaration.table}.fields")

    def example(self) -> Json | None:
        """A record, if one can be made up."""
        return record_example(self.declaration, self.schemas, self.name)

    def lines(self, body: Json | None) -> str | None:
        """Two lines of NDJSON like `body`."""
        return None if body is None else 2 * (msgspec.json.encode(body).decode() + "\n")

    def events(self) -> str:
        """How a stream of the resource begins."""
        live = f'event: live\nid: {POSITION}\ndata: {{"position":"{POSITION}"}}\n\n'
        if (record := self.example()) is None:
            return live
        return f"event: present\ndata: {msgspec.json.encode(record).decode()}\n\n{live}"
