"""Those who listen to observations."""

from antiphon.observers.logs import Logs
from antiphon.observers.metrics import Metrics, exposition, tell

__all__ = ["Logs", "Metrics", "exposition", "tell"]
