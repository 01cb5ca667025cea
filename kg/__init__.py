"""Reviewed facts about documents become a knowledge graph to trust, query, cite and download."""

__version__ = "0.1.0"
