"""Behind a proxy: one that takes its prefix off, one that rewrites the Host header, one that asks for our health."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from starlette.datastructures import Headers

from aim.web.http.hosts import Hosts, read_allowed_host
from tests.unit.web.conftest import Serve
from tests.unit.web.support import ADDRESS, guarded

PREFIX = "/user/ada/proxy/43800"


def is_allowed(given: str, host: str) -> bool:
    return Hosts("127.0.0.1", [given]).allow(host)


@pytest.mark.parametrize(
    ("given", "fitting", "other"),
    [
        ("aim.example.com", ["aim.example.com", "AIM.example.com:8080", "aim.example.com."], ["b.aim.example.com"]),
        ("aim.example.com:8080", ["aim.example.com:8080"], ["aim.example.com", "aim.example.com:8081"]),
        ("aim.example.com:443", ["aim.example.com", "aim.example.com:443"], ["aim.example.com:8443"]),
        ("https://Aim.example.com/", ["aim.example.com", "aim.example.com:8080"], ["example.com"]),
        ("http://aim.example.com:8080", ["aim.example.com:8080"], ["aim.example.com"]),
        ("*.example.com", ["aim.example.com", "a.b.example.com:1"], ["example.com", "aimexample.com", "example.com.x"]),
        ("*.example.com:8080", ["aim.example.com:8080"], ["aim.example.com"]),
        ("[2001:db8::1]:8080", ["[2001:db8::1]:8080", "[2001:DB8:0::1]:8080"], ["[2001:db8::1]", "[2001:db8::2]:8080"]),
        ("2001:DB8::1", ["[2001:db8::1]", "[2001:db8::1]:99"], ["[2001:db8::2]"]),
        ("10.0.0.7:80", ["10.0.0.7"], ["10.0.0.8", "10.0.0.7:81"]),
        ("*", ["any.example", "10.0.0.1:5"], []),
    ],
)
def test_allowed_hosts_are_taken_in_every_form_that_people_write(
    given: str, fitting: list[str], other: list[str]
) -> None:
    assert [host for host in fitting if not is_allowed(given, host)] == []
    assert [host for host in other if is_allowed(given, host)] == []


@pytest.mark.parametrize(
    "text",
    ["", " ", "a b", "a/b", "https://a/b", "ftp://a", "a:x", "a:99999", "a:", "[::1", "*.*.a", "a.*", "**", "-a.b",
     "a..b", "me@a", "a?b", "*.", "é.example", "x,y"],
)  # fmt: skip
def test_allowed_hosts_that_nothing_could_fit_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"cannot be a host: write aim\.example\.com"):
        read_allowed_host(text)


@pytest.mark.parametrize(
    ("headers", "is_own"),
    [
        ({"origin": "https://aim.example.com", "sec-fetch-site": "same-origin"}, True),
        ({"origin": "https://aim.example.com"}, True),
        ({"origin": "https://not-named.example", "sec-fetch-site": "same-origin"}, True),  # the browser knows
        ({"origin": "https://not-named.example"}, False),
        ({"origin": "https://not-named.example", "sec-fetch-site": "none"}, False),
        ({"origin": "https://aim.example.com", "sec-fetch-site": "cross-site"}, False),
        ({"origin": "https://aim.example.com", "sec-fetch-site": "same-site"}, False),
        ({"origin": "https://aim.example.com.evil.com"}, False),
        ({"origin": "https://evil.com@aim.example.com"}, False),
        ({"origin": "null", "sec-fetch-site": "same-origin"}, False),
        ({"origin": ""}, False),
        ({"origin": "http://["}, False),
    ],
)
def test_where_the_proxy_rewrites_the_host_pages_of_an_allowed_name_are_our_own(
    headers: dict[str, str], is_own: bool
) -> None:
    hosts = Hosts("127.0.0.1", ["aim.example.com"])
    assert hosts.is_own_page(Headers({"host": "127.0.0.1:43800", **headers})) is is_own


def test_any_host_does_not_mean_any_page() -> None:
    client = guarded(allowed_hosts=("*",))
    headers = {"host": "a.example", "origin": "https://b.example"}
    assert client.post("/api/v1/runs/search", json={}, headers=headers).status_code == 403
    headers["origin"] = "https://a.example"
    assert client.post("/api/v1/runs/search", json={}, headers=headers).status_code == 200


def test_of_two_headers_that_say_whose_page_it_is_none_counts() -> None:
    client = guarded()
    for name, ours, foreign in (
        ("origin", ADDRESS, "https://evil.com"),
        ("sec-fetch-site", "same-origin", "cross-site"),
    ):
        assert client.post("/", headers={name: ours}).status_code == 200
        for values in ((ours, foreign), (foreign, ours), (ours, ours)):
            assert client.post("/", headers=[(name, value) for value in values]).status_code == 403, values


def test_below_the_base_path_and_without_it_the_same_is_answered(serve: Serve, static_dir: Path) -> None:
    client = serve(static_dir=str(static_dir), base_path=PREFIX)
    for base in (PREFIX, ""):  # passed on as it came, or taken off by the proxy
        page = client.get(f"{base}/")
        assert page.status_code == 200 and f'src="{PREFIX}/assets/main-abc.js"' in page.text
        assert client.get(f"{base}/assets/main-abc.js").text == "0\n"
        assert client.get(f"{base}/api/v1/info").status_code == 200
    assert client.get(f"{PREFIX}?q=1").headers["location"] == f"{PREFIX}/?q=1"


def test_the_prefix_that_a_proxy_took_off_is_where_the_pages_point(serve: Serve, static_dir: Path) -> None:
    client = serve(static_dir=str(static_dir))
    for prefix in (PREFIX, PREFIX + "/", "/user/ada%40example.com/x", "/a@b+c"):
        headers = {"x-forwarded-prefix": prefix}
        page = client.get("/runs", headers=headers)
        base = prefix.rstrip("/")
        assert page.status_code == 200
        assert f'src="{base}/assets/main-abc.js"' in page.text
        assert f'<meta name="aim-base" content="{base}/" />' in page.text
        assert f'href="{base}/openapi.json"' in client.get("/docs", headers=headers).text
        assert client.get("/openapi.json", headers=headers).json()["servers"] == [{"url": base}]
    assert 'src="/assets/main-abc.js"' in client.get("/runs").text


def test_prefixes_that_could_mean_something_else_are_passed_over() -> None:
    client = guarded()
    for prefix in (
        "//evil.com", "/a b", '/"><script>', "evil.com", "https://evil.com", "/a//b", "/../x", "/a/..", "/./", "/a;x=1",
        "/a, /b", "/a\\b", "/%zz", "/a?b", "/a#b", "/", "",
    ):  # fmt: skip
        assert client.get("/runs", headers={"x-forwarded-prefix": prefix}).text == " /runs", prefix
    assert client.get("/runs", headers=[("x-forwarded-prefix", "/a"), ("x-forwarded-prefix", "/b")]).text == " /runs"
    assert client.get("/runs", headers={"x-forwarded-prefix": "/a"}).text == "/a /runs"


def test_the_base_path_counts_more_than_what_a_proxy_says() -> None:
    client = guarded(base_path="/own")
    assert client.get("/runs", headers={"x-forwarded-prefix": "/other"}).text == "/own /runs"


def test_signing_in_behind_a_prefix_stays_behind_it() -> None:
    client = guarded(token="t")
    response = client.get("/runs?token=t&q=1", headers={"x-forwarded-prefix": PREFIX})
    assert response.headers["location"] == f"{PREFIX}/runs?q=1"
    assert re.search(rf"Path={PREFIX}(;|$)", response.headers["set-cookie"])


def test_whether_we_are_well_is_told_to_everybody_and_nothing_else_is() -> None:
    client = guarded(token="t", base_path="/x", host="0.0.0.0")
    for path in ("/healthz", "/x/healthz"):
        for host in ("10.244.0.5:43800", "any.name"):
            response = client.get(path, headers={"host": host})
            assert (response.status_code, response.text) == (200, "ok\n")
            assert "set-cookie" not in response.headers
        assert client.head(path).status_code == 200
        assert client.post(path).status_code == 405
    for path in ("/healthz/", "/healthzz", "/healthz/../api/v1/info", "//healthz", "/api/v1/healthz"):
        assert client.get(f"{ADDRESS}{path}").status_code == 403, path
