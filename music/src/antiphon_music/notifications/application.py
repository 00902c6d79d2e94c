"""Notifications as a service."""

from __future__ import annotations

from antiphon import Application

from ..endings import Ended, end_sessions
from ..surroundings import Surroundings
from .errands import Errand, go_on
from .facts import FACTS
from .learning import know_albums, know_comments, know_follows, know_likes, know_songs, know_users
from .occasions import Occasion
from .resources import Notification, Preferences, Unread
from .unread import count_unread


def notifications(around: Surroundings) -> Application:
    """The service `notifications`, which learns what it tells from the logs of the others."""
    return Application(
        Notification,
        Unread,
        Preferences,
        *FACTS,
        Occasion,
        Errand,
        Ended,
        name="notifications",
        title="What people are told",
        identify=around.identify,
        revocations=Ended,
        reactions=(
            end_sessions,
            know_users,
            know_comments,
            know_likes,
            know_follows,
            know_songs,
            know_albums,
            go_on,
            count_unread,
        ),
        sources=around.sources,
    )
