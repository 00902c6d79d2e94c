"""The catalogue of releases as it is made by hand: FastAPI, SQLAlchemy, SQLite, and a queue per subscriber.

`python -m bench.peers.fastapi_glue FILE RECORDS EDITOR` fills the SQLite file with the records (one JSON
object a line), serves them on uvicorn with uvloop and httptools, and prints `listening on http://H:N`.
Whoever sends `Authorization: Bearer EDITOR` sees and writes all; others see what is published.

Reads are made the quickest of the ways in `fastapi_pages.py`; writes in two ways, each durable when it is
answered: `POST /releases` by a coroutine that holds up the loop, `POST /threads/releases` on a thread.
"""

import asyncio
import json
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import Annotated, Any

import uvicorn
import uvloop
from fastapi import Depends, FastAPI, Header, HTTPException, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import create_engine, event, insert, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

from antiphon.resources import uuid7

PATH, RECORDS, EDITOR = sys.argv[1:4] if __name__ == "__main__" else (":memory:", "", "")
MOST_WAITING = 1000
engine = create_engine(f"sqlite:///{PATH}", pool_size=64, max_overflow=0)
# What is answered is looked at after the commit: without this it would be read again
make_session = sessionmaker(engine, expire_on_commit=False)
writing = Lock()


@event.listens_for(engine, "connect")
def durable(connection: Any, record: object) -> None:
    """Each commit is on the disk when it returns."""
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "busy_timeout = 30000"):
        connection.execute(f"PRAGMA {pragma}")


class Base(DeclarativeBase):
    """The tables."""


class Release(Base):
    """A row of the table; what can be searched for is indexed, as in the catalogue."""

    __tablename__ = "releases"
    id: Mapped[str] = mapped_column(primary_key=True)
    revision: Mapped[int]
    title: Mapped[str] = mapped_column(index=True)
    artist: Mapped[str | None] = mapped_column(index=True)
    artist_id: Mapped[str | None]
    album: Mapped[str | None] = mapped_column(index=True)
    album_id: Mapped[str | None]
    genre: Mapped[str | None] = mapped_column(index=True)
    length: Mapped[float | None] = mapped_column(index=True)
    year: Mapped[int | None] = mapped_column(index=True)
    preview: Mapped[str | None]
    published: Mapped[bool]


class ReleaseIn(BaseModel):
    """A release as it is posted."""

    title: str = Field(min_length=1, max_length=500)
    artist: str | None = Field(default=None, max_length=2000)
    artist_id: str | None = None
    album: str | None = Field(default=None, max_length=2000)
    album_id: str | None = None
    genre: str | None = Field(default=None, max_length=200)
    length: float | None = Field(default=None, ge=0)
    year: int | None = Field(default=None, ge=1000, le=2999)
    preview: str | None = Field(default=None, max_length=200)
    published: bool = True


class ReleaseOut(ReleaseIn):
    """A release as it is answered and told."""

    model_config = ConfigDict(from_attributes=True)
    id: str
    revision: int


class Page(BaseModel):
    """A page of releases, and where the next one begins."""

    items: list[ReleaseOut]
    next: str | None


class Asked(BaseModel):
    """What is asked for: which releases, and for a page where it begins and how long it is."""

    genre: str | None = None
    artist: str | None = None
    after: str | None = None
    limit: int = Field(default=50, ge=1, le=1000)


class Subscriber:
    """One who is told of changes, and what it wants and may see of them."""

    def __init__(self, asked: Asked, editor: bool) -> None:
        self.queue: asyncio.Queue[str] = asyncio.Queue(MOST_WAITING)
        self._asked, self._editor = asked, editor

    def wants(self, release: ReleaseOut) -> bool:
        """Whether it is to be told of this one."""
        genre, artist = self._asked.genre, self._asked.artist
        return (
            (release.published or self._editor)
            and (genre is None or genre == release.genre)
            and (artist is None or artist == release.artist)
        )


class Changes:
    """Those who are told, and how many changes there were; on the event loop."""

    def __init__(self) -> None:
        self.subscribers: set[Subscriber] = set()
        self.number = 0
        self.loop: asyncio.AbstractEventLoop | None = None

    def tell(self, release: ReleaseOut) -> None:
        """Tell all who want to know; one who has not read for long is left out."""
        self.number += 1
        said = f"event: added\nid: {self.number}\ndata: {release.model_dump_json()}\n\n"
        for subscriber in list(self.subscribers):
            if subscriber.wants(release):
                try:
                    subscriber.queue.put_nowait(said)
                except asyncio.QueueFull:
                    self.subscribers.discard(subscriber)


changes = Changes()


def fill() -> None:
    """Make the table, and put the records in."""
    Base.metadata.create_all(engine)
    rows = [json.loads(line) for line in Path(RECORDS).read_text("utf-8").splitlines()]
    names = Release.__table__.columns.keys()
    with make_session() as db:
        db.execute(insert(Release), [{name: row.get(name) for name in names} for row in rows])
        db.commit()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Let threads find the loop."""
    changes.loop = asyncio.get_running_loop()
    yield


app = FastAPI(lifespan=lifespan)


def is_editor(authorization: Annotated[str | None, Header()] = None) -> bool:
    """Whether an editor asks."""
    return authorization == f"Bearer {EDITOR}"


Editor = Annotated[bool, Depends(is_editor)]


@app.get("/releases")
async def releases(asked: Annotated[Asked, Query()], editor: Editor) -> Page:
    """A page."""
    found = select(Release).order_by(Release.id).limit(asked.limit + 1)
    if not editor:
        found = found.where(Release.published)
    if asked.genre is not None:
        found = found.where(Release.genre == asked.genre)
    if asked.artist is not None:
        found = found.where(Release.artist == asked.artist)
    if asked.after is not None:
        found = found.where(Release.id > asked.after)
    with make_session() as db:
        rows = db.scalars(found).all()
    items = [ReleaseOut.model_validate(row) for row in rows[: asked.limit]]
    more = len(rows) > asked.limit
    return Page(items=items, next=f"/releases?genre={asked.genre}&after={items[-1].id}" if more else None)


@app.get("/releases/changes")
async def follow(asked: Annotated[Asked, Query()], editor: Editor) -> Response:
    """The changes from now on, as server-sent events."""
    subscriber = Subscriber(asked, editor)
    changes.subscribers.add(subscriber)

    async def events() -> AsyncIterator[str]:
        try:
            while True:
                yield await subscriber.queue.get()
        finally:
            with suppress(KeyError):
                changes.subscribers.remove(subscriber)

    return StreamingResponse(events(), media_type="text/event-stream")


@app.get("/releases/{id}")
async def release(id: str, editor: Editor) -> ReleaseOut:
    """One release."""
    with make_session() as db:
        found = db.get(Release, id)
    if found is None or not (found.published or editor):
        raise HTTPException(404, f"There is no release {id!r}.")
    return ReleaseOut.model_validate(found)


def add(given: ReleaseIn, editor: bool, db: Session) -> ReleaseOut:
    """Store a release; raises HTTPException for one who may not."""
    if not editor:
        raise HTTPException(403, "Only editors may.")
    made = Release(id=uuid7(), revision=1, **given.model_dump())  # ids in order: the indexes like them better
    db.add(made)
    db.commit()
    return ReleaseOut.model_validate(made)


@app.post("/releases", status_code=201)
async def create(given: ReleaseIn, editor: Editor, response: Response) -> ReleaseOut:
    """Create a release, by a coroutine that blocks."""
    with make_session() as db:
        made = add(given, editor, db)
    changes.tell(made)
    response.headers["Location"] = f"/releases/{made.id}"
    return made


@app.post("/threads/releases", status_code=201)
def create_on_a_thread(given: ReleaseIn, editor: Editor, response: Response) -> ReleaseOut:
    """Create a release, by a plain function: on FastAPI's threads."""
    with writing, make_session() as db:  # rather than have SQLite's writers sleep and try again
        made = add(given, editor, db)
        assert changes.loop
        changes.loop.call_soon_threadsafe(changes.tell, made)  # in the order of the commits
    response.headers["Location"] = f"/releases/{made.id}"
    return made


async def serve() -> None:
    """Listen on a free port of the loopback address until killed."""
    config = uvicorn.Config(
        app, loop="uvloop", http="httptools", log_level="warning", access_log=False, timeout_keep_alive=3600
    )
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0), backlog=4096) as listener:
        host, port = listener.getsockname()
        print(f"listening on http://{host}:{port}")
        await server.serve(sockets=[listener])


if __name__ == "__main__":
    fill()
    uvloop.run(serve())
