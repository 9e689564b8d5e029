"""The OpenAPI document, and whatever is sent beyond it: never 5xx."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from tests.unit.web.support import CHANGE, Api, record


def test_the_document_is_about_what_we_answer(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    assert "HTTPValidationError" not in json.dumps(document)
    for path, methods in document["paths"].items():
        assert path.startswith("/api/v1/")
        for operation in methods.values():
            assert operation["description"] and "422" not in operation["responses"], path


TEXT = st.one_of(st.none(), st.text(max_size=20), st.sampled_from(["x", " x", "\0", "<script>", "\ud800"]))
NOTE = st.none() | st.fixed_dictionaries({}, optional={"id": TEXT, "text": TEXT})
EDIT = st.fixed_dictionaries(
    {},
    optional={
        "name": TEXT,
        "description": TEXT,
        "experiment": TEXT,
        "archived": st.none() | st.booleans(),
        "add_tags": st.lists(TEXT, max_size=3),
        "remove_tags": st.lists(TEXT, max_size=3),
        "note": NOTE,
        "base_version": TEXT,
    },
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(edit=EDIT)
def test_any_edit_leaves_a_run_that_can_be_read(edit: dict[str, Any], api: Api, repo_path: Path) -> None:
    api.client.cookies.clear()
    run_hash = record(repo_path, points=1)
    response = api.client.post(f"/api/v1/runs/{run_hash}/edit", content=json.dumps(edit), headers=CHANGE)
    assert response.status_code in (200, 400), response.text
    run = api.get(f"runs/{run_hash}")
    if response.status_code == 200:
        assert edit.get("description") in (None, run["description"])
        assert edit.get("name") in (None, run["name"])
    assert (
        api.post("runs/search", {"q": f"run.hash == '{run_hash}' and (run.archived or not run.archived)"})["matched"]
        == 1
    )
