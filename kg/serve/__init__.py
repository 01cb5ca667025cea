"""The HTTP application and the query workers."""
