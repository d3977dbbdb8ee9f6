"""The link in a notification: the alert rules' default leads to a page of the forecaster."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import yaml

from exporter.web.server import Request
from forecaster.web.runbooks import routes

ROOT = Path(__file__).resolve().parents[3]


def test_every_alert_s_link_opens() -> None:
    groups = yaml.safe_load((ROOT / "alert_rules" / "alerts.rules.yml").read_text())["groups"]
    links = {rule["alert"]: rule["annotations"]["runbook_url"] for group in groups for rule in group["rules"]}
    index, runbook = routes()
    overview = index.handler(Request("/runbooks")).body.decode()
    runbooks = {path.name for path in (ROOT / "alert_rules" / "runbooks").glob("*.md")}
    assert {link.rpartition("/")[2] for link in links.values()} == runbooks
    for alert, link in links.items():
        address = urlsplit(link)
        assert (address.scheme, address.netloc) == ("http", "localhost:9178")
        folder, _, name = address.path.rpartition("/")
        assert folder == index.path == "/runbooks"
        shown = name.removesuffix(".md")
        assert f'href="{address.path}">{shown}<' in overview
        answer = runbook.handler(Request(address.path, parameters={"name": name}))
        assert answer.body.startswith(f"# {shown}\n".encode())
        assert alert in answer.body.decode()
        assert answer.content_type == "text/plain; charset=utf-8"
