"""What hosts of static files want beside the pages, and what the host of the base wants."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from kg.formats import FORMATS
from kg.project import Project
from kg.publish.apache import base_folder, base_rules, site_rules
from kg.site import Site
from kg.site.headers import SECURITY, SHARING

_FALLBACK: Final = "ontology"


def host_files(site: Site) -> Iterator[tuple[str, bytes]]:
    """The files that tell hosts how to answer, by their names below the folder of the site."""
    project = site.project
    pages = [page for page in site.pages() if page.kind != "file"]
    formats = list(dict.fromkeys(format_ for page in pages for format_ in page.formats))
    gone = [page.path for page in pages if page.kind == "gone"]
    yield ".nojekyll", b""
    yield "_headers", _headers(project).encode()
    yield ".htaccess", site_rules(project, formats, gone).encode()
    if project.base != project.url:
        ontology = site.page(_FALLBACK)
        of_things = next((p.formats for p in pages if p.kind == "thing"), ("html",))
        rules = base_rules(project, of_things, ontology.iri if ontology else "")
        yield "w3id/.htaccess", rules.encode()
        yield "w3id/README.md", _readme(project).encode()


def _headers(project: Project) -> str:
    """`_headers`, as Netlify and Cloudflare Pages read it from the root of what they serve."""
    root = urlsplit(project.url).path
    lines = [f"{root}*"]
    lines += [f"  {name}: {value}" for name, value in {**SECURITY, **SHARING}.items()]
    for format_ in FORMATS.values():
        if format_.extension != "html":
            lines += [f"{root}*.{format_.extension}", f"  Content-Type: {format_.content_type}"]
    return "\n".join(lines) + "\n"


def _readme(project: Project) -> str:
    host, folder = urlsplit(project.base).netloc, base_folder(project)
    title, description, people = (
        " ".join(text.split())
        for text in (
            project.title or project.base,
            project.description,
            ", ".join(project.creators) or project.publisher or "Nobody is named yet.",
        )
    )
    about = f"{description}\n\n" if description else ""
    return f"""\
# {title}

{about}IRIs that start with `{project.base}` name things of this dataset. They lead to what
describes them at {project.url}, in the format that the client asks for: a page, or RDF.

## How to register

Put `.htaccess` and this file into the folder `/{folder}` of {host}. At w3id.org that is done by a
pull request to its repository. Where the folder is there already, put the rules before
those in it.

## Contact

{people}

Add the user names of those who may change these rules, before you register.
"""
