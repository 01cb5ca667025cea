"""Where things live on the site: IRI ⇄ path ⇄ the addresses of a page's formats.

A **path** is what stands behind the base in an IRI, as a URI spells it: `mineral/magnesium`, and
the empty one for the base itself. An **address** is where one format of a page is, relative to the
public URL: `mineral/magnesium/` is the page as HTML, `mineral/magnesium.ttl` as Turtle. Base and
public URL need have nothing in common.
"""

from __future__ import annotations

import posixpath
import re
from typing import Final
from urllib.parse import quote, unquote

# RFC 3986: what may stand in a path as it is, `%` for what is escaped already.
_IN_PATH: Final = "/-._~!$&'()*+,;=:@%"
_ESCAPE: Final = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED: Final = re.compile(r"[A-Za-z0-9._~-]")
# In bytes. File systems stop at 255 for a name and 4,096 for a path; what is around comes on top.
_LONGEST_NAME, _LONGEST_PATH = 200, 2_000
# Paths that a URI spells as they are and that are safe at a glance: nearly all of a large release.
_PLAIN_NAME: Final = rf"[A-Za-z0-9_~-][A-Za-z0-9._~-]{{0,{_LONGEST_NAME - 1}}}"
_PLAIN: Final = re.compile(rf"(?:{_PLAIN_NAME}/)*(?:{_PLAIN_NAME})?")


def path_of(iri: str, base: str) -> str | None:
    """The path of the page that describes `iri`; None when no page of the site can.

    A fragment is left out: `a#b` is described by the page of `a`.

    >>> path_of("https://e.org/x/mineral/iron", "https://e.org/x/"), path_of("urn:a", "https://e.org/")
    ('mineral/iron', None)
    """
    if not iri.startswith(base):
        return None
    rest = iri[len(base) :].partition("#")[0]
    if len(rest) <= _LONGEST_PATH and _PLAIN.fullmatch(rest):
        return rest
    if "?" in rest:
        return None
    path = spelling(rest)
    return path if is_servable(path) else None


def spelling(path: str) -> str:
    """A path of an IRI as a URI spells it.

    >>> spelling("/ä%7e/")
    '/%C3%A4~/'
    """
    return normal_path(quote(path, safe=_IN_PATH))


def normal_path(path: str) -> str:
    """A path with its escapes in one spelling (RFC 3986, 6.2.2): `%7e` and `~` are the same.

    >>> normal_path("a%7eb%c3%a4")
    'a~b%C3%A4'
    """

    def one(match: re.Match[str]) -> str:
        character = chr(int(match[1], 16))
        return character if _UNRESERVED.fullmatch(character) else match[0].upper()

    return _ESCAPE.sub(one, path)


def is_servable(path: str) -> bool:
    """Whether a path is safe as a file name and means the same to every server.

    >>> [is_servable(p) for p in ("", "a/b", "a/b/", "a//b", "../a", "a%2Fb", "a/.htaccess")]
    [True, True, True, False, False, False, False]
    """
    if not path:
        return True
    try:
        names = [unquote(name, errors="strict") for name in path.removesuffix("/").split("/")]
    except UnicodeDecodeError:
        return False
    return len(path) <= _LONGEST_PATH and all(
        name not in ("", ".", "..")
        # A folder `.htaccess` shuts the one that it is in; hosts hide all that starts so.
        and not name.lower().startswith(".ht")
        and name.isprintable()
        and not set(name) & set("/\\%?#")
        and len(name.encode()) <= _LONGEST_NAME
        for name in names
    )


def address(path: str, extension: str) -> str:
    """The address of a page in the format with this extension.

    >>> address("mineral/iron", "html"), address("mineral/iron", "ttl"), address("", "ttl")
    ('mineral/iron/', 'mineral/iron.ttl', 'index.ttl')
    """
    whole = not path or path.endswith("/")
    if extension == "html":
        return path if whole else f"{path}/"
    return f"{path}index.{extension}" if whole else f"{path}.{extension}"


def file_of(address_: str) -> str:
    """The file, below the folder of a static site, that answers at an address.

    >>> file_of("mineral/iron/"), file_of("a%C3%A4.ttl")
    ('mineral/iron/index.html', 'aä.ttl')
    """
    name = unquote(address_)
    return f"{name}index.html" if not name or name.endswith("/") else name


def relative(start: str, target: str) -> str:
    """How the page at address `start` links to `target`: works wherever the site is mounted.

    >>> relative("mineral/iron/", "mineral/zinc/"), relative("", "a.ttl"), relative("a/", "")
    ('../zinc/', 'a.ttl', '../')
    >>> relative("a/b/", "a/b/"), relative("a/b/", "a/b/#c")
    ('./', './#c')
    """
    target, hash_, fragment = target.partition("#")
    folder = posixpath.dirname(start)
    link = posixpath.relpath("/" + target, "/" + folder) if target or folder else "."
    if not target or target.endswith("/"):
        link += "/"
    if ":" in link.split("/")[0]:
        link = f"./{link}"
    return f"{link}{hash_}{fragment}"
