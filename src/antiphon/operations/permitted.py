"""A transaction as clients use it: within their policies."""

from typing import Any

from msgspec import NODEFAULT

from antiphon.access import Caller, Policy, Sight, access_of, refusal, sight
from antiphon.errors import FieldError, Forbidden, Invalid
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
        """A stored record as the caller is shown it; empty if it may not see it."""
        seen = self._sight(declaration)
        return seen.show(stored) if seen.holds(stored) else b""

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
                self._refuse_another(declaration, field, value)
            elif field.options.read_only and value != _default(field):
                raise _fixed(field, "is read-only")
        self._refuse_blind(declaration, record, None)
        record = self.tx.fill(record)
        if declaration.prepares:
            record.prepare(self.tx)
            record = declaration.check(record)
        self._require(access_of(declaration).create, record, f"You may not create this {declaration.name}.")
        return self.tx.add(record)

    def replace(self, record: R, before: bytes, *, patch: bool = False) -> R:
        """Replace the stored record `before` by a checked one; a `patch` was made of it.

        What a client is not shown, or may not change, it need not give: it stays. Raises as `add` does.
        """
        declaration = declare(type(record))
        was = declaration.decode(before)
        for field in declaration.guarded:
            old, new = getattr(was, field.name), getattr(record, field.name)
            if new == old:
                continue
            if not patch and new == _default(field):
                setattr(record, field.name, old)
            elif field.options.read_only or field.options.set_once:
                raise _fixed(field, "is read-only" if field.options.read_only else "is set once")
            elif field.callers:
                self._refuse_another(declaration, field, new)
        said = f"You may not change this {declaration.name}"
        policy = access_of(declaration).update
        self._require(policy, was, f"{said}.")
        self._require(policy, record, f"{said} so.")
        self._refuse_blind(declaration, record, was)
        return self.tx.replace(record, before)

    def remove(self, declaration: Declaration[Any], id: str, before: bytes) -> None:
        """Delete the stored record `before`; raises `NotSignedIn`, `Forbidden`, `StillReferenced`."""
        policy = access_of(declaration).delete
        self._require(policy, declaration.decode(before), f"You may not delete this {declaration.name}.")
        self.tx.remove(declaration, id, before)

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

    def _refuse_another(self, declaration: Declaration[Any], field: Field, value: str | None) -> None:
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
            stored = self.tx.rows.fetch(target, id)
            if stored is not None and not seen.holds(stored):
                raise Invalid(
                    f"{field.name}: there is no {target.name} {id!r}.", f"Create it first, at {target.path}."
                )


def _default(field: Field) -> Any:
    factory = field.options.default_factory
    return field.options.default if factory is NODEFAULT else factory()


def _fixed(field: Field, what: str) -> Invalid:
    return Invalid(
        f"{field.name} {what}.",
        "Leave it out, or send it as it is.",
        errors=[FieldError(field.name, f"It {what}.")],
    )
