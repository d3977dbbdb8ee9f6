#!/bin/bash
# test_docs.sh: in a bare tree with the packages and first-hour.md in the working directory: runs the commands of that page, on
# a host with Prometheus and libvirtd, and waits for the first forecast. Then the packages of the next version take over its
# state and configuration, and the first ones come back. Called with `booted` by systemd, as process 1's.
# The packages in a folder `previous`, where there is one, come first, and the built ones are the next version.
set -euo pipefail
cd "$(dirname "$0")"
. ./test_page.sh

fail() { echo "test_docs.sh: $*" >&2; journalctl -b --no-pager -n 40 -u 'virtcast-*' -u prometheus >&2 || true; exit 1; }
asked() { grep -q '"metric"' < <(curl -sf --max-time 10 --data-urlencode "query=$1" http://127.0.0.1:9090/api/v1/query); }
until_there() { for _ in $(seq "$2"); do if asked "$1"; then return; fi; sleep 2; done; fail "Prometheus has no $1"; }
until_said() { for _ in $(seq 60); do if grep -q "$1" < <(doctor); then return; fi; sleep 2; done; doctor >&2; fail "not said: $1"; }
doctor() { virtcast-forecaster check-config --config.file=/etc/virtcast/forecaster.yml --online | sed -n '/^ok     backend/,$p'; }

# The built packages as the next version: another number. Those of a previous version take their place.
make_next() {
    mkdir -p next
    for each in virtcast-*.deb; do
        dpkg-deb -R "$each" /tmp/unpacked
        sed -i 's/^Version: .*/Version: 999-1/' /tmp/unpacked/DEBIAN/control
        dpkg-deb -b --root-owner-group /tmp/unpacked next >/dev/null
        rm -r /tmp/unpacked
    done
    if [ -d previous ]; then
        rm virtcast-*.deb
        cp previous/*.deb .
    fi
}

# What the next version depends on and this one does not: the booted tree has no network.
fetch_next() {
    commands upgrade.md '## Upgrade' | sed -n 's/^apt-get install/apt-get -qq install --download-only/p' >/tmp/commands
    [ -s /tmp/commands ] || fail "no packages in upgrade.md"
    (cd next && bash -euo pipefail /tmp/commands) >/tmp/log 2>&1 || { tail -n 30 /tmp/log >&2; exit 1; }
}

installed() {
    make_next
    echo force-confold >/etc/dpkg/dpkg.cfg.d/answer # of an operator whom dpkg asks: keep mine
    apt-get -qq update
    apt-get -qq -y --no-install-recommends install systemd-sysv dbus procps curl prometheus libvirt-daemon-system \
        libvirt-daemon-driver-qemu >/tmp/log 2>&1 || { tail -n 30 /tmp/log >&2; exit 1; }
    run first-hour.md '## Install' >/tmp/log 2>&1 || { tail -n 30 /tmp/log >&2; exit 1; }
    fetch_next
    # Seconds instead of minutes: the page says when forecasts come with the defaults.
    sed -i 's#^\( *\)\(scrape_interval\|scrape_timeout\|evaluation_interval\):.*#\1\2: 2s#' /etc/prometheus/prometheus.yml \
        /usr/share/virtcast/prometheus/scrape_jobs.yml
    printf 'step: 10s\nday: 10m\n' >>/etc/virtcast/forecaster.yml
    cp "$0" booted.sh
    echo 'exec bash /srv/booted.sh booted' >booted
}

booted() {
    run first-hour.md '## Connect Prometheus'
    until_there libvirt_up 60
    until_there host:cpu_utilization:ratio 60
    (run first-hour.md '## Check') || true # says what is missing yet
    echo "--- the same, when all is there"
    until_said '^ok     exporters: 1 host of libvirt'
    until_said '^ok     recording rules'
    until_said '^ok     alerts'
    until_said '^ok     forecaster localhost:9178'
    until_said '^ok     resource host_cpu: 1 series'
    doctor
    if doctor | grep '^failed'; then fail "something failed"; fi
    until_there 'virtcast_forecast_value{instance="localhost:9177", resource="host_cpu"}' 120
    echo "the first forecast is in Prometheus, with the labels of what it forecasts"
    sed -i 's/15 days ago/1 hour ago/' first-hour.md
    run first-hour.md '## History'
    until_there 'virtcast_series{resource="host_cpu", state="ready"} > 0' 120
    echo "recorded series are made for the past"
    upgraded
    sed -i 's/honor_labels: true/honor_labels: false/' /etc/prometheus/prometheus.yml
    systemctl reload prometheus
    until_said 'set honor_labels: true in the scrape job virtcast'
    echo "a missing honor_labels is found"
    downgraded
    run upgrade.md '## Uninstall' >/tmp/log 2>&1 || { tail -n 30 /tmp/log >&2; exit 1; }
    [ ! -e /etc/virtcast ] && [ ! -e /var/lib/virtcast-forecaster ] || fail "something is left"
    echo "uninstalled: neither configuration nor state is left"
}

upgraded() { exchanged next '## Upgrade' 999-1; }
downgraded() { exchanged . '## Downgrade' "$(dpkg-deb -f virtcast-forecaster_*.deb Version)"; }

# exchanged FOLDER HEADING VERSION: the packages of a folder are installed as the page says, and other processes serve. They read
# the state where both say that it has the same form; state of another form is set aside, and learned again.
exchanged() {
    local old form result
    old=$(main_pids) form=$(form_of_state)
    (cd "$1" && run upgrade.md "$2") >/tmp/log 2>&1 || { tail -n 30 /tmp/log >&2; exit 1; }
    [ "$(version)" = "$3" ] || fail "${2#\#\# }: the version is $(version)"
    for each in $old; do if [[ " $(main_pids) " == *" $each "* ]]; then fail "an old service still runs"; fi; done
    if [ "$(form_of_state)" = "$form" ]; then result=success; else result=set_aside; fi
    until_own "^virtcast_state_loads_total{result=\"$result\"} [1-9]"
    if [ $result = success ] && grep '^virtcast_state_loads_total{result="set_aside"} [1-9]' < <(own); then fail "what was learned is lost"; fi
    until_own '^virtcast_forecast_value{.*resource="host_cpu"'
    grep -q '^step: 10s' /etc/virtcast/forecaster.yml || fail "the edited configuration was replaced"
    echo "${2#\#\# } to $(version): configuration is kept; state of form $form, read by form $(form_of_state): $result"
}

form_of_state() { python3 -I -c 'import sys; sys.path.insert(0, sys.argv[1]); from forecaster.serve.state_file import FORMAT; print(FORMAT)' /usr/lib/virtcast-forecaster; }

version() { dpkg-query -W -f '${Version}' virtcast-forecaster; }
main_pids() { echo "$(systemctl show -P MainPID virtcast-exporter)" "$(systemctl show -P MainPID virtcast-forecaster)"; }
own() { curl -sf --max-time 10 http://127.0.0.1:9178/metrics; }
# No pipe: its status would be that of who writes a long page to a grep that has seen enough.
until_own() { for _ in $(seq 60); do if grep -q "$1" < <(own); then return; fi; sleep 2; done; fail "not on /metrics: $1"; }

if [ "${1:-}" = booted ]; then booted; else installed; fi
