"""What an installation needs: statsmodels for its models only, and one line where an extra is missing."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
import tomllib
from pathlib import Path
from textwrap import dedent

import pytest

from exporter.web.extras import EXTRAS, explained, missing

ROOT = Path(__file__).parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
HEAVY = {"statsmodels", "scipy", "pandas", "patsy"}
IMPORT_ALL = """
    import importlib, pkgutil, sys
    import exporter, forecaster

    for package in (exporter, forecaster):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    count = sum(name.startswith(("exporter.", "forecaster.")) for name in sys.modules)
    print(count, *sorted({name.split(".")[0] for name in sys.modules}))
"""
# As if an extra's modules were not installed.
HIDE = """
    import sys
    from importlib.abc import MetaPathFinder

    class Hidden(MetaPathFinder):
        def find_spec(self, name, path=None, target=None):
            if name.split(".")[0] in {hidden}:
                raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
            return None

    sys.meta_path.insert(0, Hidden())
    sys.argv[0] = "program"
    from {module} import main
    sys.exit(main())
"""


def python(text: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-c", dedent(text), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_no_module_imports_statsmodels() -> None:
    done = python(IMPORT_ALL)
    assert done.returncode == 0, done.stderr
    count, *loaded = done.stdout.split()
    assert int(count) > 200
    assert {"libvirt", "psutil", "numpy", "requests"} <= set(loaded)
    assert not HEAVY & set(loaded)


def test_the_table_is_that_of_pyproject() -> None:
    of_module = importlib.metadata.packages_distributions()
    for module, extra in EXTRAS.items():
        wanted = {each.split(">")[0] for each in PYPROJECT["optional-dependencies"][extra]}
        assert wanted & set(of_module[module]), module
    installed = {of_module[module][0] for module in EXTRAS}
    for extra, wanted in PYPROJECT["optional-dependencies"].items():
        assert {each.split(">")[0] for each in wanted} <= installed, extra


@pytest.mark.parametrize(
    ("module", "program", "arguments", "extra"),
    [
        ("exporter.__main__", "virtcast-exporter", ("--help",), "exporter"),
        (
            "forecaster.cli",
            "virtcast-forecaster",
            ("serve", "--web.listen-address=127.0.0.1:0"),
            "forecaster",
        ),
        ("forecaster.cli", "virtcast-forecaster", ("report",), "forecaster"),
        ("forecaster.cli", "virtcast-forecaster", ("backtest",), "forecaster"),
        ("forecaster.cli", "virtcast-forecaster", ("replay", "--input=.", "--output=none"), "forecaster"),
    ],
)
def test_a_missing_extra_is_one_line(
    module: str, program: str, arguments: tuple[str, ...], extra: str
) -> None:
    assert PYPROJECT["scripts"][program] == f"{module}:main"
    hidden = HIDE.format(hidden=set(EXTRAS), module=module)
    done = python(hidden, *arguments)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"{program}: ")
    assert done.stderr.endswith(f" is not installed: pip install 'virtcast[{extra}]'\n")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("arguments", [("--help",), ("backtest", "--help"), ("check-config",)])
def test_what_needs_no_extra_works_without(arguments: tuple[str, ...]) -> None:
    done = python(HIDE.format(hidden=set(EXTRAS), module="forecaster.cli"), *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout


def test_other_modules_are_not_explained() -> None:
    assert explained(ModuleNotFoundError(name="numpy.linalg")) == missing("numpy")
    for name in ("exporter.none", None):
        with pytest.raises(ModuleNotFoundError):
            explained(ModuleNotFoundError(name=name))
