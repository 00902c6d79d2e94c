"""What people are told, as a service."""

from __future__ import annotations

from antiphon import Application

from ..endings import Ended, end_sessions
from ..surroundings import Surroundings
from .comments import hear_comments
from .errands import go_on
from .facts import Address, Errand, Following, Liking, Person, Release, Remark
from .occasions import Occasion
from .people import count_unread, know_users
from .regard import hear_follows, hear_likes
from .releases import hear_albums, hear_songs
from .resources import Notification, Preferences, Unread

RESOURCES = (
    *(Notification, Unread, Preferences),
    *(Person, Remark, Address, Liking, Following, Release, Occasion, Errand),
)
REACTIONS = (
    *(know_users, hear_comments, hear_likes, hear_follows, hear_songs, hear_albums),
    *(count_unread, go_on),
)


def notifications(around: Surroundings) -> Application:
    """The service `notifications`, which learns from identity, social and the catalogue what to tell whom."""
    return Application(
        *RESOURCES,
        Ended,
        name="notifications",
        title="What people are told",
        identify=around.identify,
        revocations=Ended,
        reactions=(end_sessions, *REACTIONS),
        sources=around.sources,
    )
