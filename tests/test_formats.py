"""The table of formats agrees with itself and with the media types that IANA lists."""

from __future__ import annotations

import pytest
from pyoxigraph import RdfFormat

from kg.formats import RDF_FORMATS, RESULT_FORMATS, GraphFormat


def test_names_extensions_and_media_types_are_each_used_once():
    for table in (RDF_FORMATS, RESULT_FORMATS):
        for field in ("name", "extension", "media_type"):
            values = [getattr(format_, field) for format_ in table.values()]
            assert len(set(values)) == len(values)
        assert all(name == format_.name for name, format_ in table.items())


@pytest.mark.parametrize("format_", RDF_FORMATS.values(), ids=lambda format_: format_.name)
def test_a_graph_format_is_what_the_library_says_of_it(format_: GraphFormat):
    assert RdfFormat.from_media_type(format_.media_type) == format_.rdf
    assert RdfFormat.from_extension(format_.extension) == format_.rdf
    assert format_.rdf.supports_datasets is format_.datasets
