"""Queries: filters, orders, pages, and the grammar by which URLs write them."""

from antiphon.queries.cursor import TYPES, decode_cursor, encode_cursor, order_text
from antiphon.queries.filter import EVERYTHING, And, Compare, Filter, Operator, Or, identity
from antiphon.queries.grammar import OPERATORS, defaults, pairs, parse_limit, parse_query
from antiphon.queries.matches import Matches, comparable, compile_matches
from antiphon.queries.needed import MOST_NEEDED, Needed, Weigh, needed
from antiphon.queries.query import Key, Order, Query, Selection, Sortable, Term
from antiphon.queries.simple import equals, simple_query
from antiphon.queries.values import parse_value

__all__ = [
    "EVERYTHING",
    "MOST_NEEDED",
    "OPERATORS",
    "TYPES",
    "And",
    "Compare",
    "Filter",
    "Key",
    "Matches",
    "Needed",
    "Operator",
    "Or",
    "Order",
    "Query",
    "Selection",
    "Sortable",
    "Term",
    "Weigh",
    "comparable",
    "compile_matches",
    "decode_cursor",
    "defaults",
    "encode_cursor",
    "equals",
    "identity",
    "needed",
    "order_text",
    "pairs",
    "parse_limit",
    "parse_query",
    "parse_value",
    "simple_query",
]
