"""An application whose server closes quiet connections soon; one can be slow, and answer wrongly."""

import time

import antiphon.server.serve
from antiphon import Application, Resource, Transaction, action, errors, serve


class Task(Resource):
    title: str


@action(Task)
def linger(task: Task, seconds: float, tx: Transaction) -> Task:
    """Take some time."""
    time.sleep(seconds)
    return task


@action(Task)
def mislead(task: Task, name: str, value: str, tx: Transaction) -> Task:
    """Refuse, with a header that the caller chooses."""
    raise errors.Invalid("This cannot be.", "Ask for something else.", headers={name: value})


app = Application(Task, name="tasks")

if __name__ == "__main__":
    antiphon.server.serve.KEEP_ALIVE_SECONDS = 1
    serve(app)
