"""YAML text → nodes. Built on the parser's events, so that no input can exhaust the stack."""

from __future__ import annotations

from typing import Any

import yaml

from kg.sheets.nodes import Builder, Kind, Mark, Node

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NULLS = {"", "~", "null", "Null", "NULL"}
_CORE_TAGS = {
    f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "map", "seq")
}


def read_yaml(text: str, builder: Builder) -> None:
    """Read every YAML document of `text` into `builder`; problems go there too.

    Aliases are followed, and count as if written out; tags beyond YAML's core schema are refused.
    """
    try:
        _Events(builder).run(text)
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        code = error.character if isinstance(error.character, int) else ord(error.character)
        message = f"not valid YAML: the character U+{code:04X} is not allowed"
        builder.problem(Mark(line, column), message, "syntax")
    except yaml.MarkedYAMLError as error:
        at = error.problem_mark or error.context_mark
        mark = Mark(at.line + 1, at.column + 1) if at else Mark(1, 1)
        words = ", ".join(part for part in (error.context, error.problem) if part)
        builder.problem(mark, f"not valid YAML: {words}", "syntax")


class _Events:
    def __init__(self, builder: Builder) -> None:
        self._builder = builder
        self._anchors: dict[str, Node] = {}
        self._pending: list[str | None] = []

    def run(self, text: str) -> None:
        for event in yaml.parse(text, Loader=_LOADER):
            if not self._take(event):
                return

    def _take(self, event: Any) -> bool:
        mark = Mark(event.start_mark.line + 1, event.start_mark.column + 1)
        match event:
            case yaml.DocumentStartEvent():
                self._anchors.clear()
            case yaml.AliasEvent():
                return self._alias(str(event.anchor), mark)
            case yaml.ScalarEvent():
                self._check_tag(event, mark)
                plain_null = event.implicit[0] and not event.style and event.value in _NULLS
                kind = Kind.NULL if plain_null else Kind.TEXT
                node = self._builder.scalar(event.value, mark, kind)
                if event.anchor:
                    self._anchors[event.anchor] = node
                return self._builder.add(node)
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                self._check_tag(event, mark)
                self._pending.append(event.anchor)
                return self._builder.open(mark, mapping=isinstance(event, yaml.MappingStartEvent))
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                anchor = self._pending.pop()
                closed = self._builder.close()
                if anchor:
                    self._anchors[anchor] = closed
        return True

    def _alias(self, name: str, mark: Mark) -> bool:
        node = self._anchors.get(name)
        if node is None:
            message = f"alias *{name} stands for nothing before it, or for a value it is part of"
            self._builder.problem(mark, message, "alias")
            return False
        return self._builder.add(node)

    def _check_tag(self, event: Any, mark: Mark) -> None:
        if event.tag not in _CORE_TAGS | {None, "!"}:
            message = f"the tag {event.tag} has no meaning here; leave it out"
            self._builder.problem(mark, message, "tag")
