"""Files that are the same for every release: the style sheet and the scripts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from kg.site.pages import Page

_FOLDER: Final = Path(__file__).parent / "assets"


class Assets:
    """What pages need to look as they do; nothing of it comes from another host."""

    def pages(self) -> Iterator[Page]:
        """One page for each file."""
        for file in sorted(_FOLDER.iterdir()):
            yield Page(f"assets/{file.name}", "file", (file.suffix[1:],))

    def render(self, page: Page, format_: str, params: Mapping[str, str]) -> bytes:  # noqa: ARG002
        """The file as it is."""
        return (_FOLDER / page.path.removeprefix("assets/")).read_bytes()
