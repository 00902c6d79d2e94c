"""Everything noteworthy that can happen. Code reports it here; logs and metrics listen."""

from collections.abc import Callable

from msgspec import Struct


class Observation(Struct, frozen=True):
    """Something that happened; each kind is a subclass."""


class Served(Observation, frozen=True):
    """An answer was given (or, for a stream, begun) in `seconds`."""

    request_id: str
    method: str
    path: str
    route: str
    status: int
    seconds: float
    caller: str | None


class Failed(Observation, frozen=True):
    """Code that should not have failed did, while answering `request_id` or in the background ("")."""

    request_id: str
    error: BaseException


class Committed(Observation, frozen=True):
    """The writer committed `commands` commands with `changes` changes in `seconds`."""

    commands: int
    changes: int
    position: int
    seconds: float


class StoreFailed(Observation, frozen=True):
    """The writer could not commit; the commands of the batch were told so and nothing was changed."""

    error: BaseException


class FollowerJoined(Observation, frozen=True):
    """A follower is live; `followers` are now."""

    followers: int


class FollowerLeft(Observation, frozen=True):
    """A follower ended: "closed" by the client, "cut" as too slow, "drained" by a stop."""

    followers: int
    reason: str


class Reacted(Observation, frozen=True):
    """A reaction handled `changes` changes, of which `failed` failed, and has come to `position`."""

    reaction: str
    changes: int
    failed: int
    position: str


class ReactionFailed(Observation, frozen=True):
    """A reaction failed to handle the change at `position`: it is tried again later, or `parked`."""

    reaction: str
    position: str
    key: str
    tries: int
    parked: bool
    error: BaseException


class ReactionHeld(Observation, frozen=True):
    """A reaction cannot go on: its source is "waiting" to be reached, or "gone"."""

    reaction: str
    source: str
    state: str
    reason: str


class Pruned(Observation, frozen=True):
    """Retention removed `entries` log entries; `oldest` is the first that is kept."""

    entries: int
    oldest: int


class WorkerEnded(Observation, frozen=True):
    """A worker ended that should not have; it is begun anew."""

    worker: int
    how: str


class KeysNotFetched(Observation, frozen=True):
    """The keys of an `issuer` elsewhere could not be fetched; what was known of them stays."""

    issuer: str
    error: BaseException


class Observers:
    """Those who listen. A listener must be quick and must not raise."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[Observation], None]] = []

    def add(self, listener: Callable[[Observation], None]) -> None:
        self._listeners.append(listener)

    def __call__(self, observation: Observation) -> None:
        for listener in self._listeners:
            try:  # noqa: SIM105 - of all there is to do for a request, `suppress` would be a tenth
                listener(observation)
            except Exception:  # noqa: S110 - what is observed must not fail for those who look on
                pass
