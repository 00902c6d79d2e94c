"""What people do, as a service."""

from __future__ import annotations

from antiphon import Application, Membership

from ..endings import Ended, end_sessions
from ..surroundings import Surroundings
from .people import go_on, know_users
from .resources import Comment, Errand, Follow, Like, Play, Profile
from .tallies import Tally, count_comments, count_follows, count_likes

RESOURCES = (Play, Like, Follow, Comment, Tally, Profile, Errand)


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
        reactions=(end_sessions, know_users, go_on, count_likes, count_follows, count_comments),
        sources=around.sources,
    )
