"""Admission: who asks, and whether it may ask now."""

from typing import Any

from antiphon.access import ANYONE, Caller, Tokens, Verifier
from antiphon.errors import NotSignedIn
from antiphon.operations import Rights
from antiphon.server.callers import Callers, Identify, callers_of, challenge
from antiphon.server.cookies import FORGET, SAFE
from antiphon.server.limits import Limits
from antiphon.server.requests import CALLER, COUNTED, WITHIN


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

    @property
    def identifies(self) -> bool:
        """Whether it can tell who asks."""
        return self._identify is not None

    def caller(self, scope: Any) -> Caller:
        """Who asks; raises as `__call__` does, and counts nothing."""
        if self._identify is None:
            return ANYONE
        try:
            caller = self._identify(scope)
            self._rights.require_open(caller)
        except NotSignedIn as problem:
            challenge(problem, scope)
            raise
        return caller

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
        counts = WITHIN not in scope and COUNTED not in scope
        if self.limits is not None and counts:
            self.limits.count_address(scope)
        if self._identify is None:
            return
        scope[CALLER] = caller = self.caller(scope)
        if self.limits is not None and counts:
            self.limits.count_caller(scope, caller)


class PageAdmission(Admission):
    """The same for pages: one who comes with the cookie of a session that is over is nobody, and its browser
    is told to forget it. What it sends is refused all the same."""

    def caller(self, scope: Any) -> Caller:
        try:
            return super().caller(scope)
        except NotSignedIn as problem:
            if scope["method"] not in SAFE or "Set-Cookie" not in problem.headers:
                raise
            scope[FORGET] = problem.headers["Set-Cookie"]
            return ANYONE
