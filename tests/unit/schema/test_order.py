from __future__ import annotations

from aim.schema.csv_cells import csv_text
from aim.schema.order import natural_key, natural_order


def test_names_with_numbers_stand_as_people_count() -> None:
    texts = ["i=10", "i=9", "a", "i=009", "10", "9", "i=9b", "١"]
    assert sorted(texts, key=natural_order) == ["9", "10", "a", "i=9", "i=009", "i=9b", "i=10", "١"]


def test_cells_that_are_numbers_stand_by_size_before_other_texts() -> None:
    texts = ["10", "Item9", "1e-3", "", "item10", "-2", "9007199254740993", "9007199254740992", "item1", "9", "٢"]
    expected = ["-2", "1e-3", "9", "10", "9007199254740992", "9007199254740993", "", "item1", "Item9", "item10", "٢"]
    assert sorted(texts, key=natural_key) == expected
    assert sorted(["b", "B", "a"], key=natural_key) == ["a", "B", "b"]
    assert natural_key("9" * 5_000) > natural_key("9") and natural_key("x" + "9" * 5_000) != natural_key("x")


def test_texts_that_begin_as_formulas_do_stand_behind_a_quote() -> None:
    assert [csv_text(text) for text in ("=1+2", "+1", "-2+3", "@SUM(A1)", "\tx", "\rx")] == [
        "'=1+2", "'+1", "'-2+3", "'@SUM(A1)", "'\tx", "'\rx",
    ]  # fmt: skip
    assert [csv_text(text) for text in ("", "a=1", " =1", "1-2", "'=1")] == ["", "a=1", " =1", "1-2", "'=1"]
