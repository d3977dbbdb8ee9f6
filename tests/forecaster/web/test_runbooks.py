"""The link in a notification: the alert rules' default leads to a page of the forecaster."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import yaml

from alert_rules.profiles import PROFILES
from alert_rules.render import render
from exporter.web.server import Request
from forecaster.config.resource import Resource
from forecaster.web.runbooks import routes

ROOT = Path(__file__).resolve().parents[3]


def test_every_alert_s_link_opens() -> None:
    own = [Resource("own", "own")]  # has alerts that the committed rules have not
    rendered = render("default", PROFILES["default"], own)["alerts.rules.yml"]
    groups = yaml.safe_load(rendered)["groups"]
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
