"""The live part: who follows what, and what they are told."""

from antiphon.live.called import Called
from antiphon.live.channel import Channel, Follower
from antiphon.live.events import Batch, Event, Form, Frames
from antiphon.live.live import Live, Watcher
from antiphon.live.view import QueryView, View, batch_of, removed_body

__all__ = [
    "Batch",
    "Called",
    "Channel",
    "Event",
    "Follower",
    "Form",
    "Frames",
    "Live",
    "QueryView",
    "View",
    "Watcher",
    "batch_of",
    "removed_body",
]
