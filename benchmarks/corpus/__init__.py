"""Realistic corpora of any size, from a seed: whole projects, and the same facts as tables."""

from benchmarks.corpus.files import BASE, EXPECTED, Corpus, write_corpus
from benchmarks.corpus.tables import TABLES, write_csv

__all__ = ["BASE", "EXPECTED", "TABLES", "Corpus", "write_corpus", "write_csv"]
