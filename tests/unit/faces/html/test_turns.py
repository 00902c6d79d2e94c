import asyncio

from antiphon.faces.html.turns import NEVER, PAUSE, Turns


def test_the_first_turn_is_at_once_and_the_next_after_a_pause() -> None:
    async def check() -> None:
        turns = Turns()
        loop = asyncio.get_running_loop()
        began = loop.time()
        taken = await turns.wait("/a", NEVER)
        assert taken - began < PAUSE / 2
        for place in range(1, 4):
            taken = await turns.wait("/a", taken)
            assert loop.time() - began >= place * PAUSE - 0.01
        assert (await turns.wait("/b", NEVER)) <= loop.time()

    asyncio.run(check())


def test_those_who_wake_together_share_a_turn() -> None:
    async def check() -> None:
        turns = Turns()
        first = await asyncio.gather(*(turns.wait("/a", NEVER) for _ in range(50)))
        assert len(set(first)) == 1
        second = await asyncio.gather(*(turns.wait("/a", first[0]) for _ in range(50)))
        assert len(set(second)) == 1
        assert second[0] >= first[0] + PAUSE

    asyncio.run(check())


def test_what_nobody_has_open_is_forgotten() -> None:
    async def check() -> None:
        turns = Turns()
        turns.enter("/a", "caller ana")
        turns.enter("/a", "caller ana")
        await turns.wait("/a", NEVER)
        turns.leave("/a", "caller ana")
        assert len(turns) == turns.of("caller ana") == 1
        turns.leave("/a", "caller ana")
        assert len(turns) == turns.of("caller ana") == 0
        assert not turns._last

    asyncio.run(check())
