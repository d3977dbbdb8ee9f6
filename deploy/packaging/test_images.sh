#!/bin/bash
# test_images.sh BIN SUITE: builds both images on a bare Debian, and runs them as compose and Kubernetes do: as a user without
# capabilities, read only. They run in a network of their own. The exporter reads a libvirtd of the lab, as docs/install.md says.
# Then the whole stack is started as docs/install.md says, on a bare Debian with its own podman and docker-compose.
# BIN has hatchling. As root, with podman, runc and what the lab needs.
set -euo pipefail
. "$(dirname "$0")/registries.sh"
bin=$(realpath "$1") suite=$2 here=$(dirname "$(realpath "$0")")
work=$(mktemp -d)
export CONTAINERS_CONF=$work/containers.conf
base=localhost/virtcast-base:$suite

fail() { echo "test_images.sh: $*" >&2; exit 1; }

# A machine of CI may have neither systemd nor raised limits nor a network bridge.
cat >"$CONTAINERS_CONF" <<'CONF'
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
netns = "host"
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
CONF

# No registry of images is needed: the base is the bare tree, with this machine's way to the package registries.
make_base() {
    mkdir "$work/nothing"
    bash "$here/bare.sh" "$suite" "$work/nothing" true
    local ways
    ways=$(apt_ways | cut -c2-)
    # shellcheck disable=SC2086  # names of files, one word each
    tar -c -C "${VIRTCAST_TREES:-/var/cache/virtcast-trees}/$suite" . ${ways:+-C / $ways} |
        podman import - "$base" >/dev/null
}

sized() {
    local size
    size=$(podman image inspect --format '{{.Size}}' "$1")
    echo "$1: $((size / 1000000)) MB"
    [ "$size" -le $(($2 * 1000000)) ] || fail "$1 is larger than $2 MB"
}

# Says where the sockets of a host with a guest are, and keeps it until SIGTERM.
host() {
    PYTHONPATH=$here/.. exec "$bin/python" - <<'PYTHON'
import contextlib, signal
from lab import Guest, Lab

signal.signal(signal.SIGTERM, signal.default_int_handler)
with contextlib.suppress(KeyboardInterrupt), Lab(hosts=1) as lab:
    lab.hosts[0].start(Guest("web", paused=True))
    print(lab.hosts[0].folder / "run", flush=True)
    signal.pause()
PYTHON
}

run() {
    cat >"$work/run.sh" <<'RUN'
set -euo pipefail
. "$PAGES/../deploy/packaging/test_page.sh"
exporter=localhost/virtcast-exporter:$1 forecaster=localhost/virtcast-forecaster:$1
hardened="--read-only --read-only-tmpfs=false --cap-drop=all --security-opt=no-new-privileges"
fail() {
    echo "test_images.sh: $*" >&2
    for each in $containers; do command podman logs "$each" 2>&1 | tail -n 5 >&2; done
    exit 1
}
asked() { python3 -c 'import sys, urllib.request as r; print(r.urlopen(sys.argv[1], timeout=30).read().decode())' "$1" 2>/dev/null; }
until_asked() { for _ in $(seq 60); do if asked "$1"; then return; fi; sleep 1; done; podman ps -a; fail "no answer: $1"; }
# A scrape on a busy machine may be answered before libvirt has said all: the next one has it.
until_shown() {
    for _ in $(seq 60); do if asked http://127.0.0.1:9177/metrics >"$WORK/metrics" && grep -q "$1" "$WORK/metrics"; then return; fi; sleep 1; done
    fail "not on /metrics: $1"
}
podman() { command podman "$@" 2>"$WORK/err" || { grep -v healthcheck "$WORK/err" >&2; return 1; }; }
# What install.md says, with the sockets of the lab's host and a volume of the test.
documented() {
    commands install.md '## Containers' | sed -n "/--name virtcast-$1 /,/[^\\\\]\$/p" |
        sed "s#-v /run/libvirt:#-v $SOCKETS:#; s#-v virtcast:#-v virtcast-test-state:#"
}
trap 'command podman rm -f $containers >/dev/null 2>&1 || true; command podman volume rm -f virtcast-test-state >/dev/null 2>&1 || true' EXIT
containers=
ip link set lo up

# shellcheck disable=SC2086
id=$(podman run -d $hardened $exporter --libvirt.uri=test:///default)
containers=$id
until_shown '^libvirt_domain_info{.*domain="test"'
grep -q '^libvirt_up 1' "$WORK/metrics" || fail "libvirt is not up"
podman healthcheck run "$id" || fail "the exporter is not healthy"
[ "$(stat -c %u "/proc/$(podman inspect --format '{{.State.Pid}}' "$id")")" = 65534 ] || fail "it runs as another user"
podman stop -t 15 "$id" >/dev/null
[ "$(podman inspect --format '{{.State.ExitCode}}' "$id")" = 0 ] || fail "exporter: exit status"
if podman healthcheck run "$id" 2>/dev/null; then fail "a stopped exporter is healthy"; fi
echo "exporter: runs"

id=$(eval "$(documented exporter)")
containers="$containers $id"
for each in '^libvirt_up 1' '^libvirt_domain_info{.*domain="web"' '^libvirt_domain_state{.*domain="web".*state="paused".*} 1'; do
    until_shown "$each"
done
podman stop -t 15 "$id" >/dev/null
echo "exporter: reads a libvirtd and its guest over the read-only socket"

# shellcheck disable=SC2086
id=$(podman run -d $hardened -v virtcast-test-state:/var/lib/virtcast-forecaster $forecaster)
containers="$containers $id"
until_asked http://127.0.0.1:9178/runbooks/Watchdog.md >/dev/null
podman healthcheck run "$id" || fail "the forecaster is not healthy"
[ "$(stat -c %u "/proc/$(podman inspect --format '{{.State.Pid}}' "$id")")" = 65532 ] || fail "it runs as another user"
podman stop -t 90 "$id" >/dev/null
[ "$(podman inspect --format '{{.State.ExitCode}}' "$id")" = 0 ] || fail "forecaster: exit status"
podman run --rm $hardened --tmpfs /tmp $forecaster rules --output /tmp/rules || fail "no rules"
id=$(eval "$(documented forecaster)")
containers="$containers $id"
until_asked http://127.0.0.1:9178/-/healthy >/dev/null
[ "$(podman inspect --format '{{.Config.StopTimeout}}' "$id")" -ge 90 ] || fail "the forecaster has no time to save what it learned"
[ "$(podman inspect --format '{{.HostConfig.RestartPolicy.Name}}' "$id")" = always ] || fail "nobody starts the forecaster again after a boot"
podman stop "$id" >/dev/null
[ "$(podman inspect --format '{{.State.ExitCode}}' "$id")" = 0 ] || fail "forecaster, as documented: exit status"
echo "forecaster: runs"

for image in $exporter $forecaster; do
    for program in sh bash dash busybox apt-get dpkg perl; do
        if command podman run --rm --entrypoint $program $image -c : >/dev/null 2>&1; then fail "$image has $program"; fi
    done
    command podman run --rm --entrypoint /usr/bin/python3 $image -c 'import ssl; assert ssl.create_default_context().get_ca_certs()' 2>"$WORK/err" ||
        fail "$image knows no certificate authority: $(cat "$WORK/err")"
    command podman run --rm --entrypoint /usr/bin/python3 $image -ISc 'import ast, os; assert os.path.exists(ast.__cached__)' 2>"$WORK/err" ||
        fail "$image compiles Python's own modules at each start: $(cat "$WORK/err")"
done
echo "neither has a shell or a package manager; Python's modules are compiled"
RUN
    WORK=$work SOCKETS=$2 PAGES=$here/../../docs unshare --net bash "$work/run.sh" "$1"
}

# What compose.yml mounts, and the images, on a bare Debian.
stack() {
    local checkout=$work/stack/checkout
    mkdir -p "$checkout"
    (cd "$here/../.." && cp -r --parents deploy/packaging/containers deploy/packaging/config deploy/config alert_rules grafana "$checkout")
    podman save --quiet -m -o "$work/stack/images.tar" "localhost/virtcast-exporter:$1" "localhost/virtcast-forecaster:$1"
    env -u CONTAINERS_CONF bash "$here/bare.sh" "$suite" "$work/stack" bash /srv/test_compose.sh
}

trap 'rm -rf "$work"' EXIT
podman image exists "$base" || make_base
bash "$here/containers/build_images.sh" "$bin" "$base" >"$work/log" 2>&1 || { tail -n 30 "$work/log" >&2; fail "no images"; }
version=$("$bin/hatchling" version)
exec {said}< <(host)
lab=$!
trap 'kill $lab || true; rm -rf "$work"' EXIT
read -r -u "$said" sockets || fail "the lab has no host"
run "$version" "$sockets"
sized "localhost/virtcast-exporter:$version" 120
sized "localhost/virtcast-forecaster:$version" 250
stack "$version"
