from __future__ import annotations

import os

from starlette.testclient import TestClient

from aim.storage.repo.layout import RepoLayout
from tests.unit.web.conftest import Serve
from tests.unit.web.support import CHANGE, Api


def test_a_view_is_stored_and_read(api: Api, layout: RepoLayout) -> None:
    body = {"page": "/metrics", "state": "q=loss&sm=0.6"}
    name = api.post("views", body)["hash"]
    assert api.get(f"views/{name}") == {"hash": name, **body}
    assert os.listdir(layout.views) == [f"{name}.json"]


def test_an_unknown_view_is_not_found(api: Api) -> None:
    assert api.get("views/" + "0" * 32, status=404)["code"] == "not_found"
    assert api.get("views/..%2f..%2fconfig", status=404)["code"] == "not_found"


def test_what_is_no_view_is_refused(api: Api, layout: RepoLayout) -> None:
    for body in ({"page": "/m"}, {"page": "x", "state": "q=1"}, {"page": "/m", "state": "q" * 200_001}):
        assert api.post("views", body, status=400)["code"] == "bad_request"
    assert not os.path.exists(layout.views)


def test_only_our_own_pages_store_and_a_read_only_server_does_not(
    client: TestClient, serve: Serve, layout: RepoLayout
) -> None:
    body = {"page": "/metrics", "state": "q=1"}
    assert client.post("/api/v1/views", json=body).status_code == 403
    elsewhere = {**CHANGE, "origin": "http://evil.example"}
    assert client.post("/api/v1/views", json=body, headers=elsewhere).status_code == 403
    assert serve(read_only=True).post("/api/v1/views", json=body, headers=CHANGE).status_code == 403
    assert not os.path.exists(layout.views)
