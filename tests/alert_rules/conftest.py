"""What the tests of rules and configuration share: the renderer, its output, and Prometheus' tools."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def renderer() -> ModuleType:
    """alert_rules/render.py, which is a script and in no package."""
    spec = importlib.util.spec_from_file_location("virtcast_alert_rules", ROOT / "alert_rules" / "render.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session", params=["default", "demo"])
def profile(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def rendered(renderer: ModuleType, profile: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the four files of a profile and the committed target files."""
    directory = tmp_path_factory.mktemp(profile)
    assert renderer.main(["--profile", profile, "--output", str(directory)]) == 0
    (directory / "targets").symlink_to(ROOT / "deploy" / "prometheus" / "targets")
    return directory


@pytest.fixture(scope="session")
def run() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a tool to its end; its output is text, and its failure is for the test to judge."""

    def tool(*argv: object, **options: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(word) for word in argv], capture_output=True, text=True, timeout=60, check=False, **options
        )

    return tool
