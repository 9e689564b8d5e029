"""Query text -> tree: both forms, what bare names mean, errors that point, limits."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aim.errors import QueryError, QueryNameError, QuerySyntaxError
from aim.query.language import tree
from aim.query.language.hashes import possible_hashes, with_known_hashes
from aim.query.language.parse import parse
from aim.schema.paths import ParamPath
from tests.unit.query.language import holds, queries


def selected(text: str) -> list[tuple[str, bool]]:
    return [(item.name, item.tensorboard) for item in parse(text).selected]


def condition(text: str) -> tree.Node:
    found = parse(text, now=1_000.0).condition
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("loss", [("loss", False)]),
        ("loss, accuracy", [("loss", False), ("accuracy", False)]),
        ("train/loss", [("train/loss", False)]),
        ('"F1 (macro)"', [("F1 (macro)", False)]),
        ("'a', b.c", [("a", False), ("b.c", False)]),
        ("tf:accuracy", [("accuracy", True)]),
        ("tf:train/loss, loss", [("train/loss", True), ("loss", False)]),
        ('"tf:train/loss"', [("train/loss", True)]),
        ('tf:"F1 (macro)"', [("F1 (macro)", True)]),
        ("loss if params.lr > 1", [("loss", False)]),
        ("recall@10, hits@5/val", [("recall@10", False), ("hits@5/val", False)]),
        ("val-acc, top.5 if True", [("val-acc", False), ("top.5", False)]),
        ("", []),
        ("  \n ", []),
        ("run.archived", []),
        ("hparams.debug", []),
        ("params.a/params.b", []),
        ("(loss)", []),
        ("not loss", []),
        ("True", []),
    ],
)
def test_what_a_query_selects(text: str, names: list[tuple[str, bool]]) -> None:
    assert selected(text) == names


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("context.subset == train", 'context.subset == "train"'),
        ("train == context.subset", '"train" == context.subset'),
        ("context.subset in (train)", 'context.subset in ("train",)'),
        ("context.subset in (train, val)", 'context.subset in ["train", "val"]'),
        ("experiment == baseline", 'run.experiment == "baseline"'),
        ("learning_rate > 0.001", "params.learning_rate > 0.001"),
        ("optimizer == adam", "params.optimizer == params.adam"),
        ("hparams.opt == adam", 'params.hparams.opt == "adam"'),
        ("run.name.lower() == foo", 'run.name.lower() == "foo"'),
        ("run.name.startswith(foo)", 'run.name.startswith("foo")'),
        ("params.x == experiment", "params.x == run.experiment"),
        ("0.1 < lr < 1", "0.1 < params.lr < 1"),
        ("run.finalized_at > 1", "run.ended_at > 1"),
        ("metric.context.subset == 'a'", "context.subset == 'a'"),
        ("run.params.lr > 1", "params.lr > 1"),
        ("params.x == None", "params.x is None"),
        ("params.x != None", "params.x is not None"),
        ("a or b and c", "a or (b and c)"),
        ("not a and b", "(not a) and b"),
        ("params.x == -2 ** 2", "params.x == -4"),
        ("params.x == 2 ** -1", "params.x == 0.5"),
        ("params.x == 1 - 2 - 3", "params.x == -4"),
        ("params.x == 2 * (3 + 4) % 4", "params.x == 2"),
        ("run.created_at >= datetime(2024, 1, 31)", 'run.created_at >= datetime("2024-01-31T02:00:00+02:00")'),
        ("run.created_at > now() - 500", "run.created_at > 500.0"),
        ("params.x == 1_000", "params.x == 1000"),
        ("params.x # a remark\n == 1", "params.x == 1"),
        (r'params.x == "a\x41\u00e9\U0001F600\n\'\0"', 'params.x == "aA\\xe9\\U0001f600\\x0a\'\\x00"'),
    ],
)
def test_spellings_of_the_same_condition(text: str, same: str) -> None:
    assert strip(condition(text)) == strip(condition(same))


@pytest.mark.parametrize(
    ("text", "keys", "exact"),
    [
        ("params.lr", ("lr",), set()),
        ("lr", ("lr",), set()),
        ('params["lr"]', ("lr",), {0}),
        ('run["hparams", "lr"]', ("hparams", "lr"), {0, 1}),
        ("run.hparams.lr", ("hparams", "lr"), set()),
        ("params.lambda", ("lambda",), set()),
        ("params.layers.0.size", ("layers", "0", "size"), set()),
        ('params["layers"]["0"].size', ("layers", "0", "size"), {0, 1}),
        ('run.params["a.b"].c["d"]', ("a.b", "c", "d"), {0, 2}),
        ('hparams["a.b"]', ("hparams", "a.b"), {1}),
    ],
)
def test_a_key_in_brackets_is_that_key_and_no_part_of_another(
    text: str, keys: tuple[str, ...], exact: set[int]
) -> None:
    node = condition(f"{text} == 1")
    assert isinstance(node, tree.Compare) and isinstance(node.first, tree.ParamRef | tree.RunPath)
    assert node.first.path == ParamPath(keys, frozenset(exact))


def strip(node: tree.Node) -> object:
    """The tree without positions."""
    parts = [strip(child) for child in tree.children(node)]
    rest = {
        name: value
        for name in node.__dataclass_fields__
        if name != "at" and not isinstance(value := getattr(node, name), tree.Node | tuple)
    }
    ops = [op for op, _ in node.rest] if isinstance(node, tree.Compare) else []
    return type(node).__name__, parts, rest, ops


@pytest.mark.parametrize(
    ("text", "line", "column", "says"),
    [
        ("params.lr = 1", 1, 11, "expected '=='"),
        ("params.lr > 1 && x", 1, 15, "expected 'and'"),
        ("params.lr >", 1, 12, "ends too early"),
        ("loss if", 1, 8, "a condition after 'if'"),
        ("loss if a if b", 1, 11, "'if' can only follow"),
        ("a == 1 and\n  b ==== 2", 2, 7, "expected a field"),
        ("(a == 1", 1, 8, "')'"),
        ("a == 1)", 1, 7, "unexpected ')'"),
        ('x == "abc', 1, 6, "closing quote"),
        ("x == $y", 1, 6, "unexpected character '$'"),
        ("x == \0", 1, 6, r"'\x00'"),
        ("x == \ud800", 1, 6, r"'\ud800'"),
        ("a is b", 1, 6, "None, True or False"),
        ("x == true", 1, 6, 'True, or "true" in quotes'),
        ("1 + not x", 1, 5, "'(not ...)'"),
        ("params[run.name] == 1", 1, 8, "a whole number or a string"),
        ("run == 1", 1, 5, "e.g. run.name"),
        ("datetime(2024, 13, 1) < 1", 1, 1, "month must be in 1..12"),
        ("datetime('soon') < 1", 1, 1, "no such time"),
        ('f"a" == x', 1, 1, "no prefix f"),
        ("0x == 1", 1, 1, "0x"),
        ("1abc == 1", 1, 1, "'1abc' is neither a number nor a name"),
        ("lambda: 0", 1, 7, "unexpected ':'"),
        ("[x for x in y]", 1, 4, "','"),
        ("loss accuracy if x", 1, 6, "','"),
        ("1 if x", 1, 1, "cannot name a metric"),
        ("loss, if x", 1, 7, "a metric is missing"),
    ],
)
def test_errors_point_at_the_fault(text: str, line: int, column: int, says: str) -> None:
    with pytest.raises(QuerySyntaxError) as error:
        parse(text)
    assert (error.value.line, error.value.column) == (line, column)
    assert says in str(error.value)
    assert error.value.text == text


@pytest.mark.parametrize(
    ("text", "column", "suggestions"),
    [
        ("metric.nmae == loss", 8, ("metric.name",)),
        ("run.name.startwith('x')", 10, ("startswith",)),
        ("lenn(params.x) > 1", 1, ("len",)),
        ("__import__('os').system('true')", 1, ()),
        ("eval('1')", 1, ()),
        ("params.x.__class__()", 10, ()),
        ("metric.__dict__", 8, ()),
        ("run.name.foo == 1", 10, ()),
        ('run.metrics["loss"].lsat > 1', 21, ("last",)),
    ],
)
def test_unknown_names_come_with_near_ones(text: str, column: int, suggestions: tuple[str, ...]) -> None:
    with pytest.raises(QueryNameError) as error:
        parse(text)
    assert error.value.column == column
    assert error.value.suggestions[: len(suggestions)] == suggestions
    assert bool(suggestions) or error.value.expected


def test_archived_is_mentioned_only_by_its_own_name() -> None:
    assert parse("run.archived is True").mentions_archived
    assert parse("run.is_archived").mentions_archived
    assert not parse('params.archived and run.name == "archived"').mentions_archived


@pytest.mark.parametrize(
    "text",
    [
        "(" * 10_000,
        "[" * 10_000,
        "not " * 10_000 + "x",
        "-" * 50_000 + "1",
        "x + " * 10_000 + "x",
        "x" + ".lower()" * 5_000,
        "len(" * 10_000,
        "9" * 5_000 + " == x",
        "9" * 200_000,
        "x == (" + "1," * 40_000 + ")",
        "a." * 40_000,
        "2 ** " * 5_000 + "2",
        "x[0]" * 5_000,
    ],
)
def test_oversized_queries_are_refused(text: str) -> None:
    with pytest.raises(QuerySyntaxError):
        parse(text)


def test_large_but_sensible_queries_are_read() -> None:
    hashes = ", ".join(f'"{i:024x}"' for i in range(3_000))
    assert parse(f"run.hash in ({hashes})").condition is not None
    assert parse(" or ".join(f"params.x == {i}" for i in range(2_000))).condition is not None


def test_huge_powers_and_repetitions_are_missing_values() -> None:
    assert holds("9**9**9 is None")
    assert holds('"a" * 1000000000 is None')


@pytest.mark.parametrize("word", ["if", "and", "not", "in", "is", "None", "0.5"])
def test_a_word_of_the_language_in_quotes_is_a_name(word: str) -> None:
    for text in (f'"{word}"', f"'{word}', loss", f'"{word}" if params.x > 1', f'tf:"{word}"'):
        assert parse(text).selected[0].name == word


def test_a_query_is_text() -> None:
    with pytest.raises(QuerySyntaxError, match="not int"):
        parse(5)  # type: ignore[arg-type]


@given(st.one_of(st.text(max_size=60), st.text(alphabet="ab.()[]{}'\"\\,=<>!+-*/ \n01e_#:if", max_size=40)))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        parse(text)
    except QueryError as error:
        assert 1 <= error.line <= text.count("\n") + 1
        assert error.column >= 1
        assert str(error)


@given(queries, st.data())
def test_damaged_queries_are_read_or_refused(text: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(text)))
    more = data.draw(st.sampled_from(["", "(", ")", ",", ".", "if ", "not ", "'", "\0", "==", "1", "[", "]", "x"]))
    cut = data.draw(st.integers(0, 3))
    try:
        parse(text[:at] + more + text[at + cut :])
    except QueryError:
        pass


@given(queries)
def test_the_grammar_of_these_tests_is_read(text: str) -> None:
    parse(text)


@pytest.mark.parametrize(
    ("text", "column", "suggestion"),
    [
        ("loss if a == 1 AND b == 2", 16, "and"),
        ("a == 1 OR b == 2", 8, "or"),
        ("NOT params.a == 1", 1, "not"),
        ("NOT (params.a == 1)", 1, "not"),
        ("a == 1 And (b == 2)", 8, "and"),
        ("params.a NOT IN (1, 2)", 10, "not"),
        ("params.a IN (1, 2)", 10, "in"),
        ("loss IF params.a > 0", 6, "if"),
        ("loss accuracy if params.a > 0", 6, "a comma"),
        ("loss accuracy", 6, "a comma"),
        ('loss, accuracy "F1 (macro)"', 16, "a comma"),
    ],
)
def test_words_in_capitals_and_missing_commas_are_understood(text: str, column: int, suggestion: str) -> None:
    with pytest.raises(QuerySyntaxError) as raised:
        parse(text)
    assert (raised.value.column, raised.value.suggestions) == (column, (suggestion,))


@pytest.mark.parametrize("text", ["AND == 1", "params.AND > 0", "run.name == OR", "x == NOT", "AND", "AND, OR if x"])
def test_words_in_capitals_are_names_where_a_name_can_stand(text: str) -> None:
    parse(text)


@pytest.mark.parametrize(
    ("text", "always", "while_active"),
    [
        ("run.created_at > now() - 60", True, True),
        ("loss if (now() - run.created_at) / 60 < 5", True, True),
        ("run.created_at > now()*0 + 5", True, True),
        ("run.duration > 60", False, True),
        ("loss if not (params.a or run.duration > 1)", False, True),
        ('run.name == "now" and params.now == "now()"', False, False),
        ('params.duration > 1 and run.name == "duration"', False, False),
        ("run.created_at > datetime(2024, 1, 1)", False, False),
        ("loss", False, False),
        ("", False, False),
    ],
)
def test_whether_an_answer_depends_on_the_time_is_read_from_the_tree(
    text: str, always: bool, while_active: bool
) -> None:
    query = parse(text)
    assert tree.depends_on_time(query, is_any_active=False) is always
    assert tree.depends_on_time(query, is_any_active=True) is while_active


HASH, OTHER = "0123456789abcdef01234567", "fedcba987654321001234567"


@pytest.mark.parametrize(
    "text",
    [
        f'run.hash == "{HASH}"',
        f'run.hash != "{HASH}" and params.a > 1',
        f'run.hash in ["{HASH}", "{OTHER}", "x"]',
        f'not (run.hash == "{HASH}" or params.a == 1)',
        'run.hash == "x"',
    ],
)
def test_a_hash_of_a_run_is_not_taken_for_a_name(text: str) -> None:
    query = parse(text)
    whole = with_known_hashes(query, [HASH])
    assert whole is not None
    compared = [node for node in tree.walk(whole) if isinstance(node, tree.Compare)]
    names = [node for node in compared if getattr(node.first, "name", "") == "name"]
    assert not any(HASH in str(node.rest) for node in names)
    hashes = [node for node in compared if getattr(node.first, "name", "") == "hash"]
    assert len(hashes) == 1
    assert with_known_hashes(query, []) is query.condition
    assert possible_hashes(query) == [text for text in (HASH, OTHER) if text in query.text]
    if OTHER in text:
        assert [OTHER in str(node.rest) and "'x'" in str(node.rest) for node in names] == [True]
    if HASH not in text:
        assert whole is query.condition


@pytest.mark.parametrize(
    ("written", "same"),
    [
        ('run.hparams.get("lr") > 1', 'run.hparams["lr"] > 1'),
        ('params.get("lr") is None', 'params["lr"] is None'),
        ('run.get("hparams").get("a.b") == 1', 'run["hparams"]["a.b"] == 1'),
        ('context.get("subset") == "val"', 'context["subset"] == "val"'),
    ],
)
def test_get_of_a_key_is_its_brackets(written: str, same: str) -> None:
    def without_places(text: str) -> str:
        return re.sub(r"at=\d+", "", repr(parse(text).condition))

    assert without_places(written) == without_places(same)


@pytest.mark.parametrize("text", ['run.x.get("a"', "run.x.get(", 'run.x.get("a", 1) > 0', "run.x.get(a) > 0"])
def test_get_that_is_not_of_one_key_is_no_method(text: str) -> None:
    with pytest.raises(QueryError, match="no method 'get'"):
        parse(text)
