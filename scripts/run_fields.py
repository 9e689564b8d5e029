"""Writes the table of run fields for the UI: ``python scripts/run_fields.py``; a unit test compares the two."""

from __future__ import annotations

from pathlib import Path

from aim.schema.run_fields import RUN_FIELDS, FieldType, Place, RunField

TARGET = Path(__file__).resolve().parent.parent / "aim/web/ui/src/base/api/runFields.generated.ts"

_HEAD = """\
// Made by scripts/run_fields.py from aim/schema/run_fields.py, where each key is described. Change that file.

export type RunFieldType = {types}

export interface RunField {{
  readonly name: string
  readonly type: RunFieldType
  readonly label: string
  /** After `run.` in a query. */
  readonly query: string
  readonly sortable: boolean
  readonly groupable: boolean
  readonly exported: boolean
  /** Its column in addresses, without the `@`; null: the runs table has none. */
  readonly column: string | null
  readonly place: {places} | null
}}

/** What the API gives for every run of a list. */
export const RUN_FIELDS: readonly RunField[] = [
"""


def typescript() -> str:
    """The file, as prettier would format it."""
    head = _HEAD.format(types=_union(FieldType), places=_union(Place))
    return head + "".join(_entry(field) for field in RUN_FIELDS if field.is_in_rows) + "]\n"


def _union(literal: object) -> str:
    return " | ".join(f"'{word}'" for word in literal.__args__)  # type: ignore[attr-defined]


def _entry(field: RunField) -> str:
    values = {
        "name": field.name,
        "type": field.type,
        "label": field.label,
        "query": field.queried_as[0],
        "sortable": field.is_sortable,
        "groupable": field.is_groupable,
        "exported": field.export_title is not None,
        "column": field.column,
        "place": field.place,
    }
    return "  {\n" + "".join(f"    {key}: {_text(value)},\n" for key, value in values.items()) + "  },\n"


def _text(value: str | bool | None) -> str:
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else f"'{value}'"


if __name__ == "__main__":
    TARGET.write_text(typescript(), encoding="utf-8")
