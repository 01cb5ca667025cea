"""What every host says of every page over HTTP: our own server, and others that we configure."""

from __future__ import annotations

from typing import Final

# No script and no style but the site's own files, nothing from other hosts, no frame around it.
# A block of JSON-LD is data: no policy holds it back.
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'self'; frame-ancestors 'none'"
)

SECURITY: Final = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
"""Headers that guard a reader."""

SHARING: Final = {"Access-Control-Allow-Origin": "*"}
"""Headers that let a page of another host read all of this site."""
