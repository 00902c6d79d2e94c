"""Resources: what a user declares, and the records of it."""

from antiphon.resources.action import Action, action
from antiphon.resources.caller_value import CallerValue, caller
from antiphon.resources.declaration import Declaration, column_text, declare
from antiphon.resources.field import Ref, field
from antiphon.resources.fields import Field
from antiphon.resources.folding import fold
from antiphon.resources.ids import NAMED, uuid7
from antiphon.resources.resource import R, Resource

__all__ = [
    "NAMED",
    "Action",
    "CallerValue",
    "Declaration",
    "Field",
    "R",
    "Ref",
    "Resource",
    "action",
    "caller",
    "column_text",
    "declare",
    "field",
    "fold",
    "uuid7",
]
