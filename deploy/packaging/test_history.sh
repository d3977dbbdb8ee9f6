#!/bin/bash
# test_history.sh: in a bare tree with the packages and first-hour.md in the working directory: a host whose Prometheus has
# two days of node_exporter's metrics, and an operator who runs the commands of that page and changes nothing. The first
# forecast is on the forecaster's page within MOST seconds. Called with `booted` by systemd, as process 1's.
set -euo pipefail
cd "$(dirname "$0")"
. ./test_page.sh
MOST=900

fail() { echo "test_history.sh: $*" >&2; journalctl -b --no-pager -n 40 -u 'virtcast-*' -u prometheus >&2 || true; exit 1; }
shown() { python3 -c 'import sys, urllib.request as r; print(r.urlopen(sys.argv[1], timeout=30).read().decode())' "http://127.0.0.1:9178$1" 2>/dev/null; }
# No pipe: its status would be that of who writes a long page to a grep that has seen enough.
until_shown() { for _ in $(seq 300); do if grep -q "$2" < <(shown "$1"); then return; fi; sleep 2; done; fail "not on $1: $2"; }

# A host that works by day, each 30 s for two days, in OpenMetrics.
history() {
    python3 - <<'PYTHON'
import math, time

end = int(time.time()) // 30 * 30
begin = end - 2 * 86400
print("# TYPE node_cpu_seconds counter")
spent = {"idle": 0.0, "user": 0.0}
lines = {mode: [] for mode in spent}
for at in range(begin, end, 30):
    busy = 0.3 + 0.2 * math.sin(at / 86400 * 2 * math.pi)
    for mode, share in (("user", busy), ("idle", 1 - busy)):
        spent[mode] += 30 * share
        labels = f'cpu="0",mode="{mode}",instance="localhost:9100",job="node"'
        lines[mode].append(f"node_cpu_seconds_total{{{labels}}} {spent[mode]:.2f} {at}")
print("\n".join(lines["idle"] + lines["user"]))
print("# EOF")
PYTHON
}

installed() {
    apt-get -qq update
    apt-get -qq -y --no-install-recommends install systemd-sysv dbus procps prometheus prometheus-node-exporter \
        libvirt-daemon-system libvirt-daemon-driver-qemu python3 >/tmp/log 2>&1 || { tail -n 30 /tmp/log >&2; exit 1; }
    history >/tmp/history.om
    promtool tsdb create-blocks-from openmetrics /tmp/history.om /var/lib/prometheus/metrics2 >/tmp/log
    chown -R prometheus:prometheus /var/lib/prometheus/metrics2
    SECONDS=0
    run first-hour.md '## Install' >/tmp/log 2>&1 || { tail -n 30 /tmp/log >&2; exit 1; }
    echo "$SECONDS" >took
    cp "$0" booted.sh
    echo 'exec bash /srv/booted.sh booted' >booted
}

booted() {
    SECONDS=$(cat took)
    echo "installed after $SECONDS s"
    run first-hour.md '## Connect Prometheus' >/tmp/said 2>&1 || { cat /tmp/said; exit 1; }
    run first-hour.md '### node_exporter on the same host' >/tmp/said 2>&1 || { cat /tmp/said; exit 1; }
    until_shown /metrics '^virtcast_prometheus_up 1'
    run first-hour.md '## History' >/tmp/said 2>&1 || { cat /tmp/said; exit 1; }
    echo "the past is recorded after $SECONDS s"
    until_shown /metrics '^virtcast_forecast_value{.*instance="localhost:9100".*resource="host_cpu"\|^virtcast_forecast_value{.*resource="host_cpu".*instance="localhost:9100"'
    until_shown / 'localhost:9100'
    echo "the first forecast is on the page after $SECONDS s"
    [ "$SECONDS" -le $MOST ] || fail "more than $MOST s"
}

if [ "${1:-}" = booted ]; then booted; else installed; fi
