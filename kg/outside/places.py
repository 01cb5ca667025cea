"""Where files to validate say what results are about: they are read once more and searched.

In N-Triples and N-Quads that is the very line; elsewhere, where a node is first mentioned in a file
that describes it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from typing import Any, Final

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, Triple, parse

from kg import terms
from kg.found import Block
from kg.ontology import canonical
from kg.outside.loading import own_label, read_whole, split_label
from kg.outside.sources import Source
from kg.places import Places
from kg.sheets import Limits, Mark
from kg.sheets.files import SheetError
from kg.sheets.rdf import Mentions

Wanted = Mapping[str, Set[str]]
"""Nodes, as `node_text` writes them, and the properties of each that are asked for."""

# The subject and the property of a line; no IRI and no label holds a blank.
_BEGIN: Final = re.compile(rb"^[ \t]*(<[^>\s]*>|_:[^\s<]+)[ \t]*(<[^>\s]*>)", re.MULTILINE)
_LABEL: Final = re.compile(r"_:(\w(?:[\w.-]*[\w-])?)")
_AS_WRITTEN: Final = (terms.XSD + "string", terms.RDF + "langString")


def node_text(term: NamedNode | BlankNode | Literal | Triple) -> str:
    """A term as results have it: IRIs and lexical forms as they are, blank nodes with `_:`."""
    return str(term) if isinstance(term, BlankNode) else terms.text_of(term)


class FilePlaces(Places):
    """Where files say something of nodes, given block by block, each with the name of its file."""

    def __init__(self, blocks: Iterable[tuple[str, Block]]) -> None:
        super().__init__()
        for name, block in blocks:
            self._blocks[block.subject].append((name, block))


def find_blocks(
    sources: Sequence[Source], wanted: Wanted, limits: Limits, base: str
) -> Iterator[tuple[str, Block]]:
    """What the files say of some nodes, as far as that is wanted, each with the name of its file.

    A file that has changed meanwhile may give less, and wrong places, but raises nothing.
    """
    for number, source in enumerate(sources) if wanted else ():
        search = _search_lines if source.by_line else _search_whole
        for block in search(source, number, wanted, limits, base):
            yield source.name, block


def labels_in(source: Source, limits: Limits, base: str) -> frozenset[str]:
    """The labels of blank nodes that are written in a file; parsers make up those of the others."""
    text, _ = read_whole(source, limits, base, [])
    return frozenset(match[1] for match in _LABEL.finditer(text))


def _search_lines(
    source: Source, number: int, wanted: Wanted, _limits: Limits, _base: str
) -> Iterator[Block]:
    nodes = {_token(node, number): node for node in wanted}
    blocks: dict[str, Block] = {}
    for line, lines in _whole_lines(source):
        at = 0
        for match in _BEGIN.finditer(lines):
            subject, predicate = match.groups()
            # An IRI may be written with escapes.
            escaped = b"\\" in match[0]
            if subject not in nodes and not escaped:
                continue
            line += lines.count(b"\n", at, match.start())
            at = match.start()
            quad = None
            if escaped or predicate[1:-1].decode(errors="replace") in wanted[nodes[subject]]:
                quad = _parse_line(lines[at : lines.find(b"\n", at)])
            node = node_text(_own(quad.subject, number)) if quad else nodes.get(subject, "")
            if node in wanted:
                block = blocks.setdefault(node, Block(node, Mark(line, 1)))
                if quad and quad.predicate.value in wanted[node]:
                    _note(block, quad, number, Mark(line, 1))
    yield from blocks.values()


def _token(node: str, number: int) -> bytes:
    """How the lines of a file begin that say something of a node; nothing for that of another."""
    if not node.startswith("_:"):
        return f"<{node}>".encode()
    home, label = split_label(node[2:])
    return f"_:{label}".encode() if home == number else b""


def _whole_lines(source: Source) -> Iterator[tuple[int, bytes]]:
    """The lines of a file, many at once, each with its end; and the number of the first of them."""
    line, rest = 1, b""
    try:
        for block in source.blocks():
            whole, end, open_ = block.rpartition(b"\n")
            if end:
                lines = rest + whole + end
                yield line, lines
                line += lines.count(b"\n")
                rest = b""
            rest += open_
        if rest:
            yield line, rest + b"\n"
    except SheetError:
        return


def _parse_line(line: bytes) -> Quad | None:
    try:
        return next(parse(line, RdfFormat.N_QUADS), None)
    except SyntaxError:
        return None


def _own(term: Any, number: int) -> Any:
    return BlankNode(own_label(number, term.value)) if isinstance(term, BlankNode) else term


def _note(block: Block, quad: Quad, number: int, mark: Mark) -> None:
    """Note where a property and its value are; the value as the store, and so results, have it."""
    predicate, object_ = quad.predicate.value, _own(quad.object, number)
    if isinstance(object_, Literal) and object_.datatype.value not in _AS_WRITTEN:
        (quad,) = canonical([Quad(quad.subject, quad.predicate, object_)])
        object_ = quad.object
    block.keys.setdefault(predicate, mark)
    block.values.setdefault(predicate, []).append((node_text(object_), mark))


def _search_whole(
    source: Source, number: int, wanted: Wanted, limits: Limits, base: str
) -> Iterator[Block]:
    text, quads = read_whole(source, limits, base, [])
    subjects = {node_text(_own(quad.subject, number)) for quad in quads} & wanted.keys()
    if not subjects:
        return
    mentions = Mentions(text)
    labels = {match[1]: match.start() for match in reversed(list(_LABEL.finditer(text)))}
    for subject in subjects:
        if not subject.startswith("_:"):
            yield Block(subject, mentions.find(subject))
        elif (at := labels.get(split_label(subject[2:])[1])) is not None:
            yield Block(subject, mentions.mark(at))
