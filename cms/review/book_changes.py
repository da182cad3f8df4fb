"""What an office changes of its review plans, each as a function from one book to the next. Pure."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from cms.kernel.errors import NotFound
from cms.review.plans import BUILT_IN, THREE_AND_THREE, Book, Rule

Change = Callable[[Book], Book]

TAKEN: Final = {"three": THREE_AND_THREE, "two": BUILT_IN}
"""Whole sets that ship, by name."""


def put_rule(rule: Rule, at: int | None = None) -> Change:
    """Adds a rule, or writes the one at index `at` anew. Raises NotFound `review.no_rule`."""

    def change(book: Book) -> Book:
        if at is None:
            return replace(book, rules=(*book.rules, rule))
        return replace(book, rules=(*book.rules[:at], rule, *_after(book, at)))

    return change


def drop_rule(at: int) -> Change:
    """Takes a rule out; `save_book` keeps the one about everything. Raises NotFound `review.no_rule`."""

    def change(book: Book) -> Book:
        return replace(book, rules=(*book.rules[:at], *_after(book, at)))

    return change


def set_terms(*, reviewer_proofs: bool, after_hours: int) -> Change:
    """What holds for every rule."""
    return lambda book: replace(book, reviewer_proofs=reviewer_proofs, after_hours=after_hours)


def _after(book: Book, at: int) -> tuple[Rule, ...]:
    if not 0 <= at < len(book.rules):
        raise NotFound("review.no_rule", number=at + 1)
    return book.rules[at + 1 :]
