"""What a release knows of the pieces it was built from, so that the next build can keep them.

Two files in the folder of a release: `pieces.json` has the pieces and what they gave, `hashes.bin`
all their hashes, one piece behind the other. Without them, or when they are damaged, nothing is
kept, and all is compiled again.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from kg.iris import hash_of
from kg.pieces import Part, Piece, hashes
from kg.report.as_json import problem_of, values_of
from kg.stats import Stats, pack, unpack
from kg.store import Release
from kg.things import data_graphs
from kg.tombstones import subjects_of

_PIECES: Final = "pieces.json"
_HASHES: Final = "hashes.bin"
_FORM: Final = 2


@dataclass(slots=True)
class Index:
    """The parts of a release, and for each graph the digest of its lines, and their number.

    `frame` is a digest of all but the sheets that decides what compiling and judging gives.
    """

    frame: str = ""
    parts: list[Part] = field(default_factory=list)
    graphs: dict[str, tuple[str, int]] = field(default_factory=dict)

    def by_path(self) -> dict[str, list[Part]]:
        """The parts of each sheet."""
        found: defaultdict[str, list[Part]] = defaultdict(list)
        for part in self.parts:
            found[part.piece.path].append(part)
        return found


def write_index(folder: Path, index: Index) -> None:
    """Write an index into the folder of a release that is being put together."""
    rows = []
    with (folder / _HASHES).open("wb") as file:
        for part in index.parts:
            piece, blobs = part.piece, (part.subjects, part.twice, part.refs)
            file.writelines(blobs)
            rows.append(
                [
                    [piece.name, piece.path, piece.sha256, piece.key, piece.first_line],
                    part.graph,
                    part.digest,
                    [len(blob) for blob in blobs],
                    list(part.sources),
                    [values_of(problem) for problem in part.problems],
                ]
            )
    document = {
        "form": _FORM,
        "frame": index.frame,
        "graphs": index.graphs,
        "stats": pack(part.stats for part in index.parts),
        "parts": rows,
    }
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    # The name of a file may hold bytes that are no text.
    (folder / _PIECES).write_text(text, encoding="utf-8", errors="surrogatepass")


def read_index(release: Release) -> Index:
    """The index of a release; an empty one where there is none that can be read."""
    try:
        blobs = memoryview((release.path / _HASHES).read_bytes())
        document = json.loads((release.path / _PIECES).read_bytes())
        if document["form"] != _FORM:
            return Index()
        graphs = {str(g): (str(digest), int(n)) for g, (digest, n) in document["graphs"].items()}
        index = Index(str(document["frame"]), [], graphs)
        for row, stats in zip(document["parts"], unpack(document["stats"]), strict=True):
            part = _part(row, stats, blobs)
            blobs = blobs[sum(row[3]) :]
            index.parts.append(part)
    except (
        OSError,
        ArithmeticError,
        AttributeError,
        LookupError,
        RecursionError,
        TypeError,
        ValueError,
    ):
        return Index()
    return index if not blobs else Index()


def _part(row: Any, stats: Stats, blobs: memoryview) -> Part:
    piece, graph, digest, sizes, sources, problems = row
    name, path, sha256, key, first_line = piece
    ends = [sum(sizes[:count]) for count in range(4)]
    if min(sizes) < 0 or ends[3] > len(blobs) or any(size % 8 for size in sizes):
        raise ValueError("sizes that cannot be")
    subjects, twice, refs = (bytes(blobs[start:end]) for start, end in pairwise(ends))
    return Part(
        Piece(str(name), str(path), str(sha256), str(key), int(first_line)),
        str(graph),
        run="",
        start=0,
        length=0,
        digest=str(digest),
        stats=stats,
        subjects=subjects,
        twice=twice,
        refs=refs,
        sources=tuple(map(str, sources)),
        problems=tuple(map(problem_of, problems)),
    )


def described_in(release: Release, base: str, index: Index | None = None) -> dict[str, set[int]]:
    """The graphs of a release's sheets, each with the hashes of the subjects it describes.

    `index` is that of the release, where it was read already. Raises `NoReleaseError` when neither
    the index nor the store can be read.
    """
    found: defaultdict[str, set[int]] = defaultdict(set)
    for part in (index or read_index(release)).parts:
        found[part.graph].update(hashes(part.subjects))
    if not found:
        store = release.open_store()
        for graph in data_graphs(store, base):
            found[graph.value] = set(map(hash_of, subjects_of(store, graph.value)))
    return found
