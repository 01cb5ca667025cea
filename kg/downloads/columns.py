"""The columns of a table: what a property's values become in a table of text.

A property may give several columns: one of references and one with their labels, one of text for
each language, one of values without a language.
"""

from __future__ import annotations

import datetime
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from pyoxigraph import Literal, NamedNode

from kg import terms
from kg.context import Context
from kg.iris import local_name

# Datatype → what its values look like, where a table's reader is to take them for such; whatever
# else is in the data stays text. The store has put all it understands in canonical form.
_INTEGER: Final = r"[+-]?[0-9]{1,18}"
_DAY: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME: Final = r"[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?"
_ZONE: Final = r"(?:Z|[+-][0-9]{2}:[0-9]{2})?"
_PATTERNS: Final = {
    "integer": _INTEGER,
    "nonNegativeInteger": r"[0-9]{1,18}",
    "positiveInteger": r"[0-9]{1,18}",
    "decimal": r"[+-]?[0-9]+(?:\.[0-9]+)?",
    "double": r"[+-]?[0-9]+(?:\.[0-9]+)?(?:E[+-]?[0-9]+)?",
    "boolean": r"true|false",
    "date": _DAY,
    "dateTime": f"{_DAY}T{_TIME}{_ZONE}",
    "gYear": r"[0-9]{4}",
    "duration": r"P(?=.)(?:[0-9]+Y)?(?:[0-9]+M)?(?:[0-9]+D)?(?:T(?=.)(?:[0-9]+H)?(?:[0-9]+M)?"
    r"(?:[0-9]+(?:\.[0-9]+)?S)?)?",
}
# Spreadsheets run what starts like this as a formula, unless it is a plain number.
_FORMULA: Final = re.compile(r"'*[=+\-@\t\r]")
_NUMBER: Final = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?(?:E[+-]?[0-9]+)?")
_SEPARATORS: Final = "|;¦‖"
_PRIVATE: Final = range(0xE000, 0xF900)

Values = Mapping[NamedNode, Mapping[NamedNode, Sequence[Any]]]
"""Subject → property → objects, sorted."""


@dataclass(slots=True)
class Column:
    """A column: its name, what its cells are, and the cells, each a list of texts.

    `about` names the column that holds the subject, `references` the table that has a row for
    every value, where there is one. `separator` is '' when no cell has two values.
    """

    name: str
    property: str
    cells: list[list[str]]
    datatype: str = "string"
    language: str = ""
    about: str = "id"
    suppressed: bool = False
    references: str = ""
    separator: str = field(init=False, default="")

    def __post_init__(self) -> None:
        if any(len(cell) > 1 for cell in self.cells):
            used = {character for cell in self.cells for value in cell for character in value}
            candidates = [*_SEPARATORS, *map(chr, _PRIVATE)]
            self.separator = next((c for c in candidates if c not in used), "\ue000")

    def texts(self) -> list[str]:
        """The cells as they are written."""
        return [guarded(self.separator.join(cell)) for cell in self.cells]


def guarded(text: str) -> str:
    """A cell that no spreadsheet runs: an apostrophe before what it would take for a formula.

    To undo it, take one apostrophe away where a run of them comes before one of `= + - @`, a tab
    or a carriage return.

    >>> guarded("=1+1"), guarded("-0.5"), guarded("'=x"), guarded("Iron")
    ("'=1+1", '-0.5', "''=x", 'Iron')
    """
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


class Columns:
    """Makes the columns of one table, giving each a name of its own."""

    def __init__(self, data: Values, context: Context, label: Callable[[NamedNode], str]) -> None:
        self._data = data
        self._context = context
        self._label = label
        self._keys = _keys_of(context)
        self._names: set[str] = set()

    def name(self, wish: str) -> str:
        """A name for a column (CSVW 5.1.2: letters, digits, `_`) that no other one has.

        The first is never changed by those that follow.
        """
        plain = re.sub(r"[^A-Za-z0-9_]", "_", wish).lstrip("_") or "value"
        name, number = plain, 2
        while name in self._names:
            name, number = f"{plain}_{number}", number + 1
        self._names.add(name)
        return name

    def key(self, predicate: NamedNode) -> str:
        """How sheets call a property; else its local name."""
        key = self._keys.get(predicate.value) or local_name(predicate.value.rstrip("/#"))
        return re.sub(r"[^A-Za-z0-9_]", "_", key)

    def of_property(
        self,
        predicate: NamedNode,
        subjects: Sequence[NamedNode | None],
        prefix: str = "",
        about: str = "id",
    ) -> list[Column]:
        """The columns that hold a property of these subjects, a row for each."""
        key = prefix + self.key(predicate)
        found = [self._data.get(s, {}).get(predicate, ()) if s else () for s in subjects]
        columns = self.of_references(key, predicate.value, found, about)
        literals = [[o for o in objects if isinstance(o, Literal)] for objects in found]
        languages = sorted({o.language or "" for cell in literals for o in cell})
        usual = self._usual_language(predicate, languages)
        for language in [usual, *(lang for lang in languages if lang != usual)]:
            cells = [[o for o in cell if (o.language or "") == language] for cell in literals]
            if any(cells):
                end = "" if language == usual else f"_{language or 'text'}"
                texts = [[o.value for o in cell] for cell in cells]
                name = self.name(key + end)
                column = Column(name, predicate.value, texts, _datatype(cells), language, about)
                columns.append(column)
        return columns

    def of_references(
        self, key: str, predicate: str, found: Iterable[Iterable[Any]], about: str
    ) -> list[Column]:
        """A column of IRIs, and one of their labels where any has one; none for none."""
        nodes = [[o for o in objects if isinstance(o, NamedNode)] for objects in found]
        if not any(nodes):
            return []
        iris = [[node.value for node in cell] for cell in nodes]
        columns = [Column(self.name(key), predicate, iris, "anyURI", about=about)]
        labels = [[self._label(node) for node in cell] for cell in nodes]
        if any(label for cell in labels for label in cell):
            # As many as there are references, so that the two columns go side by side.
            names = [cell if any(cell) else [] for cell in labels]
            columns.append(Column(self.name(f"{key}_label"), "", names, suppressed=True))
        return columns

    def _usual_language(self, predicate: NamedNode, languages: list[str]) -> str:
        """The language that needs no mark in a column's name: the context's for this key."""
        key = self._keys.get(predicate.value, "")
        term = self._context.term(key) if key else None
        if term and term.language in languages:
            return term.language
        return languages[0] if languages else ""


def _keys_of(context: Context) -> dict[str, str]:
    """Property → the first key of the context that stands for it."""
    found: dict[str, str] = {}
    for key in context.keys:
        term = context.term(key)
        if term and not term.reverse:
            found.setdefault(term.iri, key)
    return found


def _datatype(cells: list[list[Literal]]) -> str:
    """The one datatype of all values, when each looks as it should; else plain text."""
    kinds: defaultdict[str, bool] = defaultdict(lambda: True)
    for cell in cells:
        for literal in cell:
            name = literal.datatype.value.removeprefix(terms.XSD)
            kinds[name] &= _is_readable(name, literal.value)
    only = list(kinds.items())
    return only[0][0] if len(only) == 1 and only[0][1] else "string"


def _is_readable(datatype: str, text: str) -> bool:
    """Whether a value looks as its datatype has it, and the day it names exists.

    >>> _is_readable("date", "2020-02-29"), _is_readable("date", "2021-02-29")
    (True, False)
    """
    if not re.fullmatch(_PATTERNS.get(datatype, r"(?!)"), text):
        return False
    try:
        if datatype in ("date", "dateTime"):
            datetime.datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
