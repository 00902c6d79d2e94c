"""The page of songs as a FastAPI and SQLAlchemy service gives it, in three ways people write it.

`python -m bench.peers.fastapi_pages FILE` serves the songs of the SQLite file on uvicorn with uvloop and
httptools, and prints `listening on http://H:N`:

- `/plain/songs`: a plain function, on FastAPI's threads, with a Session
- `/core/songs`: the same, but it selects columns instead of mapped objects
- `/blocking/songs`: a coroutine with a plain Session, which holds up the loop while it waits for SQLite

An AsyncSession on aiosqlite was slower than each of them (and needs greenlet), so it is not among them.

`genre` filters by the folded column and its index, `after` is the last id of the page before; a page has
`limit` songs.
"""

import socket
import sys
from collections.abc import Iterator, Sequence
from typing import Annotated

import uvicorn
import uvloop
from fastapi import Depends, FastAPI, Query
from pydantic import BaseModel, ConfigDict
from sqlalchemy import Select, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

PATH = sys.argv[1] if __name__ == "__main__" else ":memory:"
app = FastAPI()
# FastAPI's 40 threads deadlock over the default pool of 15 connections under this load
POOL = {"pool_size": 64, "max_overflow": 0}
make_session = sessionmaker(create_engine(f"sqlite:///{PATH}", **POOL))


class Base(DeclarativeBase):
    """The tables."""


class Song(Base):
    """A row of the songs' table."""

    __tablename__ = "songs"
    id: Mapped[str] = mapped_column(primary_key=True)
    revision: Mapped[int]
    title: Mapped[str]
    artist: Mapped[str | None]
    artist_id: Mapped[str | None]
    album: Mapped[str | None]
    album_id: Mapped[str | None]
    genre: Mapped[str | None]
    genre_folded: Mapped[str | None]
    length: Mapped[float | None]
    year: Mapped[int | None]
    preview: Mapped[str | None]


class SongOut(BaseModel):
    """A song as it is answered."""

    model_config = ConfigDict(from_attributes=True)
    id: str
    revision: int
    title: str
    artist: str | None
    artist_id: str | None
    album: str | None
    album_id: str | None
    genre: str | None
    length: float | None
    year: int | None
    preview: str | None


class Page(BaseModel):
    """A page of songs, and where the next one begins."""

    items: list[SongOut]
    next: str | None


class Asked(BaseModel):
    """The query of a page."""

    genre: str | None = None
    after: str | None = None
    limit: int = 50


def statement(asked: Asked) -> Select[Song]:
    """The songs of a page, and one more that tells whether there is a next one."""
    found = select(Song).order_by(Song.id).limit(asked.limit + 1)
    if asked.genre is not None:
        found = found.where(Song.genre_folded == asked.genre.casefold())
    if asked.after is not None:
        found = found.where(Song.id > asked.after)
    return found


def page(songs: Sequence[object], asked: Asked) -> Page:
    """The page that `songs` make."""
    items = [SongOut.model_validate(song) for song in songs[: asked.limit]]
    more = len(songs) > asked.limit
    return Page(items=items, next=f"/songs?genre={asked.genre}&after={items[-1].id}" if more else None)


def session() -> Iterator[Session]:
    """A session for one request."""
    with make_session() as opened:
        yield opened


@app.get("/plain/songs")
def plain_songs(asked: Annotated[Asked, Query()], db: Annotated[Session, Depends(session)]) -> Page:
    """A page, by a plain function."""
    return page(db.scalars(statement(asked)).all(), asked)


@app.get("/core/songs")
def core_songs(asked: Annotated[Asked, Query()], db: Annotated[Session, Depends(session)]) -> Page:
    """A page, by a plain function and without mapped objects."""
    columns = [Song.__table__.c[name] for name in SongOut.model_fields]
    rows = db.execute(statement(asked).with_only_columns(*columns)).all()
    return page(rows, asked)


@app.get("/blocking/songs")
async def blocking_songs(asked: Annotated[Asked, Query()]) -> Page:
    """A page, by a coroutine that blocks."""
    with make_session() as db:
        return page(db.scalars(statement(asked)).all(), asked)


async def serve() -> None:
    """Listen on a free port of the loopback address until killed."""
    config = uvicorn.Config(app, loop="uvloop", http="httptools", log_level="warning", access_log=False)
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listener:
        host, port = listener.getsockname()
        print(f"listening on http://{host}:{port}")
        await server.serve(sockets=[listener])


if __name__ == "__main__":
    uvloop.run(serve())
