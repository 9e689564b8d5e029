"""What the events of a run add up to, whatever they hold."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aim.schema.events import MAX_PATH_KEYS
from aim.schema.jsonvalues import to_json
from aim.schema.runstate import (
    LossLedger,
    Note,
    RunState,
    SequenceDeclaration,
    WriterState,
    merge_events,
    merge_params,
)

HASH = "0123456789abcdef01234567"
A, B = "1-aaaaaaaa", "2-bbbbbbbb"


def event(kind: str, time: float, /, **keys: Any) -> dict[str, Any]:
    return {"type": kind, "time": time, **keys}


def merged(*streams: list[dict[str, Any]]) -> RunState:
    return merge_events(HASH, zip((A, B), streams, strict=False))


def params(*events: dict[str, Any]) -> dict[str, Any]:
    return merged(list(events)).params


# -- order -------------------------------------------------------------------------------------------------------------


def test_later_event_wins_whichever_writer_it_comes_from() -> None:
    first, second = event("set", 1.0, field="name", value="old"), event("set", 2.0, field="name", value="new")
    assert merged([first], [second]).name == "new"
    assert merged([second], [first]).name == "new"


def test_of_events_at_one_time_that_of_the_later_writer_wins() -> None:
    assert (
        merged([event("set", 1.0, field="name", value="a")], [event("set", 1.0, field="name", value="b")]).name == "b"
    )


def test_of_events_of_one_writer_at_one_time_the_later_line_wins() -> None:
    events = [event("set", 1.0, field="name", value=text) for text in "abc"]
    assert merged(events).name == "c"


def test_clock_that_went_backwards_does_not_reorder_a_writers_own_events() -> None:
    events = [event("set", 9.0, field="name", value="first"), event("set", 5.0, field="name", value="second")]
    state = merged(events)
    assert state.name == "second"
    assert state.last_event_at == 9.0


def test_event_after_the_clock_went_backwards_still_comes_before_a_later_one_of_another_writer() -> None:
    mine = [event("set", 9.0, field="name", value="a"), event("set", 5.0, field="name", value="b")]
    assert merged(mine, [event("set", 9.5, field="name", value="other")]).name == "other"
    assert merged(mine, [event("set", 7.0, field="name", value="other")]).name == "b"


def test_streams_in_any_order_give_the_same_run() -> None:
    one = [event("params", t, path=["p"], value={f"k{t}": t, "same": t}) for t in (1.0, 3.0)]
    other = [event("params", t, path=["p"], value={f"k{t}": t, "same": t}) for t in (2.0, 4.0)]
    forth = merge_events(HASH, [(A, one), (B, other)])
    assert forth == merge_events(HASH, [(B, other), (A, one)])
    assert forth.params == {"p": {"k1.0": 1.0, "k2.0": 2.0, "k3.0": 3.0, "k4.0": 4.0, "same": 4.0}}


def test_two_streams_of_one_writer_are_one() -> None:
    state = merge_events(HASH, [(A, [event("tag", 1.0, add=["a"])]), (A, [event("tag", 2.0, add=["b"])])])
    assert state.tags == ["a", "b"]
    assert list(state.writers) == [A]


# -- params ------------------------------------------------------------------------------------------------------------


def test_params_of_one_name_merge_deeply() -> None:
    assert params(
        event("params", 1.0, path=["hparams"], value={"opt": {"lr": 0.1, "name": "sgd"}, "epochs": 3}),
        event("params", 2.0, path=["hparams"], value={"opt": {"lr": 0.2, "momentum": 0.9}}),
    ) == {"hparams": {"opt": {"lr": 0.2, "name": "sgd", "momentum": 0.9}, "epochs": 3}}


def test_replace_takes_the_place_of_what_was_there() -> None:
    assert params(
        event("params", 1.0, path=["p"], value={"a": 1, "b": 2}),
        event("params", 2.0, path=["p"], value={"c": 3}, replace=True),
    ) == {"p": {"c": 3}}


def test_replace_without_a_path_is_about_the_whole() -> None:
    assert params(
        event("params", 1.0, path=["p"], value={"a": 1}), event("params", 2.0, path=[], value={"q": 1}, replace=True)
    ) == {"q": 1}


def test_value_and_dict_take_each_others_place() -> None:
    assert params(event("params", 1.0, path=["p"], value=1), event("params", 2.0, path=["p"], value={"a": 1})) == {
        "p": {"a": 1}
    }
    assert params(event("params", 1.0, path=["p"], value={"a": 1}), event("params", 2.0, path=["p"], value=1)) == {
        "p": 1
    }


def test_path_through_a_value_makes_it_a_dict() -> None:
    assert params(event("params", 1.0, path=["p"], value=1), event("params", 2.0, path=["p", "a"], value=2)) == {
        "p": {"a": 2}
    }


def test_deleted_params_are_gone_and_can_come_back() -> None:
    events = [
        event("params", 1.0, path=["p"], value={"a": {"x": 1}, "b": 2}),
        event("deleted", 2.0, path=["p", "a", "x"]),
        event("deleted", 3.0, path=["p", "b"]),
        event("deleted", 4.0, path=["p", "nothing", "here"]),
        event("deleted", 5.0, path=["p", "a", "x", "y"]),
        event("deleted", 6.0, path=[]),
    ]
    assert params(*events) == {"p": {"a": {}}}
    assert params(*events, event("params", 7.0, path=["p"], value={"b": 3})) == {"p": {"a": {}, "b": 3}}


def test_merging_leaves_the_events_as_they_were() -> None:
    events = [
        event("params", 1.0, path=["p"], value={"a": {"x": 1}}),
        event("params", 2.0, path=["p"], value={"a": {"y": 2}}),
    ]
    before = json.dumps(events)
    merged(events)
    assert json.dumps(events) == before


def test_path_as_long_as_allowed_is_kept_and_a_longer_one_is_not() -> None:
    keys = [str(number) for number in range(MAX_PATH_KEYS)]
    state = params(event("params", 1.0, path=keys, value=1), event("params", 2.0, path=[*keys, "more"], value=2))
    for key in keys[:-1]:
        state = state[key]
    assert state == {keys[-1]: 1}


param_dicts = st.recursive(
    st.integers(), lambda below: st.dictionaries(st.sampled_from("abc"), below, max_size=3), max_leaves=8
).filter(lambda value: isinstance(value, dict))


def leaves(value: Any, above: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    if not isinstance(value, dict):
        return {above: value}
    return {path: leaf for key, item in value.items() for path, leaf in leaves(item, (*above, key)).items()}


@given(param_dicts, param_dicts)
def test_after_a_merge_all_leaves_of_the_later_hold(first: dict[str, Any], second: dict[str, Any]) -> None:
    into: dict[str, Any] = {}
    merge_params(into, first)
    assert leaves(into) == leaves(first)
    merge_params(into, second)
    assert leaves(second).items() <= leaves(into).items()


# -- everything else ---------------------------------------------------------------------------------------------------


def test_tags_are_added_once_and_removed() -> None:
    state = merged(
        [
            event("tag", 1.0, add=["a", "b", "a"]),
            event("tag", 2.0, add=["b", "c"], remove=["a", "never there"]),
        ]
    )
    assert state.tags == ["b", "c"]


def test_tag_added_later_than_removed_is_there() -> None:
    assert merged([event("tag", 2.0, add=["a"])], [event("tag", 1.0, remove=["a"])]).tags == ["a"]


def test_note_keeps_when_it_was_made_and_tells_when_it_was_edited() -> None:
    state = merged(
        [
            event("note", 1.0, id="n1", text="first"),
            event("note", 2.0, id="n2", text="second"),
            event("note", 3.0, id="n1", text="first, edited"),
            event("note", 4.0, id="n2", text=None),
            event("note", 5.0, id="n3", text=None),
        ]
    )
    assert state.notes == [Note("n1", "first, edited", 1.0, 3.0)]


def test_records_are_lists_under_their_kind() -> None:
    state = merged([event("record", 1.0, kind="checkpoint", value={"step": step}) for step in (1, 2)])
    assert state.records == {"checkpoint": [{"step": 1}, {"step": 2}]}


def test_opened_tells_of_run_and_writer() -> None:
    opened = event(
        "opened", 5.0, role="train", attempt=2, rank=3, host="h", pid=7, name="amber-owl-1", experiment="e", source="s"
    )
    state = merged([opened])
    assert state == RunState(
        HASH,
        name="amber-owl-1",
        experiment="e",
        source="s",
        created_at=5.0,
        last_event_at=5.0,
        last_recorded_at=5.0,
        writers={A: WriterState(A, attempt=2, rank=3, opened_at=5.0, host="h", pid=7)},
    )
    assert state.attempt == 2


def test_run_is_as_old_as_its_first_writer() -> None:
    assert merged([event("opened", 5.0)], [event("opened", 3.0, role="edit")]).created_at == 3.0


def test_edits_do_not_make_an_attempt() -> None:
    assert merged([event("opened", 1.0, attempt=1)], [event("opened", 2.0, role="edit", attempt=9)]).attempt == 1


def test_loss_ledger_is_the_last_of_each_writer_added_up() -> None:
    state = merged(
        [
            event("loss", 1.0, lost_points=5, causes={"ENOSPC": 5}),
            event("loss", 2.0, lost_points=7, lost_events=1, causes={"ENOSPC": 7}),
        ],
        [
            event("loss", 1.5, rejected=2, causes={"rejected": 2}),
            event(
                "closed",
                3.0,
                reason="finished",
                loss={"lost_points": 1, "rejected": 3, "causes": {"ENOSPC": 1, "rejected": 3}},
            ),
        ],
    )
    assert state.loss == LossLedger(8, 1, 3, 0, (("ENOSPC", 8), ("rejected", 3)))
    assert state.loss
    assert not RunState(HASH).loss


def test_sequences_are_declared_per_writer() -> None:
    state = merged(
        [event("sequence", 1.0, id=1, name="loss", context={"b": 1, "a": [True]})],
        [event("sequence", 1.0, id=1, name="accuracy", context={})],
    )
    assert state.writers[A].sequences == {1: SequenceDeclaration(1, "loss", '{"a":[true],"b":1}')}
    assert state.writers[B].sequences == {1: SequenceDeclaration(1, "accuracy", "{}")}


def test_sequence_may_hold_something_else_than_a_metric() -> None:
    state = merged(
        [
            event("sequence", 1.0, id=1, name="x", context={}),
            event("sequence", 1.0, id=2, name="x", context={}, holds="metric"),
            event("sequence", 1.0, id=3, name="x", context={}, holds="image"),
            event("sequence", 1.0, id=4, name="x", context={}, holds="invented_later"),
        ],
    )
    assert [(each.holds, each.identity) for each in state.writers[A].sequences.values()] == [
        ("metric", ("metric", "x", "{}")),
        ("metric", ("metric", "x", "{}")),
        ("image", ("image", "x", "{}")),
        ("invented_later", ("invented_later", "x", "{}")),
    ]


def test_unknown_events_are_counted_and_change_nothing() -> None:
    known = [event("opened", 1.0), event("tag", 2.0, add=["a"])]
    unknown = [event("invented-later", 1.5, anything=[1]), {"type": "tag", "add": ["no time"]}, {}]
    state = merged([known[0], *unknown, known[1]])
    assert state.unknown_events == 3
    state.unknown_events = 0
    assert state == merged(known)


def test_unknown_keys_are_ignored() -> None:
    assert merged([event("tag", 1.0, add=["a"], colour="red")]).tags == ["a"]


# -- malformed ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "malformed",
    [
        event("tag", 1.0, add=5, remove=True),
        event("tag", 1.0, add="ab", remove={"a": 1}),
        event("tag", 1.0, add=[5, None, ["x"]], remove=[{}, []]),
        event("sequence", 1.0, id=0, name="loss", context={}),
        event("sequence", 1.0, id=0xFFFFFFFF, name="loss", context={}),
        event("sequence", 1.0, id=True, name="loss", context={}),
        event("sequence", 1.0, id=1, name="", context={}),
        event("sequence", 1.0, id=1, name="loss", context={"a": {}}),
        event("sequence", 1.0, id=1, name="loss", context={"": 1}),
        event("sequence", 1.0, id=1, name="loss", context=[]),
        event("sequence", 1.0, id=1, name="loss", context={}, holds=None),
        event("sequence", 1.0, id=1, name="loss", context={}, holds="an image"),
        event("sequence", 1.0, id=1, name="loss", context={}, holds="x" * 33),
        event("params", 1.0, path="p", value=1),
        event("params", 1.0, path=[], value=5),
        event("params", 1.0, value={"a": 1}),
        event("deleted", 1.0, path="p"),
        event("note", 1.0, id=5, text="x"),
        event("set", 1.0, field="name", value=5),
        event("set", 1.0, field="hash", value="x"),
        event("set", 1.0, field=["name"], value="x"),
        event("loss", 1.0, lost_points="many", causes=[1]),
        event("loss", 1.0, lost_points=-1, rejected=True),
        event("closed", 1.0, reason=["x"], loss="none"),
        event("opened", 1.0, attempt="two", rank=-1, pid="x", host=None, name=5),
        event("opened", 1.0, attempt=10**30, rank=1.5),
        event("status", 1.0),
        event("record", 1.0),
    ],
)
def test_malformed_event_changes_nothing_else(malformed: dict[str, Any]) -> None:
    good = [
        event("opened", 0.5, name="n"),
        event("params", 2.0, path=["p"], value={"a": 1}),
        event("tag", 2.0, add=["t"]),
        event("sequence", 2.0, id=2, name="loss", context={}),
        event("loss", 2.5, lost_points=1),
    ]
    state = merged([malformed, *good])
    assert (state.name, state.params, state.tags, state.notes) == ("n", {"p": {"a": 1}}, ["t"], [])
    assert list(state.writers[A].sequences) == [2]
    assert state.loss == LossLedger(lost_points=1)
    assert state.attempt == 1


@pytest.mark.parametrize("number", [10**30, -1, 2.0, True, "2", None])
def test_damaged_attempt_and_rank_are_the_first(number: Any) -> None:
    state = merged([event("opened", 1.0, attempt=number, rank=number)])
    assert (state.attempt, state.writers[A].rank) == (1, 0)


@pytest.mark.parametrize(
    "time", [None, "1.0", True, float("nan"), float("inf"), -float("inf"), 10**400, 1e300, [1.0], -9.9e10, 2e11]
)
def test_event_without_a_usable_time_is_counted_as_unknown(time: Any) -> None:
    state = merged([{"type": "tag", "time": time, "add": ["a"]}])
    assert (state.tags, state.unknown_events, state.last_event_at) == ([], 1, None)


def test_damaged_ledgers_can_be_added_up_and_kept() -> None:
    state = merged([event("loss", 1.0, lost_points=10**40)], [event("loss", 1.0, lost_points=10**40)])
    assert 0 < state.loss.lost_points < 2**63


def test_the_ledgers_of_a_thousand_damaged_writers_are_a_number_that_can_be_kept() -> None:
    causes = {f"cause {number}": 10**40 for number in range(1000)}
    damaged = event("loss", 1.0, lost_points=2**53, lost_events=2**53, rejected=2**53, unsynced=2**53, causes=causes)
    total = merge_events(HASH, ((f"{number}-aaaaaaaa", [damaged]) for number in range(1200))).loss
    assert {total.lost_points, total.lost_events, total.rejected, total.unsynced} == {2**53}
    assert len(total.causes) <= 100
    assert all(count <= 2**53 for _, count in total.causes)


def test_tags_and_notes_by_the_hundred_thousand_are_added_up() -> None:
    # in the square of their number, these would take an hour
    many = 200_000
    state = merged(
        [
            event("tag", 1.0, add=[f"t{number}" for number in range(many)]),
            event("tag", 2.0, remove=[f"t{number}" for number in range(1, many)]),
            *(event("note", 3.0, id=str(number), text="x") for number in range(many)),
            *(event("note", 4.0, id=str(number), text=None) for number in range(1, many)),
        ]
    )
    assert (state.tags, [note.id for note in state.notes]) == (["t0"], ["0"])


def test_names_longer_than_any_are_cut_and_such_tags_left_out() -> None:
    state = merged(
        [
            event("opened", 1.0, name="n" * 5000, experiment="e" * 5000, source="s" * 5000),
            event("tag", 2.0, add=["t" * 5000, "short"]),
        ]
    )
    assert (len(state.name), len(state.experiment), len(state.source), state.tags) == (1000, 1000, 1000, ["short"])


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(categories=None), max_size=5)
    | st.sampled_from(["a", "n", "name", "train", "$float", 10**400]),
    lambda below: (
        st.lists(below, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b", "$float", "type", "message"]), below, max_size=3)
    ),
    max_leaves=8,
)
kinds = "opened params deleted sequence set tag note record loss status closed else".split()
events_of_any_kind = st.builds(
    lambda kind, keys, time: {**keys, "type": kind, "time": time},
    st.sampled_from(kinds),
    st.dictionaries(
        st.sampled_from(
            "path value replace id name context field add remove text kind role attempt rank experiment source host "
            "pid reason exit_code error sizes loss causes lost_points lost_events rejected unsynced".split()
        ),
        json_values,
        max_size=6,
    ),
    st.floats(allow_nan=False, allow_infinity=False) | json_values,
)
any_objects = st.dictionaries(st.sampled_from(["type", "time", "path", "x"]), json_values, max_size=4)


@given(st.lists(st.lists(events_of_any_kind | any_objects, max_size=6), max_size=2))
@example([[event("params", 1.0, path=[{"a": 1}, None], value={"b": 1})]])
def test_events_of_any_content_never_raise_and_give_a_run_that_can_be_kept(streams: list[list[dict[str, Any]]]) -> None:
    state = merged(*streams)
    to_json([state.params, state.records, state.tags])
    assert all(isinstance(tag, str) for tag in state.tags)
    assert all(isinstance(text, str) for text in (state.name, state.experiment, state.description, state.source))
    assert 0 <= state.loss.lost_points <= 2**54
    assert state.attempt >= 0
    for writer in state.writers.values():
        assert all(0 < number < 0xFFFFFFFF for number in writer.sequences)
