"""How wide a text is at most, and how it breaks into lines, without knowing the reader's fonts.

Nobody can measure a system font on a server. The widths here are those of the widest fonts that
systems ship for pages (Verdana, DejaVu Sans), so that what fits here fits in any of them.
"""

from __future__ import annotations

import unicodedata
from typing import Final

# Advance widths in em.
_NARROW: Final = frozenset("iljI|.,:;'!()[]{}ftr -/\\`\"°·")
_BROAD: Final = frozenset("mwMW@%—…")
_WIDTHS: Final = {"narrow": 0.46, "small": 0.66, "large": 0.8, "broad": 1.0, "full": 1.4}
_NO_WIDTH: Final = {"Mn", "Me", "Cf", "Cc"}
ELLIPSIS: Final = "…"


def width_of(text: str, size: float) -> float:
    """At most how wide a text is, in the unit of the font size.

    >>> width_of("", 12), width_of("ii", 10) < width_of("MM", 10) < width_of("漢字", 10)
    (0, True)
    """
    return sum(_em(character) for character in text) * size


def _em(character: str) -> float:
    if character in _NARROW:
        return _WIDTHS["narrow"]
    if character in _BROAD:
        return _WIDTHS["broad"]
    if character.isascii():
        return _WIDTHS["large" if character.isupper() else "small"]
    if unicodedata.category(character) in _NO_WIDTH:
        return 0
    if unicodedata.east_asian_width(character) in "WF":
        return _WIDTHS["full"]
    return _WIDTHS["large" if character.islower() else "broad"]


def wrap(text: str, size: float, width: float, most: int) -> tuple[str, ...]:
    """The text in lines that fit into `width`, at most so many; an ellipsis ends what is cut.

    White space counts as one space. A word that fits no line is broken where the line is full.

    >>> wrap("magnesium blocks the receptor", 10, 120, 3)
    ('magnesium blocks', 'the receptor')
    >>> wrap("magnesium blocks the receptor", 10, 120, 1)
    ('magnesium blocks…',)
    """
    # No label needs more than this; a long one must not cost more than a short one.
    words = plain(text[: 200 * most]).split()
    lines: list[str] = []
    line = ""
    while words:
        word = words.pop(0)
        longer = f"{line} {word}" if line else word
        if width_of(longer, size) <= width:
            line = longer
        elif line:
            lines.append(line)
            line = ""
            words.insert(0, word)
        else:
            cut = _fitting(word, size, width)
            lines.append(word[:cut])
            words.insert(0, word[cut:])
        if len(lines) > most:
            break
    if line:
        lines.append(line)
    if len(lines) > most:
        lines = [*lines[: most - 1], _shortened(lines[most - 1], size, width)]
    return tuple(lines)


def plain(text: str) -> str:
    r"""The text without what would not be seen or would turn what is around it.

    >>> plain("a\x07\u202eb")
    'ab'
    """
    return "".join(c if unicodedata.category(c) not in {"Cc", "Cf", "Cs"} else " " * c.isspace()
                   for c in text)  # fmt: skip


def _fitting(word: str, size: float, width: float) -> int:
    """How many characters of a word fit, at least one."""
    used = 0.0
    for number, character in enumerate(word):
        used += _em(character) * size
        if used > width:
            return max(number, 1)
    return len(word)


def _shortened(line: str, size: float, width: float) -> str:
    while line and width_of(line + ELLIPSIS, size) > width:
        line = line.rpartition(" ")[0] if " " in line else line[:-1]
    return line + ELLIPSIS
