"""Whatever is sent within the OpenAPI document to a running server: the answer is as documented."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.web.support import LiveServer, record


@pytest.mark.requires("schemathesis")
def test_answers_are_as_documented(repo_path: Path, tmp_path: Path) -> None:
    record(repo_path)
    checks = "not_a_server_error,content_type_conformance,response_schema_conformance,status_code_conformance"
    with LiveServer(repo_path) as server:
        command = [
            sys.executable, "-c", "from schemathesis.cli import schemathesis; schemathesis()", "run",
            f"{server.url}/openapi.json", "--header", "X-Aim: 1", "--exclude-path", "/api/v1/live",
            "--checks", checks, "--max-examples", "20", "--max-time", "20", "--generation-deterministic",
        ]  # fmt: skip
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
