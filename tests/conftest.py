"""What holds for every test: no settings from outside, and how hypothesis looks for examples.

It looks at the same ones each time, or with `--hypothesis-profile=search`, at new ones.
"""

import os

from hypothesis import settings

# Whoever has ANTIPHON_DATA set for a service of their own must not find it filled by tests.
for name in [name for name in os.environ if name.startswith("ANTIPHON_")]:
    del os.environ[name]

# No deadline: one example's time says more about what else the machine does.
settings.register_profile("repeat", deadline=None, derandomize=True, print_blob=True)
settings.register_profile("search", deadline=None, print_blob=True)
settings.load_profile("repeat")
