"""The charts as a service."""

from __future__ import annotations

from antiphon import Application

from ..endings import Ended, end_sessions
from ..surroundings import Surroundings
from .counting import count_plays, know_albums, know_artists, know_songs
from .publishing import keep_up, publish
from .resources import AlbumName, ArtistName, Count, Publication, TopAlbum, TopArtist, TopSong, Track

RESOURCES = (TopArtist, TopSong, TopAlbum, Count, Track, ArtistName, AlbumName, Publication)
REACTIONS = (count_plays, know_songs, know_artists, know_albums, publish)


def charts(around: Surroundings) -> Application:
    """The service `charts`, which learns from social what was played, and from the catalogue what that is."""
    return Application(
        *RESOURCES,
        Ended,
        name="charts",
        title="Charts",
        identify=around.identify,
        revocations=Ended,
        reactions=(end_sessions, *REACTIONS),
        sources=around.sources,
        tasks=(keep_up,),
    )
