"""The colours of runs: apart from their neighbours, and never changed by what comes later."""

from __future__ import annotations

import random

from aim.explore.slots import APART, SLOTS, assign_slots

HASHES = [f"{random.Random(n).getrandbits(96):024x}" for n in range(500)]


def test_runs_that_began_one_after_the_other_differ() -> None:
    slots = list(assign_slots(HASHES).values())
    assert set(slots) == set(range(SLOTS))
    for at in range(len(slots) - APART):
        assert len(set(slots[at : at + APART + 1])) == APART + 1


def test_later_runs_change_nothing() -> None:
    assert list(assign_slots(HASHES[:100]).items()) == list(assign_slots(HASHES).items())[:100]


def test_a_deleted_run_changes_a_few() -> None:
    before, after = assign_slots(HASHES), assign_slots([*HASHES[:200], *HASHES[201:]])
    changed = [at for at, run_hash in enumerate(HASHES) if run_hash in after and before[run_hash] != after[run_hash]]
    assert not [at for at in changed if at < 200]
    assert len(changed) < 60
