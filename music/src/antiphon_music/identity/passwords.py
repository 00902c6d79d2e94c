"""Passwords: hashed by argon2id (RFC 9106), on threads of their own."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, TypeVar
from unicodedata import normalize

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from msgspec import Meta

from antiphon.errors import Unavailable

T = TypeVar("T")
MOST_WAITING = 100
"""So many may wait for a hash, which takes a core and 64 MiB for a while; the next is sent away."""

NewPassword = Annotated[str, Meta(min_length=8, max_length=200, description="8 to 200 characters.")]
GivenPassword = Annotated[str, Meta(max_length=200)]


class Passwords:
    """Makes hashes and compares them. Neither runs on the event loop, nor where records are written."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        self._threads = ThreadPoolExecutor(os.cpu_count() or 1, "passwords")
        self._waiting = 0
        self._nobodys = ""

    async def hash(self, password: str) -> str:
        """What to keep of a password; raises `Unavailable` if too many wait."""
        return await self._run(lambda: self._hasher.hash(_plain(password)))

    async def fits(self, kept: str | None, password: str) -> bool:
        """Whether it is the password of the hash `kept`; for None it is not, which takes as long to find.

        Raises:
            Unavailable: too many wait.
        """

        def compare() -> bool:
            if not self._nobodys:
                self._nobodys = self._hasher.hash(secrets.token_hex())
            try:
                self._hasher.verify(kept or self._nobodys, _plain(password))
            except (VerificationError, InvalidHashError):
                return False
            return kept is not None

        return await self._run(compare)

    async def _run(self, work: Callable[[], T]) -> T:
        if self._waiting >= MOST_WAITING:
            raise Unavailable("Too many sign in at once.", "Try again.", headers={"Retry-After": "2"})
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1


def _plain(password: str) -> bytes:
    """The password's bytes, however the keyboard made its accents (RFC 8265, 4.2)."""
    return normalize("NFC", password).encode("utf-8", "surrogatepass")
