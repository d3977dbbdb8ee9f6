"""What happens to the programs that watch."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from alert_stack import OWNER, labels
from faulty_proxy import Fault
from situations.scene import Situation, of_host

if TYPE_CHECKING:
    from situations.scene import Scene


def break_rules(scene: Scene) -> None:
    """A rule of somebody's own that no Prometheus can evaluate: `up` has several series on both sides."""
    (scene.stack.run / "own.rules.yml").write_text(
        "groups: [{name: virtcast-own, rules: [{record: own, expr: up * on () up}]}]"
    )
    scene.stack.signal("prometheus", signal.SIGHUP)


def mend_rules(scene: Scene) -> None:
    (scene.stack.run / "own.rules.yml").unlink()
    scene.stack.signal("prometheus", signal.SIGHUP)


def configure(scene: Scene, program: str, file: str, text: str) -> None:
    path = scene.stack.run / file
    path.write_text(text)
    scene.stack.signal(program, signal.SIGHUP)


def add_alertmanager(scene: Scene, **more: str) -> None:
    scene.stack.targets("alertmanager", alertmanager=scene.stack.url["alertmanager"], **more)


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
