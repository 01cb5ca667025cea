"""Drawings made on the server: layout, text that fits, shapes."""
