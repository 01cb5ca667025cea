"""Templates → HTML. The only module that knows of Jinja2."""

from __future__ import annotations

from typing import Any

import jinja2

from kg.project import Project


class Templates:
    """The template set, with what every page needs to know."""

    def __init__(self, project: Project) -> None:
        self._environment = jinja2.Environment(
            loader=jinja2.PackageLoader("kg.site"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals["project"] = project

    def render(self, template: str, page: Any, **values: Any) -> bytes:
        """A template with its values, as UTF-8."""
        return self._environment.get_template(template).render(page=page, **values).encode()
