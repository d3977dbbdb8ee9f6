"""Who may import whom, read from the sources: imports run downwards only."""

from __future__ import annotations

import ast
import re
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

ROOT = Path(__file__).parent.parent
PROGRAMS = ("exporter", "forecaster")

# From top to bottom. Of its own program a part may import itself and the parts of floors below its own.
EXPORTER = (
    ("__main__",),
    ("cli", "reference"),
    ("check", "flags", "probe", "exporter_metrics", "reload"),
    ("scrape",),
    ("source", "collectors"),
    ("snapshot",),
    ("allocator", "config", "descriptors", "discovery", "metric", "tasks", "uri", "web"),
)
FORECASTER = (
    ("cli", "reference"),
    ("commands",),
    ("web", "backtest", "replay_csv"),
    ("api", "report", "publish"),
    ("serve", "replay"),
    ("advice",),
    ("network_mapping",),
    ("view",),
    ("migration", "placement"),
    ("engine", "promql", "alerts"),
    ("config",),
    ("series",),
)
FOLDERS = ("exporter", "forecaster", "grafana", "alert_rules", "deploy/lab", "deploy/demo", "deploy/bench")
ENGINE = (
    ("engine",),
    ("outlook", "standing"),
    ("reasons",),
    ("anomaly", "baseline", "exhaustion", "forecasts", "verification"),
    ("holt_winters", "judgement"),
    ("order_statistics", "sample_kernel", "settings", "state"),
)
FROM_EXPORTER = {"exporter.metric", "exporter.web"}
# Folders in which each module stands for itself, but for its registry: they share the type of their rows.
ROWS = ("exporter.collectors", "exporter.source.readings")


def modules(program: str) -> list[Path]:
    return sorted(ROOT.joinpath(*program.split(".")).rglob("*.py"))


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def imports(path: Path, *, typing: bool = True) -> tuple[str, ...]:
    """The modules a file imports, also within functions; `from a import b` gives a.b."""
    return tuple(_imports(ast.parse(path.read_text()), path, typing=typing))


def _imports(tree: ast.AST, path: Path, *, typing: bool) -> Iterator[str]:
    for node in ast.iter_child_nodes(tree):
        if not typing and isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        else:
            yield from _imports(node, path, typing=typing)


def within(module: str, packages: set[str]) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def every_import() -> list[tuple[str, str]]:
    return [(name_of(path), to) for program in PROGRAMS for path in modules(program) for to in imports(path)]


def test_there_is_something_to_check() -> None:
    seen = every_import()
    assert ("exporter.source.calls", "libvirt") in seen
    assert any(module.startswith("forecaster.") and within(to, {"exporter.web"}) for module, to in seen)


def test_the_files_that_are_begun_first_exist() -> None:
    """`LONGEST` of tests/conftest.py, whose order nothing else would miss."""
    text = (ROOT / "tests/conftest.py").read_text()
    named = re.findall(r'^    "(tests/[\w/]+\.py)",$', text, re.MULTILINE)
    assert len(named) > 5
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_only_the_source_imports_libvirt() -> None:
    wrong = [
        (module, to)
        for module, to in every_import()
        if within(to, {"libvirt", "libvirt_qemu", "libvirtmod"}) and not within(module, {"exporter.source"})
    ]
    assert wrong == []


def test_only_promql_speaks_http_to_prometheus() -> None:
    clients = {"requests", "urllib3", "urllib.request", "http.client", "httpx"}
    wrong = [
        (name_of(path), to)
        for program in PROGRAMS
        for path in modules(program)
        for to in imports(path, typing=False)
        if within(to, clients) and not within(name_of(path), {"forecaster.promql"})
    ]
    assert wrong == []


def test_the_exporter_never_imports_the_forecaster() -> None:
    wrong = [(m, to) for m, to in every_import() if within(m, {"exporter"}) and within(to, {"forecaster"})]
    assert wrong == []


def test_the_forecaster_takes_metric_and_web_and_nothing_else_of_the_exporter() -> None:
    wrong = [
        (module, to)
        for module, to in every_import()
        if within(module, {"forecaster"}) and within(to, {"exporter"}) and not within(to, FROM_EXPORTER)
    ]
    assert wrong == []


def test_no_program_imports_tests_or_deployment() -> None:
    """But for the command that renders the rules."""
    wrong = [
        (m, to)
        for m, to in every_import()
        if within(to, {"tests", "deploy", "lab", "demo", "grafana", "alert_rules"})
        and (m, to.split(".")[0]) != ("forecaster.commands.rules", "alert_rules")
    ]
    assert wrong == []


@pytest.mark.parametrize("folder", ROWS)
def test_modules_that_have_rows_know_nothing_of_each_other(folder: str) -> None:
    seen = [(module, to) for module, to in every_import() if module.startswith(f"{folder}.")]
    wrong = [
        (module, to)
        for module, to in seen
        if module != f"{folder}.registry" and within(to, {folder}) and not within(to, {f"{folder}.row"})
    ]
    assert len(seen) > 10
    assert wrong == []


@pytest.mark.parametrize("folder", ["exporter/collectors", "exporter/snapshot", "forecaster/engine"])
def test_pure_folders_open_nothing(folder: str) -> None:
    """No sockets, files, threads, processes or clocks in what is a function of its input."""
    impure = {"socket", "subprocess", "threading", "asyncio", "pathlib", "os", "time", "tornado", "random"}
    paths = sorted((ROOT / folder).rglob("*.py"))
    assert paths
    wrong = [(name_of(path), to) for path in paths for to in imports(path) if within(to, impure)]
    assert wrong == []


def _floor(module: str, program: str, floors: tuple[tuple[str, ...], ...]) -> tuple[int, str] | None:
    part = module.removeprefix(f"{program}.").split(".")[0]
    return next(((number, part) for number, floor in enumerate(floors) if part in floor), None)


@pytest.mark.parametrize(
    ("program", "floors"),
    [("exporter", EXPORTER), ("forecaster", FORECASTER), ("forecaster.engine", ENGINE)],
)
def test_imports_run_downwards(program: str, floors: tuple[tuple[str, ...], ...]) -> None:
    wrong = []
    for path in modules(program):
        module = name_of(path)
        if module == program:
            continue
        mine = _floor(module, program, floors)
        assert mine is not None, f"{module} stands on no floor of this test's table"
        for to in imports(path):
            theirs = _floor(to, program, floors) if within(to, {program}) and to != program else None
            if theirs is not None and theirs[1] != mine[1] and theirs[0] <= mine[0]:
                wrong.append((module, to))
    assert wrong == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_import_runs_in_a_circle(folder: str) -> None:
    """Imports for type checking included: parts that need each other are one part."""
    paths = {name_of(path).removeprefix("deploy."): path for path in sorted((ROOT / folder).rglob("*.py"))}
    graph = {
        name: {found for to in imports(path) if (found := _module(to, paths)) not in {None, name}}
        for name, path in paths.items()
        if path.name != "__init__.py"  # a package may name its own modules
    }
    assert any(graph.values())
    circle: list[str] = []
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        circle = error.args[1]
    assert circle == []


def _module(imported: str, known: Container[str]) -> str | None:
    """The module that `imported`, a module or a name in one, stands in; None for others' modules."""
    return next((one for one in (imported, imported.rpartition(".")[0]) if one in known), None)
