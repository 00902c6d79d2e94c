"""Observations: told to all who listen, in order."""

from antiphon.observations import Committed, FollowerJoined, Observation, Observers


def test_each_listener_hears_each_observation_in_order() -> None:
    observers = Observers()
    heard: list[tuple[str, Observation]] = []
    observers(FollowerJoined(1))
    observers.add(lambda observation: heard.append(("a", observation)))
    observers.add(lambda observation: heard.append(("b", observation)))
    joined, committed = FollowerJoined(2), Committed(3, 4, 5, 0.1)
    observers(joined)
    observers(committed)
    assert heard == [("a", joined), ("b", joined), ("a", committed), ("b", committed)]
