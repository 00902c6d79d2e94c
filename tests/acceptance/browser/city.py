"""A city of people who have used music for a while, so that no page of it is empty."""

from typing import Any, NamedTuple

from tests.acceptance.music import Caller, Music, run_music
from tests.acceptance.server import eventually

LINES = (
    "That bass, @ana! Listen from 0:20 on.",
    "I had it on all weekend. @ben said it grows on one, and it does; now I hear it in the stairs, in the "
    "rain, everywhere.",
    "Not for me.",
    "יפה מאוד, @ana",
    "こういう曲をもっと聴きたい 🎷",
)


class City(NamedTuple):
    """Who lives there, and the paths of one thing of each kind that has a page of its own."""

    ana: Caller
    ben: Caller
    editor: Caller
    song: str
    silent: str
    album: str
    artist: str
    genre: str
    comment: str


def settle(music: Music) -> City:
    """Let two people do all there is to do, about the first songs of the demo library."""
    ana, ben = music.sign_up("ana"), music.sign_up("ben")
    assert ben.request("PATCH", f"/users/{ben.id}", json={"display_name": "Ben Okonkwo-Lindqvist"}).is_success
    music.sign_up("eve")
    run_music("roles", "eve", "listener", "editor", data=music.folder)
    editor = music.sign_in("eve")
    silent = make(
        editor, "/songs", {"title": "A song nobody has recorded", "artist": "Unknown hands", "year": 1911}
    )
    songs = ana.get("/songs?preview[null]=false&limit=5").json()["items"]
    song = songs[0]
    path = f"/songs/{song['id']}"
    said = [
        make(who, "/comments", {"subject": path, "text": line})
        for who, line in zip((ben, ana, ben, ben, ana), LINES, strict=True)
    ]
    make(ana, "/comments", {"subject": said[0], "text": "Where else, @ben?"})
    make(ben, "/comments", {"subject": said[1], "text": "As one does."})
    make(ben, "/comments", {"subject": f"/albums/{song['album_id']}", "text": "All of it in one go."})
    for subject in (path, said[1], f"/albums/{song['album_id']}", f"/artists/{song['artist_id']}"):
        make(ben, "/likes", {"subject": subject})
    make(ana, "/likes", {"subject": path})
    make(ben, "/follows", {"subject": f"/users/{ana.id}"})
    make(ana, "/follows", {"subject": f"/artists/{song['artist_id']}"})
    for number, each in enumerate(songs):
        for _ in range(5 - number):
            make(ana, "/plays", {"song_id": each["id"]})
    genre = next(each["id"] for each in ana.get("/genres").json()["items"] if each["name"] == song["genre"])
    assert eventually(lambda: len(ana.get("/notifications").json()["items"]) >= 4)
    assert eventually(lambda: len(ana.get("/top-songs").json()["items"]) == len(songs))
    return City(
        ana,
        ben,
        editor,
        path,
        silent,
        f"/albums/{song['album_id']}",
        f"/artists/{song['artist_id']}",
        f"/genres/{genre}",
        said[0],
    )


def make(who: Caller, collection: str, record: dict[str, Any]) -> str:
    """The path of a record that somebody has made."""
    made = who.post(collection, record)
    assert made.status_code == 201, f"{collection}: {made.text}"
    return f"{collection}/{made.json()['id']}"
