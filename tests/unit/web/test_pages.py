from __future__ import annotations

from pathlib import Path

from starlette.testclient import TestClient

from aim.web.http.static_files import fill_index
from tests.unit.web.conftest import Serve


def test_every_other_address_is_the_ui(serve: Serve, static_dir: Path) -> None:
    client = serve(static_dir=str(static_dir))
    for path in ("/", "/runs", "/runs/abc", "/metrics?q=%00%ff", "/index.html", "/no/such.page"):
        response = client.get(path)
        assert response.status_code == 200 and response.headers["content-type"].startswith("text/html")
        assert '<script src="/assets/main-abc.js">' in response.text and "<base" not in response.text
        assert response.headers["cache-control"] == "no-cache"
        assert client.head(path).status_code == 200


def test_files(serve: Serve, static_dir: Path) -> None:
    client = serve(static_dir=str(static_dir))
    response = client.get("/assets/main-abc.js")
    assert response.text == "0\n" and response.headers["content-type"].startswith("text/javascript")
    assert "immutable" in response.headers["cache-control"]
    assert client.get("/icon.svg").headers["content-type"] == "image/svg+xml"
    assert client.get("/icon.svg").headers["cache-control"] == "no-cache"
    assert client.get("/assets/none.js").status_code == 404


def test_assets_come_compressed_to_who_can_read_it(serve: Serve, static_dir: Path) -> None:
    text = "let x = 1;\n" * 1000
    (static_dir / "assets" / "big.js").write_text(text)
    client = serve(static_dir=str(static_dir))
    response = client.get("/assets/big.js", headers={"accept-encoding": "br, gzip;q=0.5"})
    assert response.headers["content-encoding"] == "gzip" and response.headers["vary"] == "Accept-Encoding"
    assert int(response.headers["content-length"]) < 1000 and response.text == text
    for accepted in ("", "identity", "gzip;q=0"):
        plain = client.get("/assets/big.js", headers={"accept-encoding": accepted})
        assert "content-encoding" not in plain.headers and plain.text == text
    (static_dir / "assets" / "big.js").write_text("new")
    assert client.get("/assets/big.js", headers={"accept-encoding": "gzip"}).text == "new"


def test_base_path(serve: Serve, static_dir: Path) -> None:
    client = serve(static_dir=str(static_dir), base_path="proxy/8080")
    page = client.get("/proxy/8080/runs").text
    assert 'src="/proxy/8080/assets/main-abc.js"' in page and '<meta name="aim-base" content="/proxy/8080/" />' in page
    assert client.get("/proxy/8080/assets/main-abc.js").text == "0\n"
    assert client.get("/proxy/8080/api/v1/info").status_code == 200
    assert client.get("/proxy/8080?q=1").headers["location"] == "/proxy/8080/?q=1"


def test_index_without_metas_gains_them() -> None:
    filled = fill_index("<html><head></head></html>", base_path="", nonce='"<')
    assert '<meta name="aim-base" content="/" />' in filled
    assert '<meta name="csp-nonce" content="&quot;&lt;" />' in filled


def test_without_built_ui_it_says_so(serve: Serve, tmp_path: Path) -> None:
    client = serve(static_dir=str(tmp_path / "none"))
    response = client.get("/runs")
    assert response.status_code == 503 and "not built" in response.text
    assert client.get("/assets/x.js").status_code == 404
    assert client.get("/api/v1/info").status_code == 200


def test_docs_are_local(client: TestClient) -> None:
    page = client.get("/docs")
    assert page.status_code == 200 and "/api/v1/metrics/frame" in page.text
    assert "http://" not in page.text and "https://" not in page.text and "<script" not in page.text
    document = client.get("/openapi.json").json()
    assert "/api/v1/runs/search" in document["paths"] and "RunsAnswer" in document["components"]["schemas"]


def test_unknown_parts_of_the_api(client: TestClient) -> None:
    for path in ("/api/v1/none", "/api/v1/runs/x/none", "/api/v2/info", "/api/"):
        response = client.get(path)
        assert response.status_code == 404 and response.json()["error"]["code"] == "not_found"


def test_a_method_that_a_path_of_the_api_does_not_have_is_told_which_it_has(client: TestClient) -> None:
    for method, path, allowed in (
        ("GET", "runs/search", "POST"),
        ("GET", "runs/bulk", "POST"),  # not taken for the hash of a run
        ("DELETE", "info", "GET"),
        ("PUT", "experiments", "POST"),
        ("DELETE", "demo", "GET, POST"),
        ("HEAD", "live", "GET"),
        ("OPTIONS", "runs/search", "POST"),
        ("POST", "runs/0123456789abcdef01234567", "GET"),
    ):
        response = client.request(method, f"/api/v1/{path}")
        assert (response.status_code, response.headers.get("allow")) == (405, allowed), path
        assert method == "HEAD" or response.json()["error"]["message"].endswith((" is", " are"))
    assert client.post("/runs").status_code == 405
