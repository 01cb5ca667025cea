"""The classes that something is of, one below the other, with what is of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from kg.iris import local_name, slug


@dataclass(frozen=True, slots=True)
class Class:
    """A class: its path on the site, what is of it or of one below, and the classes below."""

    iri: str
    path: str
    members: tuple[str, ...]
    below: tuple[Class, ...]

    @property
    def count(self) -> int:
        """How many things are of it."""
        return len(self.members)


class Classes:
    """All classes that are in use, and those above them.

    >>> above = {"o#Iron": ["o#Metal"], "o#Gold": ["o#Metal"], "o#Metal": []}
    >>> classes = Classes([("a", "o#Iron"), ("b", "o#Gold")], above.__getitem__)
    >>> [(c.path, c.count) for c in classes.roots]
    [('types/metal', 2)]
    """

    def __init__(
        self, typed: Iterable[tuple[str, str]], above: Callable[[str], Iterable[str]]
    ) -> None:
        own: defaultdict[str, set[str]] = defaultdict(set)
        for thing, class_ in typed:
            own[class_].add(thing)
        parents: dict[str, set[str]] = {}
        todo = sorted(own)
        while todo:
            class_ = todo.pop()
            if class_ not in parents:
                parents[class_] = set(above(class_)) - {class_}
                todo.extend(sorted(parents[class_]))
        self._own = own
        self._below: dict[str, list[str]] = {
            class_: sorted(one for one in parents if class_ in parents[one])
            for class_ in sorted(parents)
        }
        self._inner = {one for one in parents if any(parents[one])}

    @cached_property
    def all(self) -> Mapping[str, Class]:
        """Every class by its IRI."""
        paths: dict[str, str] = {}
        taken: set[str] = set()
        for class_ in self._below:
            path = name = f"types/{slug(local_name(class_)) or 'class'}"
            number = 1
            while path in taken:
                number += 1
                path = f"{name}-{number}"
            taken.add(path)
            paths[class_] = path
        done: dict[str, Class] = {}
        for class_ in self._below:
            self._make(class_, paths, done, ())
        return done

    @cached_property
    def roots(self) -> tuple[Class, ...]:
        """The classes that are below no other, and those in a circle with nothing above."""
        reached: set[str] = set()
        roots = []
        order = sorted(self._below, key=lambda class_: (class_ in self._inner, class_))
        for class_ in order:
            if class_ not in reached:
                roots.append(self.all[class_])
                reached |= self._under(class_)
        return tuple(roots)

    def _under(self, class_: str) -> set[str]:
        """A class and all below it."""
        found: set[str] = set()
        todo = [class_]
        while todo:
            one = todo.pop()
            if one not in found:
                found.add(one)
                todo.extend(self._below[one])
        return found

    def _make(
        self, class_: str, paths: Mapping[str, str], done: dict[str, Class], way: tuple[str, ...]
    ) -> Class:
        if class_ not in done:
            members = {thing for one in self._under(class_) for thing in self._own.get(one, ())}
            below = [
                self._make(one, paths, done, (*way, class_))
                for one in self._below[class_]
                if one != class_ and one not in way
            ]
            made = Class(class_, paths[class_], tuple(sorted(members)), tuple(below))
            if way and set(self._below[class_]) & set(way):
                return made  # in a circle, it looks otherwise from elsewhere
            done[class_] = made
        return done[class_]
