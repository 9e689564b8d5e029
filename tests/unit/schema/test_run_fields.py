"""One table of run fields: whoever adds one touches it alone, and these tests name what must follow."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import get_args

from aim.explore.tables.rows import row_of
from aim.explore.tables.sorting import COMPUTED
from aim.index.sql import tables as t
from aim.query.answering.rows import RUN_COLUMNS, RunDetails
from aim.schema.run_fields import RUN_FIELDS, FieldType, Place, field_named
from aim.web.models.base import RunFields

SCRIPT = Path(__file__).resolve().parents[3] / "scripts" / "run_fields.py"


def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("run_fields_script", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_ui_has_the_same_table() -> None:
    made = script()
    assert made.TARGET.read_text(encoding="utf-8") == made.typescript(), "run: python scripts/run_fields.py"


def test_a_field_has_one_name_and_queries_one_spelling_for_it() -> None:
    names = [field.name for field in RUN_FIELDS]
    spellings = [spelling for field in RUN_FIELDS for spelling in field.queried_as]
    columns = [field.column for field in RUN_FIELDS if field.column is not None]
    for several in (names, spellings, columns):
        assert len(set(several)) == len(several)
    assert all(field.queried_as[0] == field.name for field in RUN_FIELDS if field.queried_as)
    assert field_named("created_at") in RUN_FIELDS and field_named("created") is None


def test_words_of_the_table_are_known_ones() -> None:
    for field in RUN_FIELDS:
        assert field.type in get_args(FieldType) and field.label
        assert (field.place is None) == (field.column is None)
        assert field.place is None or field.place in get_args(Place)


def test_what_is_shown_sorted_grouped_or_exported_is_in_the_rows() -> None:
    for field in RUN_FIELDS:
        is_used = field.is_sortable or field.is_groupable or bool(field.column) or bool(field.export_title)
        assert field.is_in_rows or not is_used, field.name


def test_rows_and_the_model_of_the_api_hold_these_fields() -> None:
    expected = {field.name for field in RUN_FIELDS if field.is_in_rows}
    values = dict.fromkeys(RUN_COLUMNS) | {"tags": '["a"]', "is_archived": 1, "created_at": 5.0}
    row = row_of("0" * 24, RunDetails([values[name] for name in RUN_COLUMNS], None, 7.0))
    assert set(row) == set(RunFields.model_fields) == expected
    assert (row["hash"], row["status"], row["archived"], row["tags"]) == ("0" * 24, "stalled", True, ["a"])


def test_fields_that_are_computed_can_be_sorted_by() -> None:
    assert set(COMPUTED) == {field.name for field in RUN_FIELDS if field.is_sortable and field.is_computed}


def test_fields_that_are_not_computed_have_a_column_in_the_index() -> None:
    sortable = [field for field in RUN_FIELDS if field.is_sortable and not field.is_computed]
    assert [field.name for field in sortable if field.attribute_name not in t.run.c] == []
