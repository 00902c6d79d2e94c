import errno
import json
import multiprocessing
import os
import stat
from pathlib import Path

import pytest
from joserfc.jwk import OKPKey
from tests.unit.access.clocks import Clock

from antiphon import Tokens
from antiphon.access.keys import LIFE, LOOK_SECONDS, PUBLISHED_AHEAD, Keys
from antiphon.errors import NotSignedIn, StoreError

DAY = 86_400.0


def kids(keys: Keys) -> list[str]:
    return [each["kid"] for each in json.loads(keys.jwks())["keys"]]


def test_the_first_key_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    assert not keys.folder.exists()
    [kid] = kids(keys)
    assert stat.S_IMODE(keys.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((keys.folder / f"{kid}.json").stat().st_mode) == 0o600
    assert {path.name for path in keys.folder.iterdir()} == {f"{kid}.json", "lock"}
    assert kids(Keys(tmp_path)) == [kid]


def test_what_is_published_signs_nothing(tmp_path: Path) -> None:
    [shown] = json.loads(Keys(tmp_path).jwks())["keys"]
    assert shown.keys() == {"kty", "crv", "x", "kid", "use", "alg"}
    assert not OKPKey.import_key(shown).is_private


def test_a_key_does_not_show_itself_in_logs(tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    [kid] = kids(keys)
    secret = json.loads((keys.folder / f"{kid}.json").read_text())["d"]
    assert secret not in repr(vars(keys))


def first_key(folder: str) -> list[str]:
    return kids(Keys(folder))


def test_those_who_start_at_once_make_one_key(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        found = pool.map(first_key, [str(tmp_path)] * 8, chunksize=1)
    assert len({tuple(each) for each in found}) == 1
    assert len(found[0]) == 1


def test_a_new_key_is_published_before_it_signs(tmp_path: Path) -> None:
    clock = Clock()
    keys = Keys(tmp_path, clock=clock)
    old, _ = keys.signing(clock.now + 900)
    new = keys.rotate()
    assert kids(keys) == [old, new]
    assert keys.signing(clock.now + 900)[0] == old
    clock.now += PUBLISHED_AHEAD - 1
    assert keys.signing(clock.now + 900)[0] == old
    clock.now += 2
    assert keys.signing(clock.now + 900)[0] == new
    assert keys.find(old) is not None


def test_a_key_is_kept_until_its_last_token_has_expired(tmp_path: Path) -> None:
    clock = Clock()
    keys = Keys(tmp_path, clock=clock)
    old, _ = keys.signing(clock.now + 40 * DAY)
    keys.rotate()
    clock.now += PUBLISHED_AHEAD + 1
    second, _ = keys.signing(clock.now + 60)
    assert second != old
    clock.now += 39 * DAY
    third = keys.rotate()
    assert set(kids(keys)) == {old, second, third}
    clock.now += 3 * DAY
    fourth = keys.rotate()
    assert kids(keys) == [third, fourth]


def test_what_signs_is_never_dropped(tmp_path: Path) -> None:
    clock = Clock()
    keys = Keys(tmp_path, clock=clock)
    signer, _ = keys.signing(clock.now + 1)
    clock.now += 400 * DAY
    keys.rotate()
    assert signer in kids(keys)
    assert keys.signing(clock.now + 1)[0] == signer


def test_a_key_that_has_signed_for_long_is_followed_by_the_next(tmp_path: Path) -> None:
    clock = Clock()
    keys = Keys(tmp_path, clock=clock)
    first, _ = keys.signing(clock.now + 900)
    clock.now += LIFE + 1
    assert keys.signing(clock.now + 900)[0] == first
    assert len(kids(keys)) == 2
    clock.now += PUBLISHED_AHEAD + 1
    assert keys.signing(clock.now + 900)[0] != first
    assert len(kids(keys)) == 2


def test_a_day_of_tokens_writes_to_the_folder_once(tmp_path: Path) -> None:
    clock = Clock()
    keys = Keys(tmp_path, clock=clock)
    kid, _ = keys.signing(clock.now + 900)
    written = (keys.folder / f"{kid}.json").stat().st_mtime_ns
    for _ in range(90):
        clock.now += 900
        keys.signing(clock.now + 900)
    assert (keys.folder / f"{kid}.json").stat().st_mtime_ns == written


def test_another_process_rotates(tmp_path: Path) -> None:
    clock, monotonic = Clock(), Clock(0.0)
    ours = Tokens(tmp_path, issuer="us", clock=clock)
    ours.issue("ana")
    theirs = Keys(tmp_path, clock=clock, monotonic=monotonic)
    old = kids(theirs)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        new = pool.apply(rotate, [str(tmp_path), clock.now])
    assert kids(theirs) == old  # looked a moment ago
    monotonic.now += LOOK_SECONDS
    assert set(kids(theirs)) == {*old, new}
    clock.now += PUBLISHED_AHEAD + 1
    assert theirs.signing(clock.now + 60)[0] == new


def rotate(folder: str, now: float) -> str:
    return Keys(folder, clock=Clock(now)).rotate()


def test_an_unknown_key_is_looked_for_at_once(tmp_path: Path) -> None:
    clock = Clock()
    ours = Tokens(tmp_path, issuer="us", clock=clock)
    old = ours.issue("ana", seconds=DAY)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        new = pool.apply(token_of_a_new_key, [str(tmp_path), clock.now])
    clock.now += PUBLISHED_AHEAD + 1
    assert ours.verify(new).id == "ben"
    assert ours.verify(old).id == "ana"


def token_of_a_new_key(folder: str, now: float) -> str:
    clock = Clock(now)
    tokens = Tokens(folder, issuer="us", clock=clock)
    tokens.keys.rotate()
    clock.now += PUBLISHED_AHEAD + 1
    return tokens.issue("ben")


def test_deleting_a_key_ends_its_tokens(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path, issuer="us")
    token = tokens.issue("ana")
    assert tokens.verify(token).id == "ana"
    for path in tokens.keys.folder.glob("*.json"):
        path.unlink()
    tokens.keys._looked = float("-inf")
    with pytest.raises(NotSignedIn, match="not kept here"):
        tokens.verify(token)
    assert tokens.verify(tokens.issue("ana")).id == "ana"


@pytest.mark.parametrize("text", ["", "{}", '{"kid": 1}', '{"kid":"k","x":"!","d":"!","created":1}'])
def test_a_key_that_cannot_be_read_is_named(tmp_path: Path, text: str) -> None:
    Keys(tmp_path).look()
    bad = tmp_path / "keys" / f"{'a' * 43}.json"
    bad.write_text(text)
    with pytest.raises(StoreError, match="a" * 43):
        Keys(tmp_path).look()


def test_a_key_under_the_name_of_another_is_refused(tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    [kid] = kids(keys)
    (keys.folder / f"{'a' * 43}.json").write_bytes((keys.folder / f"{kid}.json").read_bytes())
    with pytest.raises(StoreError, match="is another"):
        Keys(tmp_path).look()


def test_other_files_are_left_alone(tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    [kid] = kids(keys)
    (keys.folder / "notes.json").write_text("mine")
    assert kids(Keys(tmp_path)) == [kid]


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("a file")
    with pytest.raises(StoreError, match="cannot be used"):
        Keys(tmp_path).look()
    if os.getuid():  # root writes everywhere
        (tmp_path / "shut").mkdir(mode=0o500)
        with pytest.raises(StoreError, match="cannot be used"):
            Keys(tmp_path / "shut").look()


def test_a_folder_that_cannot_be_locked_is_named(tmp_path: Path) -> None:
    (tmp_path / "keys" / "lock").mkdir(parents=True)
    with pytest.raises(StoreError, match="cannot be used: Is a directory"):
        Keys(tmp_path).look()


def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(file: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    keys = Keys(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(StoreError, match="No space left"):
            keys.look()
    assert [path.name for path in keys.folder.iterdir()] == ["lock"]
    assert len(kids(Keys(tmp_path))) == 1
