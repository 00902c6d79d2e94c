"""Reacting: what a service does of itself when its log, or another's, grows."""

from antiphon.operations.react.faraway import Faraway
from antiphon.operations.react.figures import Figures
from antiphon.operations.react.handling import release
from antiphon.operations.react.reaction import Reaction, react
from antiphon.operations.react.reactions import Reactions, check_reactions
from antiphon.operations.react.trial import Tried, try_out

__all__ = [
    "Faraway",
    "Figures",
    "Reaction",
    "Reactions",
    "Tried",
    "check_reactions",
    "react",
    "release",
    "try_out",
]
