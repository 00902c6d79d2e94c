"""Kept pages, answered without an ASGI cycle; those that come in the same bytes again, without a parse."""

import time
from collections.abc import Sequence
from typing import Any
from weakref import ref

from starlette.responses import Response

from antiphon.application.admission import Admission
from antiphon.application.again import Again
from antiphon.application.problems import request_id_of
from antiphon.application.served import served
from antiphon.faces.html import Rendered, Site, url_of
from antiphon.observations import Observers
from antiphon.server.connection import Exchange
from antiphon.server.cookies import FORGET
from antiphon.server.limits import LIMITS
from antiphon.server.negotiation import wants_page
from antiphon.server.requests import COUNTED

BODIES = frozenset({b"content-length", b"transfer-encoding", b"expect", b"upgrade"})
"""Headers with which a request is not a plain one."""


class DirectPages:
    """Answers with pages that are kept. What has to be made is made by views, in a task of their own.

    `admission` is that of the pages, `all_of_them` those of the services that they are of.
    """

    def __init__(
        self, site: Site, observers: Observers, admission: Admission, all_of_them: Sequence[Admission]
    ) -> None:
        self.site = site
        self._observers = observers
        self._admission = admission
        self._all = all_of_them

    def lets_in(self, scope: Any) -> bool:
        """Whether a request is nobody's to all services, and let in; see `Admission`."""
        return all(each.lets_in(scope) for each in self._all)

    def find(self, scope: Any) -> "KeptPage | None":
        """What answers the request with this head; None if no page is kept for who asks."""
        if scope["method"] != "GET" or not wants_page(scope):
            return None
        if any(name in BODIES for name, _ in scope["headers"]):
            return None
        url = url_of(scope)
        if not self.site.kept.may_have(url):
            return None
        try:
            self.admit(scope)
            page = self.site.kept.get(url, scope)
        except Exception:  # it will be raised again where it is made an answer
            return None
        if page is None:
            scope[COUNTED] = True
            return None
        return KeptPage(self, page, url)

    def admit(self, scope: Any) -> None:
        """Let the request in, or raise; see `Admission`."""
        self._admission(scope)

    def observe(self, scope: Any, request_id: str, status: int, started: float) -> None:
        """Tell that an answer was given."""
        self._observers(served(scope, request_id, status, started))


class KeptPage:
    """Answers one request with a kept page."""

    __slots__ = ("_direct", "_page", "_url")

    def __init__(self, direct: DirectPages, page: Rendered, url: str) -> None:
        self._direct = direct
        self._page = page
        self._url = url

    def answer(self, scope: Any, body: bytes, exchange: Exchange) -> None:
        """See `connection.Answers`."""
        started = time.perf_counter()
        request_id = request_id_of(scope)
        scope["route"] = self._page.route
        response = self._direct.site.respond(scope, self._page)
        headers = [*response.raw_headers, *scope.get(LIMITS, ()), (b"x-request-id", request_id.encode())]
        again = None
        if self._page.kept and FORGET not in scope:
            again = PageAgain(self._direct, self._page, self._url, scope, response)
        exchange.answer(response.status_code, headers, bytes(response.body), again)
        self._direct.observe(scope, request_id, response.status_code, started)


class PageAgain(Again):
    """Answers with a page."""

    __slots__ = ("_kept", "_page", "_url")

    def __init__(self, direct: DirectPages, page: Rendered, url: str, scope: Any, response: Response) -> None:
        super().__init__(direct, scope, response)
        self._kept = direct.site.kept
        self._page = ref(page)
        self._url = url

    def find(self) -> tuple[bytes, bytes] | None:
        page = self._page()
        return None if page is None or not self._kept.holds(page) else (b"", page.body)

    def is_for(self, scope: Any) -> bool:
        return FORGET not in scope and self._kept.get(self._url, scope) is self._page()
