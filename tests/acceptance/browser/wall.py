"""A wall on which anybody writes anything, at any length: served with the toolkit's own pages."""

from antiphon import Application, Ref, Resource, field, serve


class Writer(Resource, path="/writers"):
    name: str = field(min_length=1)


class Note(Resource, path="/notes"):
    title: str = field(min_length=1)
    text: str = ""
    writer: Ref[Writer] | None = field(default=None)
    tags: list[str] = field(default_factory=list)


app = Application(Writer, Note, name="wall")

if __name__ == "__main__":
    serve(app)
