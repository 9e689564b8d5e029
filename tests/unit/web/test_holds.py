"""What is not a metric is shown as none on any page."""

from __future__ import annotations

from aim.storage.repo.layout import RepoLayout
from tests.unit.index.rawrepo import RawRepo, run_hash
from tests.unit.web.conftest import Serve
from tests.unit.web.support import Api


def test_a_run_that_holds_images_shows_no_metric(layout: RepoLayout, serve: Serve) -> None:
    repo = RawRepo(layout.root.removesuffix(".aim"))
    writer = repo.writer(1)
    writer.event("sequence", id=1, name="loss", context={}, holds="image")
    writer.points([(1, step, float(step)) for step in range(5)])
    writer.close()
    api = Api(serve())

    run = api.get(f"runs/{run_hash(1)}")
    assert run["sequences"] == []
    assert api.sequence_ids() == []
    home = api.get("home")
    assert home["recent"][0]["headline"] is None
    assert home["totals"]["points"] == 0
    assert api.post("runs/columns", {"q": ""})["metrics"] == []
