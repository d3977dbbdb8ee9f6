"""The pages in Chromium: axe-core finds nothing, and the keyboard alone is enough."""

from __future__ import annotations

import shutil
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

from exporter.web.query import Query
from exporter.web.server import Request
from fleet_view import NOW, fleet
from forecaster.web.routes import Pages

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page, Route

    from exporter.web.server import Handler

WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
PATHS = ("/", '/series?match[]={domain="vm-00007"}', "/series?match[]=wrong{")
HERE = "http://forecaster.test"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.fail("chromium is missing: install the Debian package chromium")
    with sync_playwright() as playwright:
        # In a container root has no sandbox of its own; the pages are ours.
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


@cache
def handlers() -> dict[str, Handler]:
    view = fleet(50)
    pages = Pages(lambda: view, 900, "/metrics", lambda: NOW + 40)
    return {route.path: route.handler for route in pages.routes()}


def answer(route: Route) -> None:
    """What the forecaster answers; anything else is not to be asked for."""
    parts = urlsplit(route.request.url)
    handler = handlers().get(parts.path)
    if route.request.url.startswith(HERE) and handler is not None:
        response = handler(Request(parts.path, Query.parse(parts.query)))
        route.fulfill(status=response.status, content_type=response.content_type, body=response.body)
    else:
        route.abort()


def opened(browser: Browser, path: str, **context: object) -> Page:
    page = browser.new_context(**context).new_page()  # type: ignore[arg-type]
    page.route("**/*", answer)
    page.goto(HERE + path)
    return page


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(("scheme", "viewport"), [("light", WIDE), ("dark", NARROW)])
def test_axe_finds_nothing(browser: Browser, path: str, scheme: str, viewport: dict[str, int]) -> None:
    page = opened(browser, path, color_scheme=scheme, viewport=viewport)
    results = Axe().run(page)
    assert [(each["id"], each["nodes"][0]["html"]) for each in results.response["violations"]] == []
    assert len(results.response["passes"]) > 10, "it has looked"
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]


def test_axe_would_find_a_mistake(browser: Browser) -> None:
    page = opened(browser, "/")
    page.evaluate("document.querySelector('label').remove()")
    assert "label" in {each["id"] for each in Axe().run(page).response["violations"]}


def test_the_keyboard_leads_from_the_first_finding_to_its_series(browser: Browser) -> None:
    page = opened(browser, "/", java_script_enabled=False)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # the link to the content, which is seen when it has the focus
    page.wait_for_url(f"{HERE}/#content")
    for _ in range(3):  # the field, the button, the first link
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/series?match*")
    assert page.locator("svg").count() >= 1
    assert (
        page.locator("h2")
        .first.inner_text()
        .startswith(("CPU", "Memory", "File system", "Disk", "Host", "Stor"))
    )


def test_a_selector_is_typed_without_scripts(browser: Browser) -> None:
    page = opened(browser, "/", java_script_enabled=False)
    page.get_by_label("Series").fill('vm_memory{domain="vm-00010"}')
    page.keyboard.press("Enter")
    page.wait_for_url("**/series?match*")
    assert page.locator("h2").all_inner_texts() == ["Memory: domain=vm-00010, instance=host-000:9177"]
    assert page.get_by_label("Series", exact=True).input_value() == 'vm_memory{domain="vm-00010"}'
