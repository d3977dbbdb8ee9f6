"""The API on a real server, asked by its own description: no 5xx, and no answer that is not described."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
import schemathesis
from hypothesis import strategies as st

from exporter.web.pace import Pace
from exporter.web.server import serve
from fleet_view import NOW, fleet
from forecaster.api.openapi import description
from forecaster.api.registry import API, routes
from forecaster.series.promql_text import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemathesis import Case

EXAMPLES = 40  # of each kind of request and each resource

_MATCHERS = st.builds(
    lambda name, operator, value: f"{name}{operator}{quoted(value)}",
    st.sampled_from(["domain", "instance", "pool", "_x9"]),
    st.sampled_from(["=", "!="]),
    st.text(max_size=20),
)
_SELECTORS = st.builds(
    lambda name, matchers: f"{name}{{{','.join(matchers)}}}",
    st.sampled_from(["", "vm_cpu", "pool", "unknown"]),
    st.lists(_MATCHERS, max_size=3),
)
schemathesis.openapi.format("selector", _SELECTORS)
schemathesis.openapi.format("host", st.sampled_from(["host-000:9177", "host-001:9177"]))
schemathesis.openapi.format("domain", st.sampled_from(["vm-00000", "vm-00039"]))
schemathesis.openapi.format("resource", st.sampled_from(["vm_cpu", "pool"]))


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of a server with a small fleet."""
    view = fleet(40)
    listening, stopping = threading.Event(), threading.Event()
    addresses: list[str] = []

    def heard(found: list[str]) -> None:
        addresses.extend(found)
        listening.set()

    table = routes(lambda: view.fresh(NOW + 40, 900))
    thread = threading.Thread(
        target=lambda: serve(table, ["127.0.0.1:0"], None, stopping, on_listening=heard), daemon=True
    )
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Pace, "after", lambda *_: 0.0)  # nobody else asks so often
        thread.start()
        assert listening.wait(10)
        yield f"http://{addresses[0]}"
        stopping.set()
        thread.join(10)
    assert not thread.is_alive()


schema = schemathesis.openapi.from_dict(description(API))


@schema.parametrize()
@hypothesis.settings(max_examples=EXAMPLES, deadline=None, derandomize=True)
def test_every_answer_is_as_described(case: Case[Any], server: str) -> None:
    case.call_and_validate(base_url=server)
