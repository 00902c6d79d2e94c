"""The catalogue as strangers see it, in pages too: `python -m bench.shelf FOLDER [BYTES]`.

`BYTES` are the room for answers and pages that are kept; with 0 all are made when they are asked for.
"""

import sys

from msgspec import structs

from antiphon import Application, Settings, serve
from bench.catalog import NAME, RESOURCES

app = Application(*RESOURCES, name=NAME)

if __name__ == "__main__":
    folder, *room = sys.argv[1:]
    settings = Settings(port=0, data=folder, log_level="warning", rate_per_caller=0)
    serve(app, structs.replace(settings, answer_bytes=int(room[0])) if room else settings)
