"""The fast engine beside the reference engine: data made from the shapes, and both their verdicts.

`reference` judges everything with pySHACL. `screened` does as a build does: the fast engine flags
focus nodes batch by batch, and of the shapes that need it in the whole, and pySHACL judges what was
flagged, and all that may not be screened. The two must find the same.

Nodes are made from what the shapes ask of each class (`nodes`) or taken from the example that
conforms, and then changed (`changed`): a value left out, one too many, of another datatype,
class or kind, out of range, against the pattern, in another language, beside the list, two
properties swapped.
"""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pyshacl
from hypothesis import strategies as st
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, parse, serialize
from rdflib import BNode, Graph, Namespace, URIRef
from rdflib import Literal as RdflibLiteral
from shacl_pairs import PREFIXES, TARGET

from kg import terms
from kg.ontology import canonical, read_turtle_folder
from kg.screen import Screen, focused, split_shapes
from kg.screen.rules import Rules

ROOT = Path(__file__).parent.parent
EXAMPLES = Path(__file__).parent / "shape_examples"
EX = "https://example.org/data/"
P = NamedNode("http://example.org/p")
SH = Namespace(terms.SH)

Term = NamedNode | BlankNode | Literal
# Focus node, path, value, message, shape, component, severity.
Found = tuple[str, ...]


# Literals that are not well formed are what this is about.
logging.getLogger("rdflib").setLevel(logging.CRITICAL)


def rdflib_graph(quads: Iterable[Quad]) -> Graph:
    """The triples as they are written, no literal rewritten."""

    def convert(term: Any) -> Any:
        if isinstance(term, NamedNode):
            return URIRef(term.value)
        if isinstance(term, BlankNode):
            return BNode(term.value)
        if term.language:
            return RdflibLiteral(term.value, lang=term.language)
        if term.datatype.value == terms.XSD + "string":
            return RdflibLiteral(term.value)
        return RdflibLiteral(term.value, datatype=URIRef(term.datatype.value), normalize=False)

    graph = Graph()
    with warnings.catch_warnings(action="ignore"):
        for quad in quads:
            graph.add(tuple(convert(term) for term in quad.triple))
    return graph


def reference(data: Iterable[Quad], rules: Iterable[Quad]) -> set[Found]:
    """All that pySHACL finds, as `kg.validate` reads it."""
    with warnings.catch_warnings(action="ignore"):
        _, report, _ = pyshacl.validate(
            rdflib_graph(data),
            shacl_graph=rdflib_graph(rules),
            inplace=True,
            allow_warnings=True,
        )
    assert isinstance(report, Graph), report

    def text(node: Any, name: str) -> str:
        found = report.value(node, SH[name])
        return "" if found is None or isinstance(found, BNode) else str(found)

    names = ("focusNode", "resultPath", "value", "resultMessage", "sourceShape")
    names += ("sourceConstraintComponent", "resultSeverity")
    return {tuple(text(top, name) for name in names) for top in report.objects(None, SH.result)}


def ntriples(quads: Iterable[Quad]) -> bytes:
    return b"".join(b"%s .\n" % str(quad.triple).encode() for quad in quads)


class Screening:
    """A shapes graph, split, with the fast engine at hand."""

    def __init__(self, rules: Sequence[Quad]) -> None:
        self.rules = rules
        self.split = split_shapes(rules)
        self.local = Screen(self.split.local.quads)
        self.whole = Screen(self.split.whole.quads)

    def flagged(self, batches: Sequence[Sequence[Quad]], shared: Sequence[Quad] = ()) -> set[str]:
        """The focus nodes that are to be judged again."""
        parts = [self.local.flagged(ntriples([*batch, *shared])) for batch in batches]
        everything = [*(quad for batch in batches for quad in batch), *shared]
        reads = self.split.whole.look.reads
        read = [q for q in everything if reads is None or q.predicate.value in reads]
        return self.whole.flagged(ntriples(read)).union(*parts)

    def found(self, batches: Sequence[Sequence[Quad]], shared: Sequence[Quad] = ()) -> set[Found]:
        """All that is found when the fast engine screens."""
        everything = [*(quad for batch in batches for quad in batch), *shared]
        nodes = self.flagged(batches, shared)
        again = focused(self.split.screened.quads, everything, nodes)
        found = reference(everything, again) if nodes else set()
        rest = self.split.reference.quads
        return found | (reference(everything, rest) if rest else set())


def turtle(text: str) -> list[Quad]:
    return list(parse(text, format=RdfFormat.TURTLE))


def rules_of(shape: str) -> list[Quad]:
    return turtle(f"{PREFIXES}{TARGET}{shape} .")


def data_of(text: str) -> list[Quad]:
    return turtle(PREFIXES + text)


def foci(data: list[Quad], rules: list[Quad]) -> set[str]:
    return {found[0] for found in reference(data, rules)}


@cache
def project_rules() -> tuple[Quad, ...]:
    return tuple(read_turtle_folder(ROOT / "shapes", "shapes"))


@cache
def project_screening() -> Screening:
    return Screening(project_rules())


@cache
def hierarchy() -> tuple[Quad, ...]:
    """What the shapes need of the ontology."""
    quads = read_turtle_folder(ROOT / "ontology", "ontology")
    return tuple(q for q in quads if q.predicate == terms.SUBCLASS_OF)


@cache
def passing() -> tuple[Quad, ...]:
    return tuple(canonical(list(parse(path=EXAMPLES / "passing.ttl"))))


class Maker:
    """Makes nodes of the classes that the project's shapes have for targets."""

    def __init__(self) -> None:
        self.rules = Rules.of(project_rules())
        self.examples = Rules.of(passing())
        self.above: dict[str, set[str]] = {}
        for quad in hierarchy():
            self.above.setdefault(quad.subject.value, set()).add(quad.object.value)
        self.asked = self._asked()
        self.classes = sorted(self.asked)
        self.subjects = sorted(
            (s for s in self.examples.said if s.value != EX), key=lambda s: s.value
        )
        self.terms = sorted({q.object for q in passing()}, key=str)
        self.predicates = sorted({q.predicate.value for q in passing()})

    def _asked(self) -> dict[str, dict[str, dict[str, tuple[Any, ...]]]]:
        """Class → predicate → constraint → values, of all that is asked of the class itself."""
        found: dict[str, dict[str, dict[str, tuple[Any, ...]]]] = {}
        for said in self.rules.said.values():
            for class_ in said.get(terms.SH + "targetClass", ()):
                for part in said.get(terms.SH + "property", ()):
                    rest = self.rules.of_subject(part)
                    (path,) = rest[terms.SH + "path"]
                    if isinstance(path, NamedNode):
                        asked = found.setdefault(class_.value, {}).setdefault(path.value, {})
                        for name, objects in rest.items():
                            key = name.removeprefix(terms.SH)
                            asked[key] = (*asked.get(key, ()), *objects)
        return found

    def of_class(self, class_: str) -> dict[str, dict[str, tuple[Any, ...]]]:
        """What is asked of a class, and of all above it."""
        found: dict[str, dict[str, tuple[Any, ...]]] = {}
        for name in [class_, *sorted(self.above.get(class_, ()))]:
            for predicate, asked in self.asked.get(name, {}).items():
                for key, values in asked.items():
                    has = found.setdefault(predicate, {})
                    has[key] = (*has.get(key, ()), *values)
        return found

    def instances(self, class_: str) -> list[NamedNode]:
        """Examples of a class or of what is below it."""
        below = {class_, *(name for name, above in self.above.items() if class_ in above)}
        return [
            subject
            for subject in self.subjects
            if any(
                t.value in below
                for t in self.examples.of_subject(subject).get(terms.TYPE.value, ())
            )
        ]

    def value(self, asked: dict[str, tuple[Any, ...]]) -> st.SearchStrategy[Term]:
        """Values that hold what is asked of each, as far as one constraint tells it."""
        if "in" in asked:
            return st.sampled_from(self.rules.items(asked["in"][0]))
        if "hasValue" in asked:
            return st.just(asked["hasValue"][0])
        classes = [c.value for c in asked.get("class", ())]
        for shapes in asked.get("or", ()):
            for member in self.rules.items(shapes):
                classes += [
                    c.value for c in self.rules.of_subject(member).get(terms.SH + "class", ())
                ]
        known = [node for class_ in classes for node in self.instances(class_)]
        if known:
            return st.sampled_from(known)
        if "datatype" not in asked:
            return st.sampled_from([NamedNode(f"{EX}other"), Literal("text", language="en")])
        (datatype, *_) = asked["datatype"]
        patterns = [p.value for p in asked.get("pattern", ())]
        return _literals(datatype.value, patterns)

    def anything(self) -> st.SearchStrategy[Term]:
        """Any value: of the examples, or one of the odd ones."""
        return st.one_of(st.sampled_from(self.terms), st.sampled_from(ODD))


@st.composite
def nodes(draw: st.DrawFn, maker: Maker, name: str) -> list[Quad]:
    """A node of some class with a value for all that it must have, and for some of the rest."""
    class_ = draw(st.sampled_from(maker.classes))
    subject = NamedNode(name)
    quads = [Quad(subject, terms.TYPE, NamedNode(class_))]
    for predicate, asked in maker.of_class(class_).items():
        least = max((int(n.value) for n in asked.get("minCount", ())), default=0)
        count = least or draw(st.integers(0, 1))
        values = draw(st.lists(maker.value(asked), min_size=count, max_size=count))
        quads += [Quad(subject, NamedNode(predicate), value) for value in values]
    return quads


@st.composite
def examples(draw: st.DrawFn, maker: Maker, name: str) -> list[Quad]:
    """A copy of an example that conforms, with a copy of what links to it."""
    source = draw(st.sampled_from(maker.subjects))
    subject = NamedNode(name)
    quads = [Quad(subject, q.predicate, q.object) for q in passing() if q.subject == source]
    links = [q for q in passing() if q.object == source]
    if links and draw(st.booleans()):
        link = draw(st.sampled_from(links))
        linking = NamedNode(f"{name}-linking")
        for quad in passing():
            if quad.subject == link.subject:
                value = subject if quad == link else quad.object
                quads.append(Quad(linking, quad.predicate, value))
    return quads


@st.composite
def changed(draw: st.DrawFn, maker: Maker, quads: list[Quad]) -> list[Quad]:
    """The node with one thing changed."""
    at = draw(st.integers(0, len(quads) - 1))
    quad = quads[at]
    how = draw(st.sampled_from(("drop", "add", "replace", "twist", "swap", "foreign")))
    if how == "drop":
        return [*quads[:at], *quads[at + 1 :]] if len(quads) > 1 else quads
    if how == "foreign":
        predicate = NamedNode(draw(st.sampled_from(maker.predicates)))
        return [*quads, Quad(quad.subject, predicate, quad.object)]
    if how == "swap":
        other = draw(st.sampled_from(quads))
        swapped = Quad(quad.subject, other.predicate, quad.object)
        return [*quads[:at], swapped, *quads[at + 1 :]]
    value = draw(_twisted(quad.object) if how == "twist" else maker.anything())
    new = Quad(quad.subject, quad.predicate, value)
    return [*quads, new] if how == "add" else [*quads[:at], new, *quads[at + 1 :]]


@st.composite
def corpora(draw: st.DrawFn, maker: Maker) -> list[list[Quad]]:
    """Some nodes, most of them changed, in up to three batches."""
    batches: list[list[Quad]] = [[] for _ in range(draw(st.integers(1, 3)))]
    for number in range(draw(st.integers(1, 12))):
        name = f"{EX}made/{number}"
        quads = draw(nodes(maker, name) if draw(st.booleans()) else examples(maker, name))
        for _ in range(draw(st.integers(0, 3))):
            quads = draw(changed(maker, quads))
        draw(st.sampled_from(batches)).extend(quads)
    return [canonical(batch) for batch in batches]


def _xsd(text: str, name: str) -> Literal:
    return Literal(text, datatype=NamedNode(terms.XSD + name))


ODD = (
    NamedNode("https://example.net/elsewhere"),
    Literal(""),
    Literal("line\nfeed"),
    Literal("tab\t\x1c\u00a0\u2003"),
    Literal("\U0001f9c2 salt", language="en"),
    Literal("sal", language="pt-br"),
    Literal("salz", language="de"),
    Literal("1"),
    *(_xsd(text, "integer") for text in ("0", "-1", "1", "9" * 30, "many")),
    *(_xsd(text, "decimal") for text in ("0.5", "-0.5", "1.5", "0." + "3" * 30, "1" * 40, "x")),
    *(_xsd(text, "double") for text in ("0.5", "NaN", "INF", "1e400")),
    *(_xsd(text, "gYear") for text in ("2020", "0000", "0999", "20200", "-2020", "2020Z")),
    *(_xsd(text, "duration") for text in ("P1Y", "P", "PT", "P1M2D", "PT1.5S", "-P1D", "1Y")),
    *(_xsd(text, "boolean") for text in ("true", "1", "yes")),
    _xsd("2020-02-30", "date"),
    _xsd("9" * 40 + "-01-01T00:00:00", "dateTime"),
)


def _literals(datatype: str, patterns: list[str]) -> st.SearchStrategy[Literal]:
    """Literals of a datatype; of the first pattern if there is one."""
    made = NamedNode(datatype)
    if datatype == terms.RDF + "langString":
        texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=8)
        return st.builds(
            lambda text, tag: Literal(text, language=tag), texts, st.sampled_from(("en", "de"))
        )
    if patterns:
        forms = st.from_regex(re.compile(patterns[0]))
    elif datatype == terms.XSD + "integer":
        forms = st.integers(-3, 40).map(str)
    elif datatype == terms.XSD + "decimal":
        forms = st.decimals(-1, 3, places=2).map(str)
    elif datatype == terms.XSD + "boolean":
        forms = st.sampled_from(("true", "false"))
    else:
        forms = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=12)
    return forms.map(lambda form: Literal(form, datatype=made))


def _twisted(value: Term) -> st.SearchStrategy[Term]:
    """The same text as another kind of term, or nearly the same text."""
    if not isinstance(value, Literal):
        return st.sampled_from([Literal(value.value), NamedNode(value.value + "x")])
    kinds = st.sampled_from(("string", "integer", "decimal", "gYear", "duration", "boolean"))
    return st.one_of(
        kinds.map(lambda name: _xsd(value.value, name)),
        st.sampled_from(("en", "de", "pt-br")).map(lambda t: Literal(value.value, language=t)),
        st.sampled_from(("\n", " ", "0", "-", "\u0661")).map(
            lambda end: (
                Literal(value.value + end, datatype=value.datatype)
                if not value.language
                else Literal(value.value + end, language=value.language)
            )
        ),
    )


def as_ntriples(quads: Iterable[Quad]) -> str:
    """For a failing example to be read."""
    return serialize((quad.triple for quad in quads), format=RdfFormat.N_TRIPLES).decode()
