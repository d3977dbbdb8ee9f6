#!/bin/bash
# test_units.sh: in a bare tree with the packages in the working directory; called with `booted` by systemd, as process 1's.
# Both services run hardened; the exporter reads a real libvirtd as an ordinary user; who is stuck is started again; a report
# is written, as a page and as a PDF, from a Prometheus that scrapes both.
set -euo pipefail
. /srv/test_guest.sh
. /srv/test_page.sh

fail() { echo "test_units.sh: $*" >&2; journalctl -b --no-pager -n 40 -u 'virtcast-*' -u libvirtd >&2 || true; exit 1; }
asked() { python3 -c 'import sys, urllib.request as r; print(r.urlopen(sys.argv[1], timeout=5).read().decode())' "$1" 2>/dev/null; }
# No pipe: its status would be that of who writes a long page to a grep that has seen enough.
until_shown() { for _ in $(seq 60); do if grep -q "$1" < <(asked http://127.0.0.1:9177/metrics); then return; fi; sleep 1; done; fail "not on /metrics: $1"; }
until_asked() { for _ in $(seq 90); do if asked "$1"; then return; fi; sleep 1; done; fail "no answer: $1"; }
of() { systemctl show -P "$2" "virtcast-$1"; }

install_all() {
    apt-get -qq update
    # shellcheck disable=SC2086  # names of packages, one word each
    apt-get -qq -y --no-install-recommends install systemd-sysv dbus polkitd curl prometheus weasyprint fonts-dejavu-core \
        $GUEST_PACKAGES >/tmp/log 2>&1 || { tail -n 30 /tmp/log >&2; exit 1; }
    printf 'APT::Get::Assume-Yes "true";\nAPT::Install-Recommends "false";\n' >/etc/apt/apt.conf.d/test
    commands install.md '## Debian packages' | grep ^apt-get >/tmp/commands
    bash -euo pipefail /tmp/commands >/tmp/log 2>&1 || { tail -n 30 /tmp/log >&2; exit 1; }
    prepare_guests
    commands first-hour.md '## Connect Prometheus' | grep -v ^promtool | bash -euo pipefail
    cp /etc/default/virtcast-exporter /srv/exporter.default
    echo 'ARGS="--libvirt.uri=qemu:///system --collector.process"' >/etc/default/virtcast-exporter
    echo hush >/etc/virtcast/forecaster.secrets/token
    sed -i 's/^# authorization:/  authorization:/' /etc/virtcast/forecaster.yml
    printf 'step: 15s\nday: 15m\n' >>/etc/virtcast/forecaster.yml # a report is of the last step
    { echo 'set -- booted'; cat "$0"; } >/srv/booted
}

hardened() {
    local status
    status=/proc/$(of "$1" MainPID)/status
    grep -qE '^Seccomp:\s2' "$status" || fail "$1 has no system call filter"
    grep -qE '^NoNewPrivs:\s1' "$status" || fail "$1 may gain privileges"
    grep -qE '^CapBnd:\s0+$' "$status" || fail "$1 has capabilities"
    [ "$(stat -c %U "$status")" = "virtcast-$1" ] || fail "$1 runs as another user"
}

# As docs/install.md says: the flag, and the group that owns libvirt's read-write socket. libvirtd says whom it refuses; the
# exporter asks again every 10 s, and reads on without guest agents.
read_write() {
    echo 'ARGS="--libvirt.uri=qemu:///system --libvirt.read-write"' >/etc/default/virtcast-exporter
    restart_exporter
    for _ in $(seq 60); do if [ "$(refusals)" -gt 0 ]; then break; fi; sleep 1; done
    [ "$(refusals)" -gt 0 ] || fail "the read-write socket is open to everybody"
    grep -q '^libvirt_up 1' < <(asked http://127.0.0.1:9177/metrics) || fail "nothing is read without the group"
    echo "without the group, libvirt's read-write socket is closed to the exporter, which reads on"
    echo 'ARGS="--libvirt.uri=qemu:///system --collector.process"' >/etc/default/virtcast-exporter
    run install.md '### The services'
    given exporter --collector.process || fail "the command of install.md takes away another flag"
    given exporter --libvirt.read-write || fail "the command of install.md does not give the flag"
    sleep 1 # the one before was refused until its end
    since=$(date +%s)
    until_asked http://127.0.0.1:9177/metrics >/dev/null
    sleep 30
    [ "$(refusals)" -eq 0 ] || fail "libvirt's read-write socket is closed to its group"
    grep -q '^libvirt_up 1' < <(asked http://127.0.0.1:9177/metrics) || fail "nothing is read with the group"
    hardened exporter
    echo "in group libvirt, the hardened exporter may use libvirt's read-write socket"
}

restart_exporter() {
    since=$(date +%s)
    systemctl restart virtcast-exporter
    until_asked http://127.0.0.1:9177/metrics >/dev/null
}

# given SERVICE FLAG: whether its process has the flag, just so.
given() { tr '\0' '\n' <"/proc/$(of "$1" MainPID)/cmdline" | grep -Fqxe "$2"; }

# The example of /etc/default/virtcast-exporter, and the one of install.md in single quotes.
backslash() {
    sed -i "s/^ARGS=.*//; s/^# \(ARGS='\)/\1/" /etc/default/virtcast-exporter
    restart_exporter
    given exporter '--domain.exclude=tmp-\d+' || fail "systemd does not give what the example says: $(tr '\0' ' ' <"/proc/$(of exporter MainPID)/cmdline")"
    run install.md '### The services'
    given exporter '--domain.exclude=tmp-\d+' || fail "the command of install.md takes away a flag in single quotes"
    given exporter --libvirt.read-write || fail "the command of install.md does not give the flag in single quotes"
    echo "a backslash in the flags arrives"
}

# The timer that somebody has started goes on after an upgrade, and ends with the package; one that is off stays off.
timer() {
    upgrade_forecaster
    if systemctl is-active --quiet virtcast-report.timer; then fail "an upgrade starts the timer"; fi
    systemctl enable --now virtcast-report.timer
    upgrade_forecaster
    systemctl is-active --quiet virtcast-report.timer || fail "an upgrade stops the timer"
    systemctl is-enabled --quiet virtcast-report.timer || fail "an upgrade switches the timer off"
    dpkg --remove virtcast-forecaster >/tmp/log 2>&1 || fail "$(cat /tmp/log)"
    if systemctl is-active --quiet virtcast-report.timer; then fail "the timer runs without its package"; fi
    echo "the timer of reports goes on after an upgrade, and ends with its package"
}

upgrade_forecaster() { dpkg --install --force-confold /srv/virtcast-forecaster_*.deb >/tmp/log 2>&1 || fail "$(cat /tmp/log)"; }

refusals() { journalctl -b --no-pager -u libvirtd --since "@$since" | grep -c 'authentication unavailable' || true; }

# No package has brought /bin/kill: the unit reloads without it.
reloaded() {
    [ ! -e /bin/kill ] || fail "the tree has /bin/kill: this proves nothing"
    sleep 1
    local before
    before=$(stamp "$1" "$2")
    systemctl reload "virtcast-$1" || fail "systemctl reload virtcast-$1"
    for _ in $(seq 60); do if [ "$(stamp "$1" "$2")" != "$before" ]; then return; fi; sleep 1; done
    fail "$1 has not read its configuration again"
}

# When the configuration was read, as the program at a port says.
stamp() { asked "http://127.0.0.1:$2/metrics" | sed -n 's/^[a-z_]*_config_last_reload_success_timestamp_seconds //p'; }

stuck() {
    local before
    before=$(of "$1" MainPID)
    kill -STOP "$before"
    for _ in $(seq 120); do
        if [ "$(of "$1" NRestarts)" -ge 1 ] && [ "$(of "$1" ActiveState)" = active ]; then break; fi
        sleep 1
    done
    [ "$(of "$1" MainPID)" != "$before" ] || fail "$1 is still stuck"
    until_asked "$2" >/dev/null
}

# A report names the VMs that Prometheus had at the last step that has settled, less than a minute ago. The guest is new, and its
# exporter was just stopped.
until_scraped() {
    for _ in $(seq 60); do if grep -q '"metric"' < <(asked "http://127.0.0.1:9090/api/v1/query?query=$1"); then return; fi; sleep 2; done
    fail "Prometheus has no $1"
}

# The configuration names a secret where the forecaster has it: without it no report is written.
reported() {
    until_scraped 'libvirt_domain_info%7Bdomain=%22web%22%7D+offset+1m'
    systemctl start virtcast-report || fail "no report"
    echo 'ARGS="--format=pdf"' >/etc/default/virtcast-report
    systemctl start virtcast-report || fail "no report as PDF"
    local page=(/var/lib/virtcast-report/*.html) paper=(/var/lib/virtcast-report/*.pdf)
    grep -q '>web<' "${page[0]}" ||
        fail "the guest is not in the report; Prometheus has $(asked 'http://127.0.0.1:9090/api/v1/query?query=libvirt_domain_info')"
    [ "$(head -c 5 "${paper[0]}")" = %PDF- ] || fail "${paper[0]} is no PDF"
    [ "$(stat -c '%a %U' /var/lib/virtcast-report "${page[0]}" | tr '\n' ' ')" = "750 virtcast-forecaster 640 virtcast-forecaster " ] ||
        fail "others can read reports: $(ls -la /var/lib/virtcast-report)"
    if systemctl is-enabled --quiet virtcast-report.timer; then fail "reports are on without being asked for"; fi
}

booted() {
    local metrics=/tmp/metrics
    until_asked http://127.0.0.1:9177/-/ready >/dev/null
    asked http://127.0.0.1:9177/metrics >$metrics
    until_asked http://127.0.0.1:9178/-/healthy >/dev/null
    for each in exporter forecaster; do
        [ "$(of $each ActiveState)" = active ] || fail "$each is $(of $each ActiveState)"
        hardened $each
    done
    echo "both are active, hardened"
    for each in 'libvirt_up 1' libvirt_host_cpu libvirt_host_memory libvirt_host_filesystem; do
        grep -q "^$each" $metrics || fail "no $each"
    done
    start_guest web || fail "no guest"
    for each in '^libvirt_domain_info{.*domain="web"' '^libvirt_domain_state{.*domain="web".*state="running".*} 1' \
        '^libvirt_domain_process_resident_memory_bytes{.*domain="web"'; do
        until_shown "$each"
    done
    echo "a guest that runs is read, from libvirt and from the /proc of its QEMU"
    echo "libvirtd is read by $(stat -c %U "/proc/$(of exporter MainPID)"), the host's file systems, too"
    [ "$(stat -c '%a %U' /var/lib/virtcast-forecaster)" = "700 virtcast-forecaster" ] || fail "state can be read"
    if journalctl -b --no-pager -u virtcast-forecaster | grep -i 'credential\|permission'; then fail "the secret"; fi
    commands install.md '## Debian packages' | grep -E '^(runuser|curl)' >/tmp/commands
    bash -euo pipefail /tmp/commands >/tmp/said || fail "the commands of install.md"
    grep '^ok     libvirt: 1 domains' /tmp/said || fail "--check: $(cat /tmp/said)"
    grep -q '^libvirt_up 1' /tmp/said || fail "curl: $(cat /tmp/said)"
    reloaded exporter 9177
    reloaded forecaster 9178
    echo "systemctl reload: both have read their configuration again"
    read_write
    stuck exporter http://127.0.0.1:9177/-/ready
    echo "the exporter that was stopped is started again: $(of exporter NRestarts)"
    stuck forecaster http://127.0.0.1:9178/-/healthy
    echo "the forecaster that was stopped is started again: $(of forecaster NRestarts)"
    reported
    echo "a report is written, as a page and as a PDF, hardened and with its secrets"
    cp /srv/exporter.default /etc/default/virtcast-exporter
    backslash
    timer
}

if [ "${1:-}" = booted ]; then booted; else install_all; fi
