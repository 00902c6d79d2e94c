"""The limit of sign-ins: passwords held to their hashes on threads, and nothing else.

`python -m bench.peers.bare_argon2 COUNT` prints how many seconds that took.
"""

import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher

from bench.people import PASSWORD


def main() -> None:
    """On as many threads as identity has."""
    hasher = PasswordHasher()
    hashed = hasher.hash(PASSWORD)
    with ThreadPoolExecutor(os.cpu_count() or 1) as threads:
        begin = time.perf_counter()
        for right in threads.map(lambda _: hasher.verify(hashed, PASSWORD), range(int(sys.argv[1]))):
            assert right
        print(time.perf_counter() - begin)


if __name__ == "__main__":
    main()
