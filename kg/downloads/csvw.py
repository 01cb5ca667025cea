"""Tables → metadata for tables (CSV on the Web, W3C): columns, datatypes, keys and properties."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from kg.downloads.columns import Column
from kg.downloads.tables import Table

# Where readers of a folder look for it (CSVW, Model for Tabular Data, section 5.3).
FILE_NAME: Final = "csv-metadata.json"
_NOTE: Final = (
    "A text that a spreadsheet would run as a formula has an apostrophe before it: take one away "
    "where a run of apostrophes comes before =, +, -, @, a tab or a carriage return."
)


def describe_tables(tables: Sequence[Table], title: str) -> bytes:
    """The metadata of a group of tables, as JSON; every table is in the same folder."""
    group: dict[str, Any] = {"@context": "http://www.w3.org/ns/csvw"}
    if title:
        group["dc:title"] = title
    group |= {
        "dc:description": _NOTE,
        "dialect": {"encoding": "utf-8", "lineTerminators": ["\r\n"], "header": True},
        "tables": [_table(table) for table in tables],
    }
    return (json.dumps(group, indent=2, ensure_ascii=False) + "\n").encode()


def _table(table: Table) -> dict[str, Any]:
    schema: dict[str, Any] = {
        "aboutUrl": "{+id}",
        "primaryKey": "id",
        "columns": [_column(column) for column in table.columns],
    }
    keys = [
        {
            "columnReference": column.name,
            "reference": {"resource": f"{column.references}.csv", "columnReference": "id"},
        }
        for column in table.columns
        if column.references
    ]
    if keys:
        schema["foreignKeys"] = keys
    described: dict[str, Any] = {"url": table.file_name, "dc:title": table.title}
    if table.description:
        described["dc:description"] = table.description
    return described | {"tableSchema": schema}


def _column(column: Column) -> dict[str, Any]:
    said: dict[str, Any] = {"name": column.name, "titles": column.name}
    said["datatype"] = column.datatype
    if column.name == "id":
        said["required"] = True
    if column.separator:
        said["separator"] = column.separator
    if column.language:
        said["lang"] = column.language
    if column.suppressed:
        return said | {"suppressOutput": True}
    if column.about != "id":
        said["aboutUrl"] = f"{{+{column.about}}}"
    said["propertyUrl"] = column.property
    if column.datatype == "anyURI" and not column.separator:
        said["valueUrl"] = f"{{+{column.name}}}"
    return said
