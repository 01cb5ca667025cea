"""Templates → HTML. The only module that knows of Jinja2."""

from __future__ import annotations

import json
import re
from typing import Any, Final

import jinja2
from markupsafe import Markup

# What could end a script element or open a comment in it, and what JavaScript takes for line ends.
_IN_SCRIPT: Final = {ord(c): f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}
# What HTML forbids even as a character reference: controls and noncharacters.
_FORBIDDEN: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
    + "".join(chr(plane << 16 | last) for plane in range(1, 17) for last in (0xFFFE, 0xFFFF))
    + "]"
)

_DURATION: Final = re.compile(
    r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?"
)
_UNITS: Final = ("year", "month", "week", "day", "hour", "minute", "second")


class Templates:
    """The template set; `shared` is known to every template."""

    def __init__(self, **shared: Any) -> None:
        self._environment = jinja2.Environment(
            loader=jinja2.PackageLoader("kg.site"),
            autoescape=True,
            auto_reload=False,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            finalize=shown,
        )
        self._environment.globals |= shared
        self._environment.filters |= {
            "plural": plural,
            "capital": capital,
            "duration": duration,
            "bytes": size,
        }

    def render(self, template: str, **values: Any) -> bytes:
        """A template with its values, as UTF-8."""
        return self._environment.get_template(template).render(values).encode()


def plural(count: int, one: str, many: str = "") -> str:
    """A number with its noun.

    >>> plural(1, "study", "studies"), plural(1200, "finding")
    ('1 study', '1,200 findings')
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def many_of(noun: str) -> str:
    """An English noun in the plural.

    >>> [many_of(noun) for noun in ("clinical trial", "biological entity", "hypothesis", "assay")]
    ['clinical trials', 'biological entities', 'hypotheses', 'assays']
    """
    if noun.endswith("sis"):
        return f"{noun[:-2]}es"
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith(("s", "x", "ch", "sh")) else f"{noun}s"


def capital(text: str) -> str:
    """The text with its first letter large, the others as they are.

    >>> capital("P-value below"), capital("")
    ('P-value below', '')
    """
    return text[:1].upper() + text[1:]


def shown(value: Any) -> Any:
    r"""What a template puts out, without the characters that HTML forbids.

    >>> shown("a\tb\x00"), shown(3)
    ('a\tb\ufffd', 3)
    """
    if not isinstance(value, str) or not _FORBIDDEN.search(value):
        return value
    return type(value)(_FORBIDDEN.sub("\ufffd", value))


def duration(text: str) -> str:
    """An ISO 8601 duration in words; any other text as it is.

    >>> duration("P1M"), duration("P1Y6M"), duration("PT30M"), duration("a while")
    ('1 month', '1 year 6 months', '30 minutes', 'a while')
    """
    match = _DURATION.fullmatch(text)
    if not match or not any(match.groups()):
        return text
    parts = zip(match.groups(), _UNITS, strict=True)
    return " ".join(f"{n} {unit if n == '1' else unit + 's'}" for n, unit in parts if n)


def size(count: int) -> str:
    """A number of bytes as people read it.

    >>> size(900), size(40_441), size(3_500_000)
    ('900 B', '40 kB', '3.5 MB')
    """
    if count < 1000:
        return f"{count} B"
    value, unit = (count / 1e3, "kB") if count < 1e6 else (count / 1e6, "MB")
    return f"{value:.0f} {unit}" if value >= 10 else f"{value:.1f} {unit}"


def script_data(data: Any) -> Markup:
    r"""JSON for a script element: whatever a text in it says, it stays a text.

    >>> print(script_data({"a": "</script><!--"}))
    {"a":"\u003c/script\u003e\u003c!--"}
    """
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.translate(_IN_SCRIPT))
