"""What happens to the programs that watch."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any

import requests

from alert_stack import OWNER, labels
from faulty_proxy import Fault
from situations.scene import Situation, of_host, until

if TYPE_CHECKING:
    from situations.scene import Scene


def break_rules(scene: Scene) -> None:
    """A rule of somebody's own that no Prometheus can evaluate: `up` has several series on both sides."""
    (scene.stack.run / "own.rules.yml").write_text(
        "groups: [{name: virtcast-own, rules: [{record: own, expr: up * on () up}]}]"
    )
    reload_prometheus(scene)


def mend_rules(scene: Scene) -> None:
    (scene.stack.run / "own.rules.yml").unlink()
    reload_prometheus(scene)


def reload_prometheus(scene: Scene) -> None:
    """Not while Alertmanagers change: once Prometheus 2.42 had none of them after that."""
    with scene.stack.changing:
        before = of_prometheus(scene, "status/runtimeinfo")["lastConfigTime"]
        scene.stack.signal("prometheus", signal.SIGHUP)
        until(lambda: of_prometheus(scene, "status/runtimeinfo")["lastConfigTime"] != before, "a reload")


def of_prometheus(scene: Scene, what: str) -> Any:
    return requests.get(f"{scene.stack.url['prometheus']}/api/v1/{what}", timeout=10).json()["data"]


def configure(scene: Scene, program: str, file: str, text: str) -> None:
    path = scene.stack.run / file
    path.write_text(text)
    scene.stack.signal(program, signal.SIGHUP)


def add_alertmanager(scene: Scene, **more: str) -> None:
    with scene.stack.changing:
        scene.stack.targets("alertmanager", alertmanager=scene.stack.url["alertmanager"], **more)
        known = 1 + len(more)
        until(
            lambda: len(of_prometheus(scene, "alertmanagers")["activeAlertmanagers"]) == known,
            f"Prometheus knows {known} Alertmanagers",
        )


ROWS = (
    Situation(
        "an exporter hangs",
        lambda scene: scene.stack.signal("host-b", signal.SIGSTOP),
        (labels("LibvirtDown", instance="host-b"),),
        lambda scene: scene.stack.signal("host-b", signal.SIGCONT),
    ),
    Situation(
        "an exporter cannot read its new configuration",
        lambda scene: configure(scene, "host-a", "exporter.yml", "targets: ["),
        (of_host("LibvirtReloadFailed"),),
        lambda scene: configure(scene, "host-a", "exporter.yml", ""),
    ),
    Situation(
        "a forecaster is killed",
        lambda scene: scene.stack.processes.kill("forecaster"),
        (labels("VirtcastForecasterStale", instance="forecaster"),),
        lambda scene: scene.stack.restart("forecaster"),
    ),
    Situation(
        "another has no backend",
        lambda scene: setattr(scene.stack.proxy, "fault", Fault.UNAVAILABLE),
        (labels("VirtcastBackendDown", instance="second"),),
        lambda scene: setattr(scene.stack.proxy, "fault", Fault.NONE),
    ),
    Situation(
        "rules cannot be evaluated",
        break_rules,
        (
            labels(
                "PrometheusRulesFailing", instance="prometheus", rule_group="RUN/own.rules.yml;virtcast-own"
            ),
        ),
        mend_rules,
    ),
    Situation(
        "one of two Alertmanagers is gone",
        lambda scene: add_alertmanager(scene, gone="http://127.0.0.1:1"),
        (labels("PrometheusNotificationsFailing", instance="prometheus"),),
        add_alertmanager,
    ),
    Situation(
        "an owner's webhook refuses notifications",
        lambda scene: scene.stack.sink.refused.add(f"/{OWNER}"),
        (labels("AlertmanagerNotificationsFailing", instance="alertmanager", integration="webhook"),),
        lambda scene: scene.stack.sink.refused.clear(),
    ),
)
