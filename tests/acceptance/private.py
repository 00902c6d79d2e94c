"""The application that the leak tests attack: one resource a kind of policy, and fields of every kind.

What each of them says is said a second time in `sights.py`, in plain Python, by which answers are judged.
"""

from antiphon import (
    Access,
    Application,
    Membership,
    Ref,
    Resource,
    Tokens,
    Transaction,
    action,
    anyone,
    caller,
    field,
    group,
    nobody,
    role,
    serve,
    signed_in,
    where,
)

ISSUER = "https://private.example"


class Open(Resource, path="/opens"):
    text: str
    secret: str = field(default="", hidden=True)


class Diary(Resource, path="/diaries"):
    text: str
    secret: str = field(default="", hidden=True)
    owner: str = field(default=caller.id, index=True)

    mine = where(owner=caller.id)
    access = Access(read=mine, create=signed_in, update=mine, delete=mine)


class Notice(Resource, path="/notices"):
    text: str
    secret: str = field(default="", hidden=True)

    access = Access(read=role("clerk"), create=role("clerk"), update=role("clerk"), delete=nobody)


class Memo(Resource, path="/memos"):
    text: str
    team: str | None = field(default=None, index=True)

    ours = where(team=caller.groups)
    access = Access(read=ours, create=ours, update=ours, delete=ours & role("clerk"))


class Hall(Resource, path="/halls"):
    text: str

    access = Access(read=group("hall"), create=group("hall"), update=group("hall"), delete=group("hall"))


class Post(Resource, path="/posts"):
    text: str
    secret: str = field(default="", hidden=True)
    author: str = field(default=caller.id, index=True)
    audience: str | None = field(default=None, index=True)

    mine = where(author=caller.id)
    access = Access(
        read=mine | where(audience=None) | where(audience=caller.groups) | group("hall") & role("clerk"),
        create=signed_in,
        update=mine,
        delete=mine | role("clerk"),
    )


class Photo(Resource, path="/photos"):
    text: str
    public: bool = False
    owner: str = field(default=caller.id)
    stars: int = field(default=0, read_only=True)
    licence: str = field(default="", set_once=True)
    code: str | None = field(default=None, unique=True)

    mine = where(owner=caller.id)
    access = Access(
        read=where(public=True) | mine, create=signed_in, update=mine, delete=mine, act=where(public=True)
    )


class Box(Resource, path="/boxes"):
    text: str
    sender: str | None = field(default=None)

    access = Access(read=nobody, create=anyone, update=nobody, delete=nobody)


class Letter(Resource, path="/letters"):
    """Whose it is, and whether it is marked, nobody is to find out, and it can be read by everyone."""

    text: str
    author: str = field(default=caller.id, hidden=True)
    marked: bool = field(default=False, hidden=True, read_only=True)
    seal: str = field(default="", hidden=True, set_once=True)
    place: str = ""
    name: str = ""

    uniques = (("name", "place", "seal"),)
    access = Access(create=signed_in, update=where(author=caller.id) | role("clerk"), delete=nobody)


class Remark(Resource, path="/remarks"):
    text: str
    code: str | None = field(default=None, unique=True)
    photo: Ref[Photo] | None = field(default=None)
    diary: Ref[Diary] | None = field(default=None)
    author: str = field(default=caller.id)

    access = Access(read=signed_in, create=signed_in, update=where(author=caller.id), delete=nobody)


class Vault(Resource, path="/vaults"):
    text: str
    photo: Ref[Photo] | None = field(default=None)

    access = Access(nobody, nobody, nobody, nobody)


class Follow(Resource, path="/follows"):
    follower: str = field(default=caller.id, index=True)
    subject: str
    text: str = ""

    mine = where(follower=caller.id)
    access = Access(read=mine, create=signed_in, update=nobody, delete=mine)


class Revocation(Resource, path="/revocations"):
    text: str = ""

    access = Access(read=nobody, create=role("service"), update=nobody, delete=nobody)


@action(Photo)
def praise(photo: Photo, tx: Transaction) -> Photo:
    """Give it a star."""
    return tx.update(photo, stars=photo.stars + 1)


@action(Diary)
def stamp(diary: Diary, tx: Transaction) -> list[Diary]:
    """Change what a client is not shown, and answer with the record."""
    return [tx.update(diary, secret=diary.secret + "!")]


@action(Letter)
def whole(letter: Letter, tx: Transaction) -> dict[str, Letter]:
    """Answer with the record within something else."""
    return {"letter": letter}


RESOURCES: tuple[type[Resource], ...] = (
    Open,
    Diary,
    Notice,
    Memo,
    Hall,
    Post,
    Photo,
    Box,
    Letter,
    Remark,
    Vault,
    Follow,
    Revocation,
)

app = Application(
    *RESOURCES,
    name="private",
    identify=Tokens(issuer=ISSUER),
    groups=Membership(Follow, member="follower", group="subject"),
    revocations=Revocation,
)

if __name__ == "__main__":
    serve(app)
