"""What people do, as a service."""

from __future__ import annotations

from antiphon import Application, Membership

from ..endings import Ended, end_sessions
from ..surroundings import Surroundings
from .people import go_on, know_users
from .resources import Comment, Errand, Follow, Like, Play, Profile

RESOURCES = (Play, Like, Follow, Comment, Profile, Errand)


def social(around: Surroundings) -> Application:
    """The service `social`, which learns from identity who is private and who has gone."""
    return Application(
        *RESOURCES,
        Ended,
        name="social",
        title="What people do",
        identify=around.identify,
        groups=Membership(Follow, member="follower", group="subject"),
        revocations=Ended,
        reactions=(end_sessions, know_users, go_on),
        sources=around.sources,
    )
