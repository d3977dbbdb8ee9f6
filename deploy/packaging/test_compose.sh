#!/bin/bash
# test_compose.sh: starts the stack of compose.yml as install.md says, with the podman and the tools of this Debian. bare.sh runs
# it in a bare tree, with a checkout and images.tar beside it. Prometheus and Alertmanager are Debian's, in images that are made
# here; in Grafana's place, which Debian does not have, is a program that waits. No registry of images is asked, and there is no
# systemd. `test_compose.sh prepared` makes what is needed, `test_compose.sh started` is what runs in a network of its own.
set -euo pipefail
cd /srv/checkout
. ../test_page.sh
heading='### The whole stack'
compose=deploy/packaging/containers/compose.yml
work=/srv/work
mkdir -p $work
export CONTAINERS_CONF=$work/containers.conf DOCKER_HOST=unix:///run/podman/podman.sock
export PROMETHEUS_IMAGE=localhost/test-prometheus:1 ALERTMANAGER_IMAGE=localhost/test-alertmanager:1 GRAFANA_IMAGE=localhost/test-grafana:1

fail() {
    echo "test_compose.sh: $*" >&2
    for each in $(podman ps -aq 2>/dev/null); do podman logs "$each" 2>&1 | tail -n 5 >&2; done
    tail -n 20 $work/log >&2
    exit 1
}

settings() {
    cat >"$CONTAINERS_CONF" <<'CONF'
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
CONF
}

# With what the page says, what stands in for `make images` and for registries of images.
packages() {
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends podman runc iproute2 python3-minimal prometheus prometheus-alertmanager
    eval "$(commands install.md "$heading" | grep '^apt-get install')"
    if [ "$(. /etc/os-release && echo "$VERSION_ID")" != 12 ]; then apt-get install -y -qq --no-install-recommends podman-compose; fi
}

# stand_in NAME FOLDER PROGRAM [ARGUMENT]: an image with a program of this system, its libraries, and a folder that is its user's.
stand_in() {
    local tree=$work/$1
    mkdir -p "$tree/tmp" "$tree/etc"
    install -D -t "$tree/bin" "$3"
    # shellcheck disable=SC2046  # names of files, one word each
    cp --parents -L $(ldd "$3" | grep -o '/[^ ]*') "$tree"
    install -d -o 65534 -g 65534 "$tree$2"
    tar -c -C "$tree" . | podman import -c "ENTRYPOINT [\"/bin/$(basename "$3")\"${4:+, \"$4\"}]" -c "USER 65534" \
        -c "WORKDIR $2" -c "VOLUME $2" - "localhost/test-$1:1"
}

prepared() {
    packages
    podman load -i ../images.tar
    stand_in prometheus /prometheus /usr/bin/prometheus
    install -D /usr/bin/prometheus-alertmanager $work/bin/alertmanager
    mkdir $work/alertmanager
    cp --parents -r /usr/share/prometheus/alertmanager $work/alertmanager # Debian's reads texts there
    stand_in alertmanager /alertmanager $work/bin/alertmanager
    stand_in grafana /var/lib/grafana /bin/sleep infinity
}

asked() { python3 -c 'import sys, urllib.request as r; print(r.urlopen(sys.argv[1], timeout=30).read().decode())' "$1" 2>>$work/log; }
# value QUERY: the values that Prometheus has, one a line.
value() {
    asked "http://127.0.0.1:9090/api/v1/query?query=$1" |
        python3 -c 'import json, sys; [print(one["metric"].get("job", ""), one["value"][1]) for one in json.load(sys.stdin)["data"]["result"]]' 2>>$work/log | sort
}
# Each try counts at once; alertmanager_notifications_failed_total counts when Alertmanager gives up, minutes later.
failed_notifications() {
    asked http://127.0.0.1:9093/metrics | awk '/^alertmanager_notification_requests_failed_total/ {sum += $2} END {print sum + 0}'
}
# An alert that the user's receivers are told of after 5 s.
alert() {
    python3 - 2>>$work/log <<'PYTHON'
import json, urllib.request

alerts = [{"labels": {"alertname": "Test", "severity": "critical"}}]
headers = {"Content-Type": "application/json"}
asked = urllib.request.Request("http://127.0.0.1:9093/api/v2/alerts", json.dumps(alerts).encode(), headers)
urllib.request.urlopen(asked, timeout=30)
PYTHON
}
# until_so SECONDS WHAT COMMAND: COMMAND succeeds at last.
until_so() {
    local start=$SECONDS
    until eval "$3" >/dev/null 2>&1; do
        [ $((SECONDS - start)) -lt "$1" ] || fail "not after $1 s: $2"
        sleep 1
    done
    echo "$2: after $((SECONDS - start)) s"
}

everybody="alertmanager 1
libvirt 1
prometheus 1
virtcast 1
virtcast-fast 1"
# What a fresh stack is, whoever started it.
checks() {
    until_so 180 "$1: Prometheus has up == 1 for $(echo "$everybody" | cut -d' ' -f1 | paste -sd' ')" '[ "$(value up)" = "$everybody" ]'
    until_so 180 "$1: Alertmanager has Watchdog" 'asked http://127.0.0.1:9093/api/v2/alerts | grep -q Watchdog'
    sleep 40 # group_wait is 30 s: whom Alertmanager tells, it has tried to tell
    [ "$(failed_notifications)" = 0 ] || fail "$1: notifications fail"
    if ss -Hltn | grep -v ' 127\.0\.0\.1:'; then fail "$1: somebody listens on more than 127.0.0.1"; fi
    local exporter forecaster
    exporter=$(podman ps -q --filter name=exporter) forecaster=$(podman ps -q --filter name=forecaster)
    [ "$(podman inspect --format '{{.HostConfig.PidMode}}' "$exporter")" = host ] || fail "$1: the exporter has processes of its own"
    [ "$(podman inspect --format '{{.HostConfig.RestartPolicy.Name}}' "$forecaster")" = always ] || fail "$1: nothing starts it after a boot"
}

started() {
    trap 'kill %1 || true' EXIT
    ip link set lo up
    mkdir -p /run/libvirt /run/podman
    podman system service --time=0 "$DOCKER_HOST" >$work/service 2>&1 &
    until_so 30 "podman answers on its socket" '[ -S /run/podman/podman.sock ]'

    commands install.md "$heading" | sed '/^docker-compose/q' | grep '^docker-compose' >$work/up
    bash -euo pipefail $work/up >>$work/log 2>&1 || fail "docker-compose up"
    checks docker-compose

    mkdir -p /etc/virtcast/stack
    echo 'addresses: {webhook_url: "http://127.0.0.1:9/mine"}' >/etc/virtcast/stack/values.yml
    commands install.md "$heading" | sed '1,/^docker-compose/d' >$work/told
    bash -euo pipefail $work/told >>$work/log 2>&1 || fail "with a folder of the user's"
    until_so 60 "docker-compose: Alertmanager has the user's receivers" 'asked http://127.0.0.1:9093/api/v2/receivers | grep -q critical'
    # Nobody listens at their address: so 0 above says something.
    alert || fail "Alertmanager takes no alert"
    until_so 60 "docker-compose: a notification fails" '[ "$(failed_notifications)" -gt 0 ]'
    rm deploy/packaging/containers/.env

    docker-compose -f $compose stop >>$work/log 2>&1 || fail "docker-compose stop"
    [ "$(podman inspect --format '{{.State.ExitCode}}' "$(podman ps -aq --filter name=forecaster)")" = 0 ] || fail "forecaster: exit status"
    docker-compose -f $compose down -v >>$work/log 2>&1 || fail "docker-compose down"
    [ -z "$(podman ps -aq)" ] || fail "docker-compose leaves containers"

    if ! command -v podman-compose >/dev/null; then return; fi
    grep -o '`podman-compose -f [^`]*`' ../install.md | tr -d '`' >$work/up
    bash -euo pipefail $work/up >>$work/log 2>&1 || fail "podman-compose up"
    checks podman-compose
    podman-compose -f "$PWD/$compose" down -v >>$work/log 2>&1 || fail "podman-compose down"
}

settings
case ${1:-} in
prepared | started) "$1" ;;
*)
    # In a shell of its own: before `||`, this one would go on after what fails.
    bash ../test_compose.sh prepared >$work/log 2>&1 || { tail -n 20 $work/log >&2; exit 1; }
    podman --version
    docker-compose version --short
    exec unshare --net bash "$(realpath ../test_compose.sh)" started
    ;;
esac
