"""How hypothesis looks for examples: the same each time, or with `--hypothesis-profile=search`, new ones."""

from hypothesis import settings

# No deadline: one example's time says more about what else the machine does.
settings.register_profile("repeat", deadline=None, derandomize=True, print_blob=True)
settings.register_profile("search", deadline=None, print_blob=True)
settings.load_profile("repeat")
