"""Files that make an Apache httpd answer as `kg serve` does: formats chosen by Accept, 303, 410.

One is for the host of the site, one for the host of the base (w3id.org, for instance), which sends
readers on to the site. Both choose in the same way: every format gets a text that sorts by what the
Accept header says of it, and the one that sorts last is taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

from kg.formats import FORMATS, Format
from kg.project import Project
from kg.site.headers import SECURITY, SHARING

# Of a media range in an Accept header: whether it is there; its quality, where that is below 1.
# Digits are taken without zeros at the end, so that they sort as text.
_NAMED: Final = r"(?:^|,)\s*(?:{types})\s*(?:;[^,]*)?(?:,|$)"
_LESS: Final = r"(?:^|,)\s*(?:{types})\s*(?:;[^,]*?)?;\s*q=0(?:\.(\d*[1-9])?0*)?\s*(?:[,;]|$)"
# A quality of 1 sorts behind all digits; none at all, before them.
_ONE: Final = "A"
_NONE: Final = ".9"


def negotiation(formats: Sequence[str], exists: Sequence[str] = ()) -> Iterator[str]:
    """Rules after which `KG_EXT` is the extension of the format that a client wants.

    It is empty where nothing is acceptable. Quality decides, then how precisely a format is named,
    then the order of `formats`. `exists` are conditions on a file, `{0}` in them the
    extension.
    """
    offers = [FORMATS[name] for name in formats]
    yield f"RewriteRule ^ - [E=KG_BEST:{_NONE},E=KG_EXT:,E=KG_ANY:]"
    yield from ("RewriteCond %{HTTP:Accept} ^$", f"RewriteRule ^ - [E=KG_ANY:{_ONE}.0]")
    yield from _quality("KG_ANY", [r"\*/\*"], 0)
    kinds = sorted({offer.media_type.partition("/")[0] for offer in offers})
    for kind in kinds:
        variable = f"KG_{kind.upper()}"
        yield f"RewriteRule ^ - [E={variable}:%{{ENV:KG_ANY}}]"
        yield from _quality(variable, [rf"{kind}/\*"], 1)
    for offer in offers:
        yield from _offer(offer, exists)


def _offer(offer: Format, exists: Sequence[str]) -> Iterator[str]:
    kind = offer.media_type.partition("/")[0]
    yield f"# {offer.title}"
    yield f"RewriteRule ^ - [E=KG_THIS:%{{ENV:KG_{kind.upper()}}}]"
    yield from _quality("KG_THIS", [re.escape(t) for t in (offer.media_type, *offer.aliases)], 2)
    if offer.extension != "html":  # a page has that one in any case
        yield from (line.format(offer.extension) for line in exists)
    yield "RewriteCond expr \"reqenv('KG_THIS') > reqenv('KG_BEST')\""
    yield f"RewriteRule ^ - [E=KG_BEST:%{{ENV:KG_THIS}},E=KG_EXT:{offer.extension}]"


def _quality(variable: str, types: Iterable[str], precision: int) -> Iterator[str]:
    """Set a variable to what an Accept header says of media types, if it names one of them."""
    alternatives = "|".join(types)
    yield f'RewriteCond %{{HTTP:Accept}} "{_NAMED.format(types=alternatives)}" [NC]'
    yield f"RewriteRule ^ - [E={variable}:{_ONE}.{precision}]"
    yield f'RewriteCond %{{HTTP:Accept}} "{_LESS.format(types=alternatives)}" [NC]'
    yield f"RewriteRule ^ - [E={variable}:%1.{precision}]"


def site_rules(project: Project, formats: Sequence[str], gone: Sequence[str]) -> str:
    """The `.htaccess` in the root of the site; `gone` are the paths of what was retired."""
    root = urlsplit(project.url).path
    offered = ", ".join(FORMATS[name].media_type for name in formats)
    headers = {**SECURITY, **SHARING}
    return _lines(
        "# How an Apache httpd (2.4.13 or later, AllowOverride FileInfo) answers for this site.",
        f"# It lies in the root of the site, which is {project.url}",
        "",
        "AddDefaultCharset utf-8",
        *_types(),
        "",
        "<IfModule mod_headers.c>",
        *(f'Header always set {name} "{value}"' for name, value in headers.items()),
        "Header always merge Vary Accept env=KG_BEST",
        "</IfModule>",
        "",
        f'ErrorDocument 404 "{root}404.html"',
        f'ErrorDocument 406 "This can be had as: {offered}"',
        f'ErrorDocument 410 "{root}%{{reqenv:KG_GONE}}"',
        "",
        "RewriteEngine On",
        f'RewriteBase "{unquote(root)}"',
        "",
        "# What was retired: 410, and what says by what it was replaced.",
        *(line for path in gone for line in _gone(path)),
        "# A file is what it is.",
        "RewriteCond %{REQUEST_FILENAME} -f",
        "RewriteRule ^ - [L]",
        "# A folder without a page is no page.",
        "RewriteCond %{REQUEST_FILENAME}/index.html !-f",
        "RewriteRule ^ - [R=404,L]",
        "",
        "# Which format does the client want, of those there are?",
        *negotiation(formats, _TWIN),
        "",
        *_ANSWERS,
    )


# Where the twin of a page would be: behind its path, or in its folder.
_TWIN: Final = (
    "RewriteCond %{{REQUEST_FILENAME}}.{0} -f [OR]",
    "RewriteCond %{{REQUEST_FILENAME}}index.{0} -f",
)

_ANSWERS: Final = (
    "# From a thing to what describes it.",
    "RewriteCond %{ENV:KG_EXT} ^$",
    "RewriteRule [^/]$ - [R=406,L]",
    "RewriteCond %{ENV:KG_EXT} =html",
    'RewriteRule "^(.*[^/])$" "$1/" [R=303,L]',
    'RewriteRule "^(.*[^/])$" "$1.%{ENV:KG_EXT}" [R=303,L]',
    "# What ends in a slash is a page already, unless data for just that was asked for.",
    "RewriteCond %{ENV:KG_EXT} !=html",
    "RewriteCond %{ENV:KG_EXT} .",
    'RewriteRule "^(.*/)?$" "$1index.%{ENV:KG_EXT}" [R=303,L]',
)


def _gone(path: str) -> Iterator[str]:
    whole = _pattern(path.removesuffix("/"))
    twins = rf"{whole}/index\.\w+" if path.endswith("/") else rf"{whole}\.\w+"
    once = "RewriteCond %{ENV:REDIRECT_STATUS} ^$"
    yield from (once, f'RewriteRule "^({whole})/?$" - [E=KG_GONE:$1/index.html,R=410,L]')
    yield from (once, f'RewriteRule "^({twins})$" - [E=KG_GONE:$1,R=410,L]')


def base_rules(project: Project, formats: Sequence[str], ontology: str) -> str:
    """The `.htaccess` for the host of the base: it sends readers of IRIs on to the site.

    It belongs in the folder that the first name of the base's path names. `ontology` is the IRI of
    an ontology outside the base, which goes to the page `ontology`.
    """
    base, url = urlsplit(project.base), urlsplit(project.url)
    folder, prefix = base_folder(project), _prefix(project)
    # What is written here is escaped on its way out.
    target = re.sub(r"([%$\\])", r"\\\1", url._replace(path=unquote(url.path)).geturl())
    own = f"/{folder}/" if folder else "/"
    home = f"{prefix}?" if prefix else ""  # with its slash, or without
    known = "|".join(re.escape(f.extension) for f in FORMATS.values())
    return _lines(
        f"# IRIs that start with {project.base} lead to {project.url}",
        "",
        "Options +FollowSymLinks",
        "RewriteEngine On",
        "",
        *_own_pages(own, base, url),
        "# Which format does the client want?",
        *negotiation(formats),
        "# Where none will do, the page says what there is.",
        "RewriteCond %{ENV:KG_EXT} ^$",
        "RewriteRule ^ - [E=KG_EXT:html]",
        "",
        *_namespace(project, ontology, own, target),
        "# The dataset itself.",
        "RewriteCond %{ENV:KG_EXT} !=html",
        f'RewriteRule "^{home}$" "{target}index.%{{ENV:KG_EXT}}" [R=303,L]',
        f'RewriteRule "^{home}$" "{target}" [R=303,L]',
        "# Addresses on the site, which say their format themselves.",
        f'RewriteRule "^{prefix}(.*/|.*\\.(?:{known}))$" "{target}$1" [R=303,L]',
        "# Things.",
        *_thing(f"{prefix}(.+)", f"{target}$1"),
    )


def _namespace(project: Project, ontology: str, own: str, target: str) -> Iterator[str]:
    """The ontology, where it is in the same folder of the same host, but not below the base."""
    parts = urlsplit(ontology.rstrip("#/"))
    near = parts.netloc == urlsplit(project.base).netloc and parts.path.startswith(own)
    if near and not ontology.startswith(project.base):
        yield "# The ontology."
        name = _pattern(parts.path.removeprefix(own))
        yield from _thing(f"{name}/?", f"{target}ontology")


def _thing(pattern: str, target: str) -> Iterator[str]:
    yield "RewriteCond %{ENV:KG_EXT} !=html"
    yield f'RewriteRule "^{pattern}$" "{target}.%{{ENV:KG_EXT}}" [R=303,L]'
    yield f'RewriteRule "^{pattern}$" "{target}/" [R=303,L]'


def _own_pages(own: str, base: SplitResult, url: SplitResult) -> Iterator[str]:
    """Nothing is sent on from the site itself, should that be below the base."""
    if url.netloc == base.netloc and url.path.startswith(base.path):
        yield f'RewriteRule "^{_pattern(url.path.removeprefix(own))}" - [L]'


def base_folder(project: Project) -> str:
    """The folder, on the host of the base, where the rules belong; '' is the host's root.

    >>> from pathlib import Path
    >>> from kg import load_project
    >>> base_folder(load_project(Path()))
    'linked-evidence'
    """
    return unquote(urlsplit(project.base).path).strip("/").partition("/")[0]


def _prefix(project: Project) -> str:
    """The rest of the base's path, as a pattern."""
    rest = urlsplit(project.base).path.strip("/").partition("/")[2]
    return _pattern(rest) + "/" if rest else ""


def _pattern(path: str) -> str:
    r"""A path as a pattern between double quotes, which a quote in it must not end.

    >>> _pattern("a%20%22b")
    'a\\ \\x22b'
    """
    return re.escape(unquote(path)).replace('"', r"\x22")


def _types() -> Iterator[str]:
    """The media type of every extension; what is compressed is so for good, not for the way."""
    for offer in FORMATS.values():
        yield f"AddType {offer.media_type} .{offer.extension}"
        if offer.content_type != offer.media_type:
            yield f"AddCharset utf-8 .{offer.extension}"
    yield "RemoveEncoding .gz"


def _lines(*lines: str) -> str:
    return "\n".join(lines) + "\n"
