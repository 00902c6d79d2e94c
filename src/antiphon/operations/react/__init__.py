"""Reacting: what a service does of itself when its log, or another's, grows."""

from antiphon.operations.react.handling import release
from antiphon.operations.react.reaction import Reaction, react
from antiphon.operations.react.reactions import Reactions, check_reactions
from antiphon.operations.react.running import Figures

__all__ = ["Figures", "Reaction", "Reactions", "check_reactions", "react", "release"]
