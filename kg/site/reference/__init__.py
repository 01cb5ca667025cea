"""Pages about the graph itself: its ontology, queries, quality, releases and downloads."""
