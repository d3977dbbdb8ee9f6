"""XML in which others may have written: whatever it is, it is read or it is not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporter.snapshot.description import Description
from exporter.snapshot.metadata import NOVA, VIRTCAST
from exporter.snapshot.parsed import DEEPEST, parsed, required

PARTS = st.sampled_from(
    (
        "<v:domain ", f"xmlns:v='{VIRTCAST}'", f'xmlns:n="{NOVA[0]}"', ">", "/>", "</v:domain>", "<v:owner>",
        "</v:owner>", "<n:instance ", "</n:instance>", "<!--", "-->", "<![CDATA[", "]]>", "</metadata>",
        "<metadata>", "&x;", "&#0;", "\0", "\ud800", "\ufffd", "<?x ?>", "'", '"', "<", "a",
        "<n:creationTime>", "9999999999", "</n:creationTime>",
    )
)  # fmt: skip


def test_what_is_nested_too_deep_is_not_read() -> None:
    assert parsed("<a>" * DEEPEST + "</a>" * DEEPEST) is not None
    assert parsed("<a>" * (DEEPEST + 1) + "</a>" * (DEEPEST + 1)) is None


@pytest.mark.parametrize("text", ["", "<a>", "<a>\udc00</a>", "<a>\0</a>", "<x:a/>"])
def test_what_cannot_be_parsed_is_none_or_an_error(text: str) -> None:
    assert parsed(text) is None
    with pytest.raises(ValueError, match="cannot be parsed"):
        required(text)


@settings(max_examples=500, deadline=None)
@given(st.lists(st.one_of(PARTS, st.text(max_size=5)), max_size=30).map("".join))
def test_no_metadata_raises(metadata: str) -> None:
    text = f"<domain><title>t</title><metadata>{metadata}</metadata><devices/></domain>"
    found = Description.from_xml(text)
    assert found is None or found.title == "t" or "</metadata>" in metadata or "<metadata>" in metadata
