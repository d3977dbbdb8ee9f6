"""All pages' JSON with a profile, and what holds across pages."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from grafana import links, schema_v2
from grafana.dashboard import built, encode, variables_of
from grafana.links import Link
from grafana.pages.registry import PAGES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from grafana.page import Page
    from grafana.pages.registry import MakePage
    from grafana.profile import Profile


def generated(profile: Profile, makers: Sequence[MakePage] = PAGES) -> dict[str, str]:
    """File name → JSON of every dashboard, classic schema. ValueError where a page does not hold together."""
    pages = [make(profile) for make in makers]
    home, *others = pages
    texts = {
        links.uid(page.name): _compared(page, encode(built(page, _head(page, home, others), profile)))
        for page in pages
    }
    if len(texts) < len(pages):
        raise ValueError(f"two pages have the same name: {[page.name for page in pages]}")
    variables = {
        links.uid(page.name): {"datasource", "filters", *(each.name for each in variables_of(page))}
        for page in pages
    }
    for uid, text in texts.items():
        if dead := sorted(set(links.dead(text, variables))):
            raise ValueError(f"{uid} links to pages or variables that do not exist: {', '.join(dead)}")
    return {f"{uid}.json": text for uid, text in texts.items()}


def generated_v2(profile: Profile, makers: Sequence[MakePage] = PAGES) -> dict[str, str]:
    """The same dashboards in schema v2."""
    pages = [make(profile) for make in makers]
    needs = {
        f"{links.uid(page.name)}.json": {
            each.id: _compared(page, each.needs) for each in page.sections if each.needs
        }
        for page in pages
    }
    return {
        name: schema_v2.encode(schema_v2.converted(json.loads(text), needs[name]))
        for name, text in generated(profile, makers).items()
    }


SCHEMAS = {"classic": generated, "v2": generated_v2}


def _compared(page: Page, text: str) -> str:
    """PromQL, or JSON with it, in which variables that have one value are compared with it. Grafana escapes
    what is chosen only where several or all can be: `[2001:db8::1]:9177` would be a pattern of one letter.
    """
    for variable in page.variables:
        if not variable.multi and variable.every is None:
            value = f'"${variable.name}"'
            for quoted in (value, json.dumps(value)[1:-1]):
                text = text.replace(f"=~{quoted}", f"={quoted}")
    return text


def _head(page: Page, home: Page, others: Sequence[Page]) -> Iterator[Link]:
    """The home page links to all others, each of them to the home page. What is chosen is kept between pages
    of many hosts; a page of one host or VM reaches past now and has one of each: it takes what all have.
    """
    for other in others if page is home else [home]:
        entry = other.entry
        yield Link(entry.title, entry.tooltip, other.name, keeps=page.forecasts == other.forecasts)
    yield from page.links
