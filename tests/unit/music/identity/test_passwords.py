import asyncio
import threading

import pytest

from antiphon.errors import Unavailable
from antiphon_music.identity import passwords as module
from antiphon_music.identity.passwords import Passwords


def test_a_password_fits_its_hash_alone() -> None:
    async def check() -> None:
        passwords = Passwords()
        kept = await passwords.hash("correct horse")
        assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
        assert "correct horse" not in kept
        assert kept != await passwords.hash("correct horse")
        assert await passwords.fits(kept, "correct horse")
        for wrong in ("", "correct horse ", "Correct horse", "correct horse\x00", "\ud800"):
            assert not await passwords.fits(kept, wrong)
        assert not await passwords.fits(None, "correct horse")
        assert not await passwords.fits("no hash", "correct horse")

    asyncio.run(check())


def test_how_the_keyboard_makes_an_accent_does_not_matter() -> None:
    async def check() -> None:
        passwords = Passwords()
        assert await passwords.fits(await passwords.hash("caf\u00e9 au lait"), "cafe\u0301 au lait")

    asyncio.run(check())


def test_hashing_leaves_the_event_loop_alone() -> None:
    async def check() -> None:
        passwords = Passwords()
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                await asyncio.sleep(0.001)
                ticks += 1

        task = asyncio.create_task(tick())
        await asyncio.gather(*(passwords.hash("correct horse") for _ in range(4)))
        task.cancel()
        assert ticks > 5
        assert threading.current_thread() is threading.main_thread()

    asyncio.run(check())


def test_who_would_wait_too_long_is_sent_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_WAITING", 2)

    async def check() -> None:
        passwords = Passwords()
        found = await asyncio.gather(
            *(passwords.hash("correct horse") for _ in range(4)), return_exceptions=True
        )
        refused = [each for each in found if isinstance(each, Unavailable)]
        assert len(refused) == 2
        assert refused[0].headers["Retry-After"]
        assert await passwords.fits(await passwords.hash("correct horse"), "correct horse")  # and again

    asyncio.run(check())
