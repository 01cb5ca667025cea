"""A project of two minerals that builds in a tenth of a second, and the command line as a process.

Its ontology, context and shapes are its own: tests of the machinery need none of the real ones.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from pyoxigraph import Literal, NamedNode, Quad

from kg.project import Project, load_project

BASE = "https://example.org/"
KG = (sys.executable, "-c", "from kg.cli import main; main()")

_FILES = {
    "kg.toml": f'base = "{BASE}"\ntitle = "Minerals"\n',
    "facts/iron.yaml": "id: mineral/iron\ntype: Mineral\nlabel: Iron\nmass: 55.845\n",
    "facts/zinc.yaml": (
        "id: mineral/zinc\ntype: Mineral\nlabel: Zinc\nmass: 65.380\nlike: mineral/iron\n"
    ),
    "ontology/ontology.ttl": """\
@prefix : <https://example.org/ontology#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
<https://example.org/ontology> a owl:Ontology .
:Mineral a owl:Class .
:mass a owl:DatatypeProperty .
:like a owl:ObjectProperty .
""",
    "ontology/context.jsonld": """\
{"@context": {
  "@version": 1.1,
  "o": "https://example.org/ontology#",
  "skos": "http://www.w3.org/2004/02/skos/core#",
  "xsd": "http://www.w3.org/2001/XMLSchema#",
  "id": "@id", "type": "@type", "Mineral": "o:Mineral",
  "label": {"@id": "skos:prefLabel", "@language": "en"},
  "altLabel": {"@id": "skos:altLabel", "@language": "en"},
  "mass": {"@id": "o:mass", "@type": "xsd:decimal"},
  "like": {"@id": "o:like", "@type": "@id"}
}}
""",
    "shapes/shapes.ttl": """\
@prefix : <https://example.org/shapes#> .
@prefix o: <https://example.org/ontology#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
:Mineral a sh:NodeShape ; sh:targetClass o:Mineral ; sh:property :label, :mass, :light .
:label sh:path skos:prefLabel ; sh:minCount 1 ; sh:message "label must be given" .
:mass sh:path o:mass ; sh:maxInclusive 300 ; sh:message "mass must be at most 300" .
:light sh:path o:mass ; sh:maxInclusive 200 ; sh:severity sh:Warning ; sh:message "that is heavy" .
""",
    "queries/heavier.rq": """\
#+ title: Heavier minerals
#+ description: The minerals that weigh more than a number.
#+ params:
#+   than: {type: decimal, default: "60", example: "50", description: In daltons.}
#+   kind: {type: iri, description: The class of the mineral.}
SELECT ?mineral ?mass ?than ?kind {
  ?mineral a ?kind ; <https://example.org/ontology#mass> ?mass FILTER(?mass > ?than)
} ORDER BY ?mineral
""",
}


@dataclass(frozen=True)
class Tiny:
    """A project's folder."""

    root: Path

    @property
    def project(self) -> Project:
        return load_project(self.root)

    @property
    def build(self) -> Path:
        return self.root / "build"

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def edit(self, name: str, old: str, new: str) -> None:
        text = (self.root / name).read_text(encoding="utf-8")
        assert old in text
        self.write(name, text.replace(old, new))

    def kg(self, *args: str, stdin: str = "", **env: str) -> subprocess.CompletedProcess[str]:
        """Run `kg` in the folder, as a process of its own."""
        return run_kg(*args, cwd=self.root, stdin=stdin, **env)

    def start(self, *args: str) -> subprocess.Popen[str]:
        """Start `kg` in the folder, in a session of its own."""
        return subprocess.Popen(
            [*KG, *args],
            cwd=self.root,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )


def run_kg(*args: str, cwd: Path, stdin: str = "", **env: str) -> subprocess.CompletedProcess[str]:
    """Run `kg` as a process of its own."""
    return subprocess.run(
        [*KG, *args],
        cwd=cwd,
        input=stdin,
        env=os.environ | env,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def write_tiny(root: Path) -> Tiny:
    """Write the project into a folder."""
    tiny = Tiny(root)
    for name, text in _FILES.items():
        tiny.write(name, text)
    return tiny


def snapshot(folder: Path) -> dict[str, str]:
    """Every path below a folder, with what it holds or where it leads.

    All but what builds remember of their inputs: that is no part of any release.
    """
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.name == "inputs.json":
            continue
        if path.is_symlink():
            found[path.relative_to(folder).as_posix()] = f"-> {path.readlink()}"
        elif path.is_file():
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            found[path.relative_to(folder).as_posix()] = content
        else:
            found[path.relative_to(folder).as_posix()] = "folder"
    return found


def quads(word: str) -> list[Quad]:
    """Some quads to store, told apart by a word."""
    graph = NamedNode(f"{BASE}graph/a")
    return [
        Quad(NamedNode(f"{BASE}{number}"), NamedNode(f"{BASE}says"), Literal(word), graph)
        for number in range(3)
    ]
