"""A transaction as clients use it: within their policies."""

from collections.abc import Collection
from typing import Any

from msgspec import NODEFAULT

from antiphon.access import Caller, Policy, Sight, access_of, refusal, sight
from antiphon.errors import FieldError, Forbidden, Invalid, StillReferenced
from antiphon.log import Change
from antiphon.operations.interfaces import Remembered
from antiphon.operations.rights import Rights
from antiphon.operations.transaction import Transaction, not_found
from antiphon.queries import EVERYTHING, compile_matches
from antiphon.resources import Action, Declaration, Field, R, Resource, declare


class Permitted:
    """Reads and changes records for one caller, as its policies let it: what it may not see is not there.

    `tx` is the transaction itself, for the application's own code.
    """

    def __init__(
        self, tx: Transaction, who: Caller, rights: Rights, declarations: tuple[Declaration[Any], ...]
    ) -> None:
        rights.require_open_in(who, tx.rows)
        self.tx = tx
        self._who = rights.known(who, tx.rows) if rights.membership is not None else who
        self._declarations = declarations

    @property
    def number(self) -> int:
        """The newest position's number, what was done here included."""
        return self.tx.number

    def find(self, declaration: Declaration[Any], id: str) -> bytes | None:
        """The stored record, None if there is none that the caller may see."""
        stored = self.tx.rows.fetch(declaration, id)
        return stored if stored is not None and self._sight(declaration).holds(stored) else None

    def stored(self, declaration: Declaration[Any], id: str) -> bytes:
        """The same; raises `NotFound`, and `NotSignedIn` where nobody unknown may see any."""
        if self._who.id is None:
            self._sight(declaration).require()
        if (stored := self.find(declaration, id)) is None:
            raise not_found(declaration, id)
        return stored

    def show(self, declaration: Declaration[Any], stored: bytes) -> bytes:
        """A stored record as the caller is shown it; `null` if it may not see it."""
        seen = self._sight(declaration)
        return seen.show(stored) if seen.holds(stored) else b"null"

    def add(self, record: R) -> R:
        """Insert a checked record, completed by what its resource says.

        Raises:
            NotSignedIn, Forbidden: the policy does not let the caller.
            Invalid: a field is not for clients to give; and as `Transaction.add` and its `prepare` do.
        """
        declaration = declare(type(record))
        for field in declaration.guarded:
            value = getattr(record, field.name)
            if field.callers:
                self._refuse_another(field, value)
            elif field.options.read_only and value != _default(field):
                raise _fixed(field, "is read-only")
        record = self.tx.fill(record)
        if declaration.prepares:
            record.prepare(self.tx)
            record = declaration.check(record)
        self._require(access_of(declaration).create, record, f"You may not create this {declaration.name}.")
        self._refuse_blind(declaration, record, None)
        return self.tx.add(record)

    def require_update(self, record: Resource) -> None:
        """Refuse one who may not change a record as it is; raises `NotSignedIn`, `Forbidden`."""
        declaration = declare(type(record))
        said = f"You may not change this {declaration.name}."
        self._require(access_of(declaration).update, record, said)

    def replace(self, record: R, before: bytes, *, given: Collection[str] | None = None) -> R:
        """Replace the stored record `before` by a checked one, in which the fields `given` are the client's.

        None: all but those that have their default. What a client is not shown, or may not change, it need
        not give: it stays. Nor does it find out what a hidden field holds by giving it: whether the value is
        the same is not looked at. Raises as `add` does.
        """
        declaration = declare(type(record))
        was = declaration.decode(before)
        self.require_update(was)
        blindly = False
        for field in declaration.guarded:
            old, new = getattr(was, field.name), getattr(record, field.name)
            if new == _default(field) if given is None else field.name not in given:
                setattr(record, field.name, old)
                continue
            hidden = field.options.hidden
            if new == old and not hidden:
                continue
            if field.options.read_only or field.options.set_once:
                raise _fixed(field, "is read-only" if field.options.read_only else "is set once")
            if field.callers:
                self._refuse_another(field, new)
            blindly |= hidden
        policy = access_of(declaration).update
        self._require(policy, record, f"You may not change this {declaration.name} so.")
        self._refuse_blind(declaration, record, was)
        return self.tx.replace(record, before, same_too=blindly)

    def remove(self, declaration: Declaration[Any], id: str, before: bytes) -> None:
        """Delete the stored record `before`; raises `NotSignedIn`, `Forbidden`, `StillReferenced`."""
        policy = access_of(declaration).delete
        self._require(policy, declaration.decode(before), f"You may not delete this {declaration.name}.")
        try:
            self.tx.remove(declaration, id, before)
        except StillReferenced:
            if self._sees_references(declaration):
                raise
            raise StillReferenced(
                f"A record refers to this {declaration.name}.", "What refers to it must go first."
            ) from None

    def act(self, action: Action, record: Resource, arguments: Any) -> Any:
        """Run an action; raises `NotSignedIn`, `Forbidden`, and what the action does."""
        declaration = declare(type(record))
        access = access_of(declaration)
        policy = access.update if access.act is None else access.act
        self._require(policy, record, f"You may not {action.name} this {declaration.name}.")
        return action(record, arguments, self.tx)

    def last(self) -> Change[Any] | None:
        """The change made last, if it is at hand."""
        return self.tx.changes[-1] if self.tx.changes else None

    def recall(self, key: str) -> Remembered | None:
        """The answer that the caller was given under an idempotency key."""
        return self.tx.rows.recall(self._who.id or "", key)

    def remember(self, key: str, remembered: Remembered) -> None:
        """Keep an answer under an idempotency key."""
        self.tx.rows.remember(self._who.id or "", key, remembered)

    def _sight(self, declaration: Declaration[Any]) -> Sight:
        return sight(declaration, self._who)

    def _require(self, policy: Policy, record: Resource, detail: str) -> None:
        filter = policy.for_caller(declare(type(record)), self._who)
        if filter != EVERYTHING and not compile_matches(filter)(record):
            raise refusal(self._who.id is not None, detail)

    def _sees_references(self, declaration: Declaration[Any]) -> bool:
        """Whether the caller may see all that can refer to a resource, and by which fields."""
        named = (declaration.resource, declaration.name)
        return not any(
            field.reference in named and (field.options.hidden or self._sight(each).filter != EVERYTHING)
            for each in self._declarations
            for field in each.fields
        )

    def _refuse_another(self, field: Field, value: str | None) -> None:
        if value and value != self._who.id:
            detail = f"{field.name}: you are not {value[:80]!r}."
            if self._who.id is None:
                raise refusal(False, detail)
            raise Forbidden(detail, f"Leave {field.name} out: it is yours.")

    def _refuse_blind(self, declaration: Declaration[Any], record: Resource, was: Resource | None) -> None:
        """Refuse references to what the caller may not see, in the words for what is not there."""
        for field in declaration.fields:
            if field.reference is None or (id := getattr(record, field.name)) is None:
                continue
            if was is not None and getattr(was, field.name) == id:
                continue
            named = field.reference
            target = next(each for each in self._declarations if named in (each.resource, each.name))
            seen = self._sight(target)
            if seen.filter == EVERYTHING:
                continue
            if target is declaration and id == record.id:
                continue
            stored = self.tx.rows.fetch(target, id)
            # one that is not there too: the store would tell of it later, after what else is wrong
            if stored is None or not seen.holds(stored):
                raise Invalid(
                    f"{field.name}: there is no {target.name} {id!r}.", f"Create it first, at {target.path}."
                )


def _default(field: Field) -> Any:
    factory = field.options.default_factory
    return field.options.default if factory is NODEFAULT else factory()


def _fixed(field: Field, what: str) -> Invalid:
    return Invalid(
        f"{field.name} {what}.",
        "Leave it out." if field.options.hidden else "Leave it out, or send it as it is.",
        errors=[FieldError(field.name, f"It {what}.")],
    )
