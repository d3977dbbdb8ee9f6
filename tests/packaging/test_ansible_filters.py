"""The filters of the Ansible collection; what systemd makes of flags is asked of systemd's own library."""

from __future__ import annotations

import ctypes
import importlib.util
import json
import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
import pytest
import yaml

if TYPE_CHECKING:
    from collections.abc import Callable

PACKAGING = Path(__file__).parents[2] / "deploy/packaging"
# Its functions are no interface: the ones of another version may take other arguments.
SYSTEMD = Path("/usr/lib/x86_64-linux-gnu/systemd/libsystemd-shared-252.so")
WORDS: tuple[list[str], ...] = (
    ["--domain.exclude=tmp-\\d+", "--log.level=debug"],
    ["--domain.include=[a-z]+\\.example$", "--x=a b", "--y='q'", '--z="r"', "`id`", "$HOME", "${HOME}", "#1"],
    ["", "\\", "\\\\", '\\"', "--last=\\"],
    ["ä", "%n", ";", "{}"],
    [],
)


def filters(name: str) -> dict[str, Callable[..., Any]]:
    spec = importlib.util.spec_from_file_location(name, PACKAGING / f"ansible/plugins/filter/{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: dict[str, Callable[..., Any]] = module.FilterModule().filters()
    return found


def arguments(file: Path) -> list[str]:
    """What systemd gives a program for `$ARGS`, where the file is its EnvironmentFile."""
    if not SYSTEMD.exists():
        pytest.skip(f"{SYSTEMD} is not there: test_ansible.sh asks systemd itself")
    systemd, libc = ctypes.CDLL(str(SYSTEMD)), ctypes.CDLL(None)
    strings = ctypes.POINTER(ctypes.c_char_p)
    libc.fopen.restype = ctypes.c_void_p
    libc.fopen.argtypes = (ctypes.c_char_p, ctypes.c_char_p)
    libc.fclose.argtypes = (ctypes.c_void_p,)
    systemd.load_env_file.argtypes = (ctypes.c_void_p, ctypes.c_char_p, ctypes.POINTER(strings))
    systemd.replace_env_argv.restype = strings
    systemd.replace_env_argv.argtypes = (strings, strings)
    environment = strings()
    stream = libc.fopen(bytes(file), b"r")
    assert systemd.load_env_file(stream, bytes(file), ctypes.byref(environment)) == 0
    libc.fclose(stream)
    given = systemd.replace_env_argv((ctypes.c_char_p * 2)(b"$ARGS", None), environment)
    assert given
    found: list[str] = []
    while (word := given[len(found)]) is not None:
        found.append(word.decode())
    return found


@pytest.mark.parametrize("words", WORDS, ids=repr)
def test_systemd_gives_a_program_the_words_of_the_playbook(words: list[str], tmp_path: Path) -> None:
    file = tmp_path / "default"
    file.write_text(f"ARGS={filters('environment')['environment_words'](words)}\n")
    assert arguments(file) == words


@pytest.mark.parametrize("word", ["a\nb", "a\tb", "\x07"])
def test_what_systemd_cannot_take_is_refused(word: str) -> None:
    with pytest.raises(ValueError, match="control characters"):
        filters("environment")["environment_words"]([word])


@pytest.mark.parametrize("program", ["exporter", "forecaster"])
def test_both_templates_write_flags_with_it(program: str) -> None:
    template = PACKAGING / f"ansible/roles/{program}/templates/{program}.default.j2"
    (written,) = re.findall("^ARGS=(.*)$", template.read_text(), re.MULTILINE)
    assert written.endswith("| virtcast.monitoring.environment_words }}")


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ("exporter", ["--domain.exclude=tmp-\\d+", "--log.level=debug"]),
        ("forecaster", ["--web.listen-address=127.0.0.1:9178", "--log.level=debug"]),
    ],
)
def test_the_last_example_of_the_package_is_what_it_says(
    program: str, expected: list[str], tmp_path: Path
) -> None:
    text = (PACKAGING / f"config/virtcast-{program}.default").read_text()
    assert "backslash" in text
    examples = re.findall("^# (ARGS=.*)$", text, re.MULTILINE)
    (tmp_path / "default").write_text(f"{examples[-1]}\n")
    assert arguments(tmp_path / "default") == expected


@pytest.mark.parametrize(
    "line", ['""', '"--log.level=debug"', "'--x=\\\\d+'", "--log.level=debug", "--x=1 --y=2", ""], ids=repr
)
@pytest.mark.parametrize(
    ("page", "file", "last"),
    [
        ("install.md", "/etc/default/virtcast-exporter", "--libvirt.read-write"),
        ("operate.md", "/etc/default/virtcast-forecaster", "--alertmanager.url=http://127.0.0.1:9093"),
    ],
)
def test_commands_of_pages_add_flags_to_those_that_are_there(
    page: str, file: str, last: str, line: str, tmp_path: Path
) -> None:
    text = (PACKAGING.parents[1] / "docs" / page).read_text().replace("\\\n", " ")
    commands = [each for each in text.splitlines() if each.startswith(("sed ", "grep ")) and file in each]
    assert commands
    default = tmp_path / "default"
    default.write_text(f"# ARGS=\nARGS={line}\n")
    before = arguments(default)
    script = "\n".join(commands).replace(file, str(default))
    subprocess.run(["bash", "-euo", "pipefail", "-c", script], check=True, stdout=subprocess.DEVNULL)
    found = arguments(default)
    assert found[found.index(last) + 1 :] == before


CONFIG = """
global: {scrape_interval: 15s}
rule_files: [first.yml, rules/virtcast-*.rules.yml, /srv/*/alerts.yml]
"""


@pytest.mark.parametrize(
    ("path", "loaded"),
    [
        ("/etc/prometheus/first.yml", True),
        ("/etc/prometheus/rules/virtcast-alerts.rules.yml", True),
        ("/etc/prometheus/rules/other.yml", False),
        ("/etc/prometheus/rules/deeper/virtcast-alerts.rules.yml", False),
        ("/srv/a/alerts.yml", True),
        ("/srv/a/b/alerts.yml", False),
    ],
)
def test_prometheus_loads_what_its_patterns_match(path: str, *, loaded: bool) -> None:
    loads = filters("prometheus")["prometheus_loads"]
    assert loads(CONFIG, "/etc/prometheus/prometheus.yml", "rule_files", path) is loaded
    assert not loads("", "/etc/prometheus/prometheus.yml", "rule_files", path)


def test_a_job_is_found_by_its_name() -> None:
    scrapes = filters("prometheus")["prometheus_scrapes"]
    assert scrapes("scrape_configs: [{job_name: prometheus}, {job_name: virtcast}]", "virtcast")
    assert not scrapes("scrape_configs: [{job_name: virtcast-fast}]", "virtcast")
    assert not scrapes("scrape_configs:", "virtcast")


@pytest.mark.parametrize("page", ["docs/install.md", "deploy/packaging/ansible/README.md"])
def test_prometheus_loads_what_the_role_writes_as_the_page_says(page: str) -> None:
    text = (PACKAGING.parents[1] / page).read_text()
    (config,) = re.findall("^```yaml\n(rule_files:.*?)^```$", text, re.MULTILINE | re.DOTALL)
    defaults = yaml.safe_load((PACKAGING / "ansible/roles/rules/defaults/main.yml").read_text())
    loads = filters("prometheus")["prometheus_loads"]
    main = defaults["virtcast_rules_prometheus_config"]
    for each in ("recording", "alerts", "aggregates"):
        rules = f"{defaults['virtcast_rules_directory']}/virtcast-{each}.rules.yml"
        assert loads(config, main, "rule_files", rules)
    assert loads(config, main, "scrape_config_files", defaults["virtcast_rules_scrape_jobs"])


def jinja() -> jinja2.Environment:
    """What the roles ask of Ansible's own filters and tests."""
    environment = jinja2.Environment(autoescape=False)  # noqa: S701 (YAML)
    environment.filters |= {"to_json": json.dumps, "dirname": os.path.dirname}
    environment.tests["match"] = lambda text, pattern: re.match(pattern, text) is not None
    return environment


def task(role: str, name: str) -> Any:
    tasks = yaml.safe_load((PACKAGING / f"ansible/roles/{role}/tasks/main.yml").read_text())
    (found,) = (one for one in tasks if one["name"] == name)
    return found


def scrape_jobs(**values: object) -> Any:
    template = (PACKAGING / "ansible/roles/rules/templates/scrape-jobs.yml.j2").read_text()
    defaults = yaml.safe_load((PACKAGING / "ansible/roles/rules/defaults/main.yml").read_text())
    written = jinja().from_string(template).render(defaults | {"ansible_managed": ""} | values)
    return yaml.safe_load(written)["scrape_configs"]


def test_the_role_writes_the_jobs_of_the_packages() -> None:
    """One exporter and one forecaster beside Prometheus are the defaults of both."""
    assert scrape_jobs() == yaml.safe_load((PACKAGING / "config/scrape_jobs.yml").read_text())


def test_exporters_can_have_the_instance_of_node_exporter_as_the_page_says() -> None:
    page = (PACKAGING.parents[1] / "docs/install.md").read_text()
    (block,) = re.findall(
        r"^```yaml\n(scrape_configs:\n  - job_name: libvirt\n.*?)^```$", page, re.MULTILINE | re.DOTALL
    )
    (job,) = yaml.safe_load(block)["scrape_configs"]
    first, *others = scrape_jobs(virtcast_rules_libvirt_relabel_configs=job["relabel_configs"])
    assert first == scrape_jobs()[0] | {"relabel_configs": job["relabel_configs"]}
    assert others == scrape_jobs()[1:]


@pytest.mark.parametrize("program", ["exporter", "forecaster"])
@pytest.mark.parametrize(
    ("word", "allowed"),
    [
        ("--log.level=debug", True),
        ("--domain.include=a b -c", True),
        ("serve", True),
        ("--log.level=debug --domain.exclude=tmp", False),
        ("--a --b", False),
        ("--log.level debug", False),
    ],
)
def test_an_element_is_one_flag(program: str, word: str, *, allowed: bool) -> None:
    """Several would be a usage error of the program, after its file is written."""
    that = task(program, "Require one flag an element")["ansible.builtin.assert"]["that"]
    assert jinja().compile_expression(that)(**{f"virtcast_{program}_args": ["--first", word]}) is allowed


@pytest.mark.parametrize(
    ("jobs", "there", "created"),
    [
        ("/etc/prometheus/jobs.yml", False, ["/srv/rules", "/etc/prometheus"]),
        ("/etc/prometheus/jobs.yml", True, ["/srv/rules"]),
        ("", True, ["/srv/rules"]),
    ],
)
def test_the_directory_of_the_scrape_jobs_is_created_where_there_is_none(
    jobs: str, created: list[str], *, there: bool
) -> None:
    loop = task("rules", "Create the directories")["loop"].removeprefix("{{").removesuffix("}}")
    values = {
        "virtcast_rules_directory": "/srv/rules",
        "virtcast_rules_dashboards_directory": "",
        "virtcast_rules_scrape_jobs": jobs,
        "virtcast_rules_scrape_jobs_directory": {"stat": {"exists": there}},
    }
    assert jinja().compile_expression(loop)(**values) == created
