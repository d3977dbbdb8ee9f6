"""Every virsh command of a runbook, to look and to cure, as it is written there, given to a real host.

Words in capitals are what a reader puts in. Sizes are those of the lab's small guests. Without SSH the other
host is reached by its socket. The tables are in tests/support/ward.
"""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lab import Disk, Guest
from ward.acts import NETWORK, bare, defined_network, gone
from ward.cures import CURES
from ward.host import Ward
from ward.looks import LOOKS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lab import Lab
    from ward.cures import Cure
    from ward.looks import Look

pytestmark = pytest.mark.lab

RUNBOOKS = sorted((Path(__file__).resolve().parents[2] / "alert_rules/runbooks").glob("*.md"))


def lines(title: str) -> set[str]:
    """The lines for a shell that ask libvirt, in this section of all runbooks."""
    sections = (path.read_text().partition(f"## {title}\n")[2].partition("\n## ")[0] for path in RUNBOOKS)
    blocks = (block for section in sections for block in re.findall(r"```sh\n(.*?)```", section, re.DOTALL))
    found = {line.strip() for block in blocks for line in block.splitlines()}
    return {line for line in found if re.search(r"\bvir(sh|t-admin) ", line)}


@pytest.fixture(scope="module")
def ward(lab: Lab) -> Iterator[Ward]:
    if lab.hosts[0].network_problem:
        pytest.skip(f"the lab has no bridge: {lab.hosts[0].network_problem}")
    folder = lab.root / "ward"
    (folder / "pool").mkdir(parents=True)
    (folder / "spare.raw").write_bytes(bytes(1 << 20))
    host = lab.hosts[0]
    made = Ward(lab, folder, host.start(Guest("ward", disks=(Disk(),))))
    bare("bare")(made)
    defined_network("ward", NETWORK.format(name="ward", bridge="lab0"))(made)
    host.virsh("net-start", "ward")
    host.virsh("pool-define-as", "ward", "dir", "--target", str(folder / "pool"))
    host.virsh("pool-start", "ward")
    yield made
    for left in made.begun:
        left.kill()
        left.communicate()
    for name in ("ward", "bare", "off"):
        gone(name)(made)
    for kind in ("net", "pool"):
        if "ward" in host.virsh(f"{kind}-list", "--name"):
            host.virsh(f"{kind}-destroy", "ward")
        host.virsh(f"{kind}-undefine", "ward")


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.line)
def test_a_diagnosis_shows(ward: Ward, look: Look) -> None:
    look.before(ward)
    assert re.search(look.shows, ward.run(look.line, look.words, look.typed), re.MULTILINE)
    look.after(ward)


@pytest.mark.parametrize("cure", CURES, ids=lambda row: row.command)
def test_a_cure_cures(ward: Ward, cure: Cure) -> None:
    cure.before(ward)
    ward.run(f"virsh {cure.command}", cure.words)
    limit = time.monotonic() + cure.within
    while not (held := cure.holds(ward)) and held is not None and time.monotonic() < limit:
        time.sleep(0.3)
    assert held is None or held
    cure.after(ward)


@pytest.mark.parametrize(
    ("title", "tried"),
    [
        ("Diagnosis", {look.line for look in LOOKS}),
        ("What to do", {f"virsh {cure.command}" for cure in CURES}),
    ],
)
def test_each_command_is_tried(title: str, tried: set[str]) -> None:
    missing = {line for line in lines(title) if line.startswith("virsh ") or title == "Diagnosis"} - tried
    assert (missing, tried - lines(title)) == (set(), set())
