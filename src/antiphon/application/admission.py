"""Admission: who asks, and whether it may ask now."""

from typing import Any

from antiphon.access import Tokens, Verifier
from antiphon.errors import NotSignedIn
from antiphon.operations import Rights
from antiphon.server.callers import Callers, Identify, callers_of, challenge
from antiphon.server.limits import Limits
from antiphon.server.requests import CALLER


class Admission:
    """Finds out who asks by `identify`, and refuses whose session is over, and who asks too often."""

    def __init__(self, identify: Identify | Verifier | None = None, rights: Rights | None = None) -> None:
        self.limits: Limits | None = None
        self._identify = callers_of(identify)
        self._rights = rights or Rights()

    @property
    def callers(self) -> Callers:
        """What is believed of what callers say; of nobody, where `identify` is a function of the user's."""
        return self._identify if isinstance(self._identify, Callers) else Callers()

    @property
    def tokens(self) -> Tokens | None:
        """The tokens of our own, if there are any."""
        return self.callers.tokens

    def lets_in(self, scope: Any) -> bool:
        """Whether a request with these headers is nobody's, and let in, whenever it comes."""
        if self.limits is not None:
            return False
        return self._identify is None or (
            isinstance(self._identify, Callers) and self._identify.says_nothing(scope)
        )

    def __call__(self, scope: Any) -> None:
        """Leave in the scope who asks.

        Raises:
            NotSignedIn, Forbidden, InvalidHeader: see `Identify`; or its session is over.
            TooManyRequests: it asks too often.
        """
        if self.limits is not None:
            self.limits.count_address(scope)
        if self._identify is None:
            return
        try:
            scope[CALLER] = caller = self._identify(scope)
            self._rights.require_open(caller)
        except NotSignedIn as problem:
            challenge(problem, scope)
            raise
        if self.limits is not None:
            self.limits.count_caller(scope, caller)
