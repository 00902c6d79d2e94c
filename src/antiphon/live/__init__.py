"""The live part: who follows what, and what they are told."""

from antiphon.live.channel import QueryView, View, batch_of, removed_body
from antiphon.live.channels import Channels
from antiphon.live.events import Batch, Event
from antiphon.live.follower import Follower
from antiphon.live.live import Live

__all__ = ["Batch", "Channels", "Event", "Follower", "Live", "QueryView", "View", "batch_of", "removed_body"]
