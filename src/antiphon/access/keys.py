"""Keys: the folder of those that sign a service's tokens."""

import fcntl
import os
import re
import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import RLock

import msgspec
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from msgspec import Struct

from antiphon.errors import StoreError

ALGORITHM = "EdDSA"
PUBLISHED_AHEAD = 600.0
"""Seconds for which a new key is published before it signs."""
LIFE = 30 * 86_400.0
"""Seconds after which the next key is made."""
LOOK_SECONDS = 2.0
"""Seconds after which a change of the folder by another process is seen."""
_GRAIN = 86_400.0
_FILE = re.compile(r"([A-Za-z0-9_-]{43})\.json")


class _Stored(Struct, frozen=True):
    """A key as its file has it (RFC 7517, RFC 8037), with two members of ours.

    `created` and `until` are Unix times, in seconds: until then tokens signed with it may come.
    """

    kid: str
    x: str
    d: str
    created: float
    until: float = 0.0
    kty: str = "OKP"
    crv: str = "Ed25519"
    use: str = "sig"
    alg: str = ALGORITHM

    def __repr__(self) -> str:
        return f"<key {self.kid}>"  # the rest is secret


class Keys:
    """The Ed25519 keys in `FOLDER/keys`, one file each, shared by every process that is given the folder.

    The first use makes the folder, and a key if there is none. A key signs for thirty days. The next is
    published ten minutes before it signs; the one before is kept until its last token has expired.
    Deleting the file of a key makes its tokens useless everywhere within seconds.

    Raises:
        StoreError: the folder cannot be used, or a key in it cannot be read.
    """

    def __init__(
        self,
        folder: str | Path,
        *,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.folder = Path(folder) / "keys"
        self.generation = 0
        """Grows with each change of which keys there are."""
        self._clock = clock
        self._monotonic = monotonic
        self._looked = float("-inf")
        self._stored: dict[str, _Stored] = {}
        self._keys: dict[str, OKPKey] = {}
        self._guard = RLock()

    def signing(self, until: float) -> tuple[str, OKPKey]:
        """The id and key to sign a token with that expires at `until` (Unix time); remembers until when.

        It writes to the folder at most once a day, unless tokens are given for longer than before.
        """
        self.look()
        with self._guard:
            now = self._clock()
            if now - max(each.created for each in self._stored.values()) > LIFE:
                self._renew(LIFE)
            chosen = _signer(self._stored.values(), now)
            if chosen.until < until:
                with self._locked():
                    self._load()
                    chosen = _signer(self._stored.values(), now)
                    self._write(msgspec.structs.replace(chosen, until=max(chosen.until, until + _GRAIN)))
                    self._load()
            return chosen.kid, self._keys[chosen.kid]

    def find(self, kid: str) -> OKPKey | None:
        """The key with this id, None if there is none; for an id not met before the folder is looked into."""
        self.look()
        if kid not in self._keys:
            self._looked = float("-inf")
            self.look()
        return self._keys.get(kid)

    def jwks(self) -> bytes:
        """The public half of each key, as a JSON Web Key Set (RFC 7517, 5)."""
        self.look()
        shown = ("kty", "crv", "x", "kid", "use", "alg")
        keys = sorted(self._stored.values(), key=lambda each: each.created)
        return msgspec.json.encode({"keys": [{name: getattr(each, name) for name in shown} for each in keys]})

    def rotate(self) -> str:
        """Make the next key, drop those whose last token has expired, and return the new one's id."""
        with self._guard:
            return self._renew(float("-inf"))

    def look(self) -> None:
        """See what keys there are, unless that was done a moment ago."""
        now = self._monotonic()
        if now - self._looked < LOOK_SECONDS:
            return
        with self._guard:
            self._looked = now
            names = self._names()
            if names and names == self._stored.keys():
                return
            with self._locked():
                self._load()
                if not self._stored:
                    self._make()

    def _renew(self, age: float) -> str:
        """Make the next key, if the newest is older than `age` seconds still; returns the newest one's id."""
        with self._locked():
            self._load()
            now = self._clock()
            newest = max(self._stored.values(), key=lambda each: each.created, default=None)
            kid = self._make() if newest is None or now - newest.created >= age else newest.kid
            signer = _signer(self._stored.values(), now)
            for each in self._stored.values():
                if each.created < signer.created and each.until < now:
                    self._path(each.kid).unlink(missing_ok=True)
            self._load()
            return kid

    def _names(self) -> set[str]:
        try:
            found = os.listdir(self.folder)  # noqa: PTH208 - names are all that is looked at
        except FileNotFoundError:
            return set()
        except OSError as error:
            raise self._useless(error) from None
        return {match[1] for name in found if (match := _FILE.fullmatch(name))}

    def _load(self) -> None:
        stored = {}
        for kid in self._names():
            with suppress(FileNotFoundError):
                stored[kid] = self._read(kid)
        if stored.keys() != self._keys.keys():
            self._keys = {kid: _key(each) for kid, each in stored.items()}
            self.generation += 1
        self._stored = stored

    def _read(self, kid: str) -> _Stored:
        path = self._path(kid)
        try:
            found = msgspec.json.decode(path.read_bytes(), type=_Stored)
            key = _key(found)
        except FileNotFoundError:
            raise
        except (OSError, JoseError, ValueError, KeyError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not an Ed25519 key"
            raise StoreError(
                f"The key {path} cannot be read: {reason}.", "Restore it, or delete it: its tokens end then."
            ) from None
        if found.kid != kid or key.thumbprint() != kid:
            raise StoreError(f"The key in {path} is another.", "Name the file after its kid, or delete it.")
        return found

    def _make(self) -> str:
        created = self._clock()
        while any(each.created == created for each in self._stored.values()):
            created += 0.001  # which of two is newer must be plain
        key = OKPKey.generate_key("Ed25519")
        values = key.as_dict(private=True)
        made = _Stored(key.thumbprint(), str(values["x"]), str(values["d"]), created)
        self._write(made)
        self._load()
        return made.kid

    def _write(self, stored: _Stored) -> None:
        temporary = self.folder / f".{stored.kid}.{secrets.token_hex(4)}"
        try:
            file = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            try:
                os.write(file, msgspec.json.encode(stored))
                os.fsync(file)
            finally:
                os.close(file)
            temporary.replace(self._path(stored.kid))
            folder = os.open(self.folder, os.O_RDONLY)
            os.fsync(folder)
            os.close(folder)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise self._useless(error) from None

    def _path(self, kid: str) -> Path:
        return self.folder / f"{kid}.json"

    def _useless(self, error: OSError) -> StoreError:
        return StoreError(
            f"The folder of keys {self.folder} cannot be used: {error.strerror}.",
            "Choose another, or change its permissions.",
        )

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Keep other processes from changing the folder meanwhile."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise self._useless(error) from None
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
        finally:
            os.close(file)


def _signer(stored: Iterable[_Stored], now: float) -> _Stored:
    """The newest of those that others have had the time to learn of; the first of all signs at once."""
    ordered = sorted(stored, key=lambda each: each.created)
    published = [each for each in ordered if each.created + PUBLISHED_AHEAD <= now]
    return published[-1] if published else ordered[0]


def _key(stored: _Stored) -> OKPKey:
    members = {name: getattr(stored, name) for name in ("kty", "crv", "x", "d", "kid", "use", "alg")}
    return OKPKey.import_key(members)
