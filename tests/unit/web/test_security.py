from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from aim.web.http.hosts import is_loopback
from aim.web.http.settings import WebSettings, normal_base_path
from aim.web.process.addresses import make_url
from tests.unit.web.conftest import Serve
from tests.unit.web.support import ADDRESS, CHANGE, Api, guarded, record

TOKEN = "correct horse"


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1:1", "localhost", "LOCALHOST:43800", "[::1]:43800", "a.localhost"]
)
def test_own_names_are_answered(client: TestClient, host: str) -> None:
    assert client.get("/api/v1/info", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.com", "evil.com:43800", "127.0.0.1.evil.com", "localhost.evil.com", "192.168.0.1", "a@localhost",
     "localhost/x", "", "[::1", "local host", "127.0.0.1:x"],
)  # fmt: skip
def test_other_names_are_refused(client: TestClient, host: str) -> None:
    """DNS rebinding: a foreign page whose name was bound to 127.0.0.1 sends its own name."""
    for path in ("/", "/api/v1/info", "/assets/x.js"):
        response = client.get(path, headers={"host": host})
        assert response.status_code == 403, path
        assert response.json()["error"]["code"] == "forbidden"


def test_more_names_can_be_allowed(serve: Serve) -> None:
    client = serve(allowed_hosts=("Box.example",))
    assert client.get("/api/v1/info", headers={"host": "box.EXAMPLE:8080"}).status_code == 200
    assert client.get("/api/v1/info", headers={"host": "other.example"}).status_code == 403
    assert serve(allowed_hosts=("*",)).get("/api/v1/info", headers={"host": "any.example"}).status_code == 200


def test_beyond_loopback_addresses_are_answered_but_no_names(serve: Serve) -> None:
    client = serve(host="0.0.0.0", token=TOKEN)
    bearer = {"authorization": f"Bearer {TOKEN}"}
    assert client.get("/api/v1/info", headers={"host": "192.168.0.7:43800", **bearer}).status_code == 200
    assert client.get("/api/v1/info", headers={"host": "evil.com", **bearer}).status_code == 403


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),  # a script
        ({"origin": ADDRESS, "sec-fetch-site": "same-origin"}, 200),
        ({"origin": "https://evil.com"}, 403),
        ({"origin": "http://127.0.0.1:9999"}, 403),
        ({"origin": "null"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
    ],
)
def test_changes_come_from_our_own_pages_only(
    repo_path: Path, client: TestClient, headers: dict[str, str], status: int
) -> None:
    run_hash = record(repo_path)
    response = client.post(f"/api/v1/runs/{run_hash}/edit", json={"name": "x"}, headers={**CHANGE, **headers})
    assert response.status_code == status


def test_changes_need_a_header_that_no_form_sends(repo_path: Path, client: TestClient) -> None:
    run_hash = record(repo_path)
    for path, body in (
        (f"runs/{run_hash}/edit", {"name": "x"}),
        ("runs/bulk", {"hashes": [run_hash], "action": "delete"}),
        ("experiments", {"name": "x"}),
        ("experiments/checkout", {"name": "default"}),
    ):
        assert client.post(f"/api/v1/{path}", json=body).status_code == 403, path
    assert client.post("/api/v1/runs/search", json={}).status_code == 200


def test_every_answer_has_its_headers(client: TestClient) -> None:
    for path in ("/", "/runs", "/docs", "/api/v1/info", "/api/v1/none", "/assets/none.js"):
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff" and headers["referrer-policy"] == "same-origin"
        assert "unsafe-" not in headers["content-security-policy"], path
        assert "frame-ancestors" in headers["content-security-policy"]
    assert client.get("/api/v1/info").headers["cache-control"] == "no-store"
    assert "access-control-allow-origin" not in client.get("/api/v1/info", headers={"origin": ADDRESS}).headers


def test_policy_of_pages(serve: Serve, static_dir: Path) -> None:
    client = serve(static_dir=str(static_dir), frame_ancestors="https://notebook.example")
    nonces = set()
    for _ in range(2):
        response = client.get("/runs/abc?q=1")
        (nonce,) = re.findall(r'<meta name="csp-nonce" content="([^"]+)" />', response.text)
        nonces.add(nonce)
        assert response.headers["content-security-policy"] == (
            f"default-src 'self'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data: blob:; "
            "media-src 'self' blob:; worker-src 'self'; frame-src 'self'; object-src 'none'; base-uri 'none'; "
            "form-action 'self'; frame-ancestors https://notebook.example"
        )
    assert len(nonces) == 2, "new with every answer"


# -- token


def test_token(serve: Serve) -> None:
    client = serve(token=TOKEN)
    assert client.get("/api/v1/info").status_code == 403
    assert client.get("/").status_code == 403 and "aim up" in client.get("/").text
    assert client.get("/?token=wrong").status_code == 403
    for headers in (
        {"authorization": "Bearer wrong"},
        {"authorization": "Bearer "},
        {"authorization": TOKEN},
        {"cookie": "aim_token_43800=wrong"},
        {"cookie": "aim_token_43800="},
        {"cookie": f"aim_token_43800={TOKEN}"},
    ):
        assert client.get("/api/v1/info", headers=headers).status_code == 403
    assert client.get("/api/v1/info", headers={"authorization": f"Bearer {TOKEN}"}).status_code == 200
    assert client.get("/api/v1/info?token=correct%20horse").status_code == 200


def test_token_in_the_address_becomes_a_cookie(serve: Serve) -> None:
    client = serve(token=TOKEN, base_path="/x")
    response = client.get("/x/metrics?q=a+%26+b&token=correct+horse&sm=0.5")
    assert response.status_code == 303 and response.headers["location"] == "/x/metrics?q=a+%26+b&sm=0.5"
    cookie = response.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=lax" in cookie and "Path=/x" in cookie
    assert client.get("/x/api/v1/info").status_code == 200, "the client keeps the cookie"


def test_no_address_is_answered_without_the_token_save_the_one_for_health_checks(
    serve: Serve, static_dir: Path
) -> None:
    client = serve(token=TOKEN, static_dir=str(static_dir))
    document = client.get("/openapi.json", headers={"authorization": f"Bearer {TOKEN}"}).json()
    addresses = [(method, path) for path, methods in document["paths"].items() for method in methods]
    assert len(addresses) > 20
    pages = ("/", "/runs", "/docs", "/openapi.json", "/icon.svg", "/assets/main-abc.js", "/api/v1/none", "/none")
    for method, path in [*addresses, *((method, page) for page in pages for method in ("get", "head", "options"))]:
        assert client.request(method.upper(), path, headers=CHANGE).status_code == 403, (method, path)
    assert client.get("/healthz").text == "ok\n"


def test_a_page_without_the_token_has_a_field_for_it(serve: Serve) -> None:
    client = serve(token=TOKEN, base_path="/x")
    page = client.get("/x/metrics?q=loss")
    assert page.status_code == 403
    assert '<label for="token">' in page.text and 'name="token"' in page.text and 'role="alert"' not in page.text
    (nonce,) = re.findall(r'<style nonce="([^"]+)"', page.text)
    assert f"'nonce-{nonce}'" in page.headers["content-security-policy"]
    own = {"origin": ADDRESS, "sec-fetch-site": "same-origin"}
    wrong = client.post("/x/metrics?q=loss", data={"token": "wrong"}, headers=own)
    assert wrong.status_code == 403
    assert 'role="alert"' in wrong.text and "wrong" not in re.sub("id=.wrong.|by=.wrong.", "", wrong.text)
    right = client.post("/x/metrics?q=loss", data={"token": TOKEN}, headers=own, follow_redirects=False)
    assert (right.status_code, right.headers["location"]) == (303, "/x/metrics?q=loss")
    assert "HttpOnly" in right.headers["set-cookie"] and TOKEN not in right.headers["set-cookie"]


@pytest.mark.parametrize("token", ["correct horse", "a+b&c=d#e%f", "日本", "a" * 500])
def test_the_field_takes_a_token_of_any_characters(token: str) -> None:
    client = guarded(token=token)
    assert client.post("/", data={"token": token + "x"}, follow_redirects=False).status_code == 403
    assert client.post("/", data={"token": token}, follow_redirects=False).status_code == 303


def test_the_form_of_another_site_signs_nobody_in(serve: Serve) -> None:
    client = serve(token=TOKEN)
    answer = client.post("/", data={"token": TOKEN}, headers={"origin": "https://evil.com"}, follow_redirects=False)
    assert answer.status_code == 403 and "set-cookie" not in answer.headers
    assert client.post("/", content=b"token=" + b"a" * 100_000, follow_redirects=False).status_code == 403


@pytest.mark.parametrize("token", ["", " ", "\n", "a\nb", "a\0", "x ", "\ud800"])
def test_a_token_that_is_none_or_cannot_be_sent_is_refused_at_the_start(token: str) -> None:
    with pytest.raises(ValueError, match="token"):
        WebSettings(token=token)


@pytest.mark.parametrize("token", ["correct horse", "a+b&c=d#e%f", "é", "日本", "100%", 'quo"te;,\\', "a" * 500])
def test_a_token_of_any_characters_works_in_every_way(token: str) -> None:
    client = guarded(token=token)
    printed = make_url("127.0.0.1", 43800, token=token)
    assert re.fullmatch(r"[!-~]+", printed)
    response = client.get(printed)
    assert response.status_code == 303 and response.headers["location"] == "/"
    assert client.get("/api/v1/info").status_code == 200, "the client keeps the cookie"
    client.cookies.clear()
    assert client.get(printed.replace("/?", "/api/v1/info?")).status_code == 200
    bearer = b"Bearer " + token.encode("utf-8")
    assert client.get("/api/v1/info", headers=[(b"authorization", bearer)]).status_code == 200
    assert client.get("/api/v1/info", headers=[(b"authorization", bearer + b"x")]).status_code == 403


def test_cookies_of_servers_at_two_ports_stand_side_by_side() -> None:
    """Browsers keep cookies by host: a server's cookie reaches all ports of it."""
    cookies = {}
    for port, token in ((43800, "first"), (43801, "second")):
        client = guarded(token=token)
        cookie = client.get(f"http://127.0.0.1:{port}/?token={token}").headers["set-cookie"]
        assert token not in cookie
        cookies.update([cookie.partition(";")[0].split("=")])
    together = "; ".join(f"{name}={value}" for name, value in cookies.items())
    for port, token in ((43800, "first"), (43801, "second")):
        client = guarded(token=token)
        address = f"http://127.0.0.1:{port}/api/v1/info"
        assert client.get(address, headers={"cookie": together}).status_code == 200
    swapped = {"cookie": f"aim_token_43800={cookies['aim_token_43801']}"}
    assert guarded(token="first").get("/api/v1/info", headers=swapped).status_code == 403


def test_signing_in_leads_nowhere_else(serve: Serve) -> None:
    client = serve(token=TOKEN)
    for path in ("//evil.com/", "/\\evil.com", "/%2F%2Fevil.com"):
        response = client.get(f"http://127.0.0.1:43800{path}?token=correct+horse")
        client.cookies.clear()
        location = response.headers["location"]
        assert location.startswith("/") and not location.startswith(("//", "/\\")), location


# -- sizes, paths


def test_large_bodies_are_refused(client: TestClient) -> None:
    text = '{"q": "' + "x" * (10 * 1024 * 1024) + '"}'
    response = client.post("/api/v1/runs/search", content=text, headers={"content-type": "application/json"})
    assert response.status_code == 413 and response.json()["error"]["code"] == "too_large"

    def parts() -> Any:  # without a length
        for _ in range(11):
            yield b" " * (1024 * 1024)

    response = client.post("/api/v1/runs/search", content=parts(), headers={"content-type": "application/json"})
    assert response.status_code == 413 and response.json()["error"]["code"] == "too_large"
    assert response.headers["x-content-type-options"] == "nosniff"


def test_long_and_broken_queries_are_answered(api: Api) -> None:
    for query in ("(" * 5000, "a" * 200_000, "1" * 100_000, "\0", "not " * 10_000, "'" * 999):
        assert api.post("runs/search", {"q": query}, status=400)["code"].startswith(("query_", "bad_"))
    response = api.client.post("/api/v1/runs/search", content=b"{", headers={"content-type": "application/json"})
    assert response.status_code == 400
    assert api.client.post("/api/v1/runs/search", content=b"\xff\xfe").status_code == 400
    assert api.client.post("/api/v1/runs/search", content=b'{"q": "\\ud800"}').status_code == 400


@pytest.mark.parametrize(
    "path",
    ["/../secret.txt", "/assets/../../secret.txt", "/%2e%2e/secret.txt", "/assets/%2e%2e/%2e%2e/secret.txt",
     "/assets/..%2f..%2fsecret.txt", "/assets//etc/passwd", "/assets/%00", "/..%5csecret.txt", "/assets/link"],
)  # fmt: skip
def test_static_files_never_leave_the_folder(serve: Serve, static_dir: Path, path: str) -> None:
    (static_dir / "assets" / "link").symlink_to(static_dir.parent / "secret.txt")
    client = serve(static_dir=str(static_dir))
    response = client.get(path)
    assert "secret" not in response.text and "root:" not in response.text
    assert response.status_code in (200, 404)


def test_html_in_names_is_data(repo_path: Path, api: Api) -> None:
    run_hash = record(repo_path)
    api.post(f"runs/{run_hash}/edit", {"name": "</script><script>alert(1)</script>"})
    response = api.client.get(f"/api/v1/runs/{run_hash}")
    assert response.headers["content-type"] == "application/json"


# -- small things


def test_loopback() -> None:
    assert all(is_loopback(name) for name in ("127.0.0.1", "127.9.9.9", "::1", "[::1]", "localhost", "localhost."))
    assert not any(is_loopback(name) for name in ("0.0.0.0", "::", "192.168.1.1", "example.com", ""))


def test_base_paths() -> None:
    assert [normal_base_path(path) for path in ("", "/", "x", "/x/y/")] == ["", "", "/x", "/x/y"]
    for path in ("/a b", "/../x", '/"', "/ä", "/a?b"):
        with pytest.raises(ValueError, match="base path"):
            normal_base_path(path)
