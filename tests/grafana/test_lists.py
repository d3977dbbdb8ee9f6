"""The lists of dashboards for kustomize and jsonnet."""

from __future__ import annotations

import yaml

from grafana.lists import lists


def test_each_file_is_named_once_in_order() -> None:
    found = lists(["b.json", "a.json"])
    maps = yaml.safe_load(found["kustomization.yaml"])["configMapGenerator"]
    assert maps == [{"name": "a", "files": ["json/a.json"]}, {"name": "b", "files": ["json/b.json"]}]
    imports = found["dashboards.libsonnet"].splitlines()[2:4]
    assert imports == ["  'a.json': import 'json/a.json',", "  'b.json': import 'json/b.json',"]
