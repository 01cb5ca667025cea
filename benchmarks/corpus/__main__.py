"""python -m benchmarks.corpus FOLDER --documents N: write a generated project."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from benchmarks.corpus.files import COMPRESSIONS, LAYOUTS, write_corpus


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.corpus", description=__doc__)
    parser.add_argument("folder", type=Path, help="new or empty")
    parser.add_argument("--documents", type=int, required=True, help="from 1 to 1,000,000")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--errors", type=float, default=0.0, help="share of broken documents")
    parser.add_argument("--layout", choices=LAYOUTS, default="records")
    parser.add_argument("--compress", choices=COMPRESSIONS, default="none")
    options = parser.parse_args()
    start = time.perf_counter()
    try:
        corpus = write_corpus(
            options.folder,
            options.documents,
            seed=options.seed,
            errors=options.errors,
            layout=options.layout,
            compress=options.compress,
        )
    except (ValueError, OSError) as error:
        parser.error(str(error))
    seconds = time.perf_counter() - start
    print(
        f"{corpus.documents:,} documents ({corpus.broken:,} broken) in {corpus.files:,} files, "
        f"{corpus.bytes / 1e6:,.1f} MB, {corpus.documents / seconds:,.0f} documents/s"
    )


if __name__ == "__main__":
    main()
