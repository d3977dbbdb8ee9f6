#!/bin/bash
# test_ansible.sh: in a bare tree with the packages and the collection in the working directory; called with `booted` by
# systemd, as process 1's. Check mode changes nothing, the first run gives running services, the second changes nothing.
set -euo pipefail
. /srv/test_guest.sh
. /srv/test_page.sh

fail() { echo "test_ansible.sh: $*" >&2; exit 1; }
asked() { python3 -c 'import sys, urllib.request as r; print(r.urlopen(sys.argv[1], timeout=5).read().decode())' "$1" 2>/dev/null; }
until_asked() { for _ in $(seq 90); do if asked "$1"; then return; fi; sleep 1; done; fail "no answer: $1"; }
quietly() { "$@" >/tmp/log 2>&1 || { tail -n 30 /tmp/log >&2; fail "$*"; }; }

install_all() {
    quietly apt-get -qq update
    # What the packages depend on: the booted tree has no network. procps has the kill that the unit of Prometheus reloads with.
    # shellcheck disable=SC2046  # names, one word each
    quietly apt-get -qq -y --no-install-recommends install systemd-sysv dbus python3-venv python3-apt procps prometheus \
        $GUEST_PACKAGES \
        $(for one in virtcast-*.deb; do dpkg-deb -f "$one" Depends; done | tr ',' '\n' | sed -E 's/^ *//; s/[ |(].*//' | sort -u)
    quietly python3 -m venv /opt/ansible
    quietly /opt/ansible/bin/pip install --require-hashes -r requirements.txt
    PATH=/opt/ansible/bin:$PATH
    quietly ansible-galaxy collection install --offline /srv/virtcast-monitoring-*.tar.gz -p /opt/ansible/collections
    commands install.md '## Ansible' yaml >/tmp/page.yml
    [ -s /tmp/page.yml ] || fail "no playbook on the page"
    quietly env ANSIBLE_COLLECTIONS_PATH=/opt/ansible/collections ansible-playbook --syntax-check -i localhost, /tmp/page.yml
    prepare_guests
    mkdir -p /etc/prometheus/rules
    sed -i 's#^rule_files:#rule_files:\n  - rules/*.yml#' /etc/prometheus/prometheus.yml
    (cd /opt/ansible/collections/ansible_collections/virtcast/monitoring && ansible-lint --offline) || fail "ansible-lint"
    { echo 'set -- booted'; cat "$0"; } >/srv/booted
}

play() { ansible-playbook -i localhost, -c local -e ansible_python_interpreter=/usr/bin/python3 /srv/play.yml "$@" >/tmp/play 2>&1 || { tail -n 40 /tmp/play; fail "the play with: $*"; }; }
recap() { grep -E '^localhost +:' /tmp/play; }

booted() {
    export PATH=/opt/ansible/bin:$PATH HOME=/root LANG=C.UTF-8 ANSIBLE_COLLECTIONS_PATH=/opt/ansible/collections ANSIBLE_NOCOLOR=1
    cat >/srv/play.yml <<PLAY
- hosts: localhost
  gather_facts: false
  roles:
    - role: virtcast.monitoring.exporter
      virtcast_exporter_deb: $(echo /srv/virtcast-exporter_*.deb)
      virtcast_exporter_config:
        targets: {kvm1: {uri: "qemu+tls://kvm1.example/system"}}
    - role: virtcast.monitoring.forecaster
      virtcast_forecaster_deb: $(echo /srv/virtcast-forecaster_*.deb)
      virtcast_forecaster_config: {prometheus: {url: "http://127.0.0.1:9090"}, stale_after: 20m}
    - role: virtcast.monitoring.rules
      virtcast_rules_grafana_url: https://grafana.example
      virtcast_rules_dashboards_directory: /etc/grafana/dashboards
PLAY
    play --check
    [ ! -e /usr/bin/virtcast-exporter ] && [ ! -e /etc/virtcast ] || fail "check mode changed something"
    echo "check mode on a bare host: $(recap)"
    play
    echo "first run: $(recap)"
    until_asked http://127.0.0.1:9177/metrics >/tmp/metrics
    grep -q '^libvirt_up 1' /tmp/metrics || fail "libvirt is not up"
    start_guest web || fail "no guest"
    for _ in $(seq 60); do
        asked http://127.0.0.1:9177/metrics >/tmp/metrics || true
        if grep -q '^libvirt_domain_info{.*domain="web"' /tmp/metrics; then break; fi
        sleep 1
    done
    grep -q '^libvirt_domain_info{.*domain="web"' /tmp/metrics || fail "the guest is not there"
    echo "libvirtd and its guest are read"
    until_asked http://127.0.0.1:9178/-/healthy >/dev/null
    grep -q 'grafana.example' < <(until_asked http://127.0.0.1:9090/api/v1/rules) || fail "Prometheus has no rules"
    grep -q 'vm:cpu_utilization:ratio:avg1h' < <(until_asked 'http://127.0.0.1:9090/api/v1/rules?type=record') || fail "Prometheus has no aggregates"
    [ -s /etc/grafana/dashboards/virtcast-vm.json ] || fail "no dashboards"
    play
    echo "second run: $(recap)"
    recap | grep -qE ' changed=0 .*failed=0' || { grep -B3 '^changed:' /tmp/play; fail "the second run changed something"; }
    id -nG virtcast-exporter | grep -qvw libvirt || fail "the exporter is in group libvirt, unasked"
    sed -i 's/^      virtcast_exporter_config:/      virtcast_exporter_read_write: true\n&/' /srv/play.yml
    play
    id -nG virtcast-exporter | grep -qw libvirt || fail "the exporter is not in group libvirt: polkit would refuse it"
    grep -q '^ARGS=.*--libvirt.read-write' /etc/default/virtcast-exporter || fail "the exporter does not ask for the read-write socket"
    until_asked http://127.0.0.1:9177/-/ready >/dev/null
    grep -q '^libvirt_up 1' < <(until_asked http://127.0.0.1:9177/metrics) || fail "libvirt is not up, read-write"
    echo "read-write: $(recap)"
    sed -i 's/stale_after: 20m/stale_after: 30m/' /srv/play.yml
    play --check --diff
    recap | grep -qE ' changed=1 ' || { cat /tmp/play; fail "check mode does not say what would change"; }
    grep -q '^ *+.*30m' /tmp/play || fail "no difference is shown"
    ! grep -q 30m /etc/virtcast/forecaster.yml || fail "check mode changed something"
    # The exporter's role is done before the forecaster's fails.
    sed -i 's/stale_after: 30m/stale_after: never/; s/read_write: true/read_write: false/' /srv/play.yml
    if ansible-playbook -i localhost, -c local -e ansible_python_interpreter=/usr/bin/python3 /srv/play.yml >/tmp/play 2>&1; then fail "a wrong configuration is installed"; fi
    grep -q 20m /etc/virtcast/forecaster.yml || fail "a wrong configuration is installed"
    echo "a wrong configuration is refused"
    if id -nG virtcast-exporter | grep -qw libvirt; then fail "the exporter is in group libvirt still"; fi
    echo "the read-write socket is given and taken"
}

if [ "${1:-}" = booted ]; then booted; else install_all; fi
