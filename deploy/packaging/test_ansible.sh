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
    quietly apt-get -qq -y --no-install-recommends install systemd-sysv dbus python3-venv python3-apt python3-scipy procps prometheus \
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
    (cd /opt/ansible/collections/ansible_collections/virtcast/monitoring && ansible-lint --offline) || fail "ansible-lint"
    { echo 'set -- booted'; cat "$0"; } >/srv/booted
}

play() { ansible-playbook -i localhost, -c local -e ansible_python_interpreter=/usr/bin/python3 /srv/play.yml "$@" >/tmp/play 2>&1 || { tail -n 40 /tmp/play; fail "the play with: $*"; }; }
refused() { if ansible-playbook -i localhost, -c local -e ansible_python_interpreter=/usr/bin/python3 /srv/play.yml >/tmp/play 2>&1; then fail "not refused: $1"; fi; }
until_said() { for _ in $(seq 90); do if grep -qF "$1" < <(asked "$2"); then return; fi; sleep 1; done; fail "not said: $1 at $2"; }
given() { tr '\0' '\n' <"/proc/$(systemctl show -P MainPID "virtcast-$1")/cmdline" | grep -Fqxe "$2"; }
starts() { journalctl -b --no-pager -o cat -t systemd -u "virtcast-$1" | grep -c '^Started ' || true; }
groups_of_exporter() { id -nG virtcast-exporter | tr ' ' '\n'; }
recap() { grep -E '^localhost +:' /tmp/play; }

booted() {
    export PATH=/opt/ansible/bin:$PATH HOME=/root LANG=C.UTF-8 ANSIBLE_COLLECTIONS_PATH=/opt/ansible/collections ANSIBLE_NOCOLOR=1
    cat >/srv/play.yml <<PLAY
- hosts: localhost
  gather_facts: false
  roles:
    - role: virtcast.monitoring.exporter
      virtcast_exporter_deb: $(echo /srv/virtcast-exporter_*.deb)
      virtcast_exporter_args: ['--web.listen-address=127.0.0.1:9177', '--domain.exclude=tmp-\d+']
      virtcast_exporter_config:
        targets: {kvm1: {uri: "qemu+tls://kvm1.example/system"}}
      virtcast_exporter_web_config: {rate_limit: {interval: 1ms, burst: 1000}}
    - role: virtcast.monitoring.forecaster
      virtcast_forecaster_deb: $(echo /srv/virtcast-forecaster_*.deb)
      virtcast_forecaster_config:
        prometheus: {url: "http://127.0.0.1:9090"}
        stale_after: 20m
        resources: {mine: {query: vm:cpu_utilization:ratio, limit: 0.9}}
    - role: virtcast.monitoring.rules
      virtcast_rules_grafana_url: https://grafana.example
      virtcast_rules_watchdog_url: https://heartbeat.example/42
      virtcast_rules_dashboards_directory: /etc/grafana/dashboards
PLAY
    play --check
    [ ! -e /usr/bin/virtcast-exporter ] && [ ! -e /etc/virtcast ] || fail "check mode changed something"
    echo "check mode on a bare host: $(recap)"
    play
    echo "first run: $(recap)"
    [ "$(starts exporter)" = 1 ] || fail "the exporter was started with its defaults before it was configured: $(starts exporter)"
    given exporter '--domain.exclude=tmp-\d+' || fail "the flag with a backslash does not arrive"
    for each in exporter/exporter-web forecaster/forecaster-web forecaster/forecaster; do
        [ "$(stat -c '%a %U %G' "/etc/virtcast/${each#*/}.yml")" = "640 root virtcast-${each%/*}" ] || fail "others can read ${each#*/}.yml"
    done
    grep -q heartbeat.example /var/lib/virtcast-rules/alertmanager.yml || fail "the watchdog has no address"
    grep -qw mine /etc/prometheus/rules/virtcast-alerts.rules.yml || fail "a resource of one's own has no alert"
    grep -q 'WARNING: .*rule_files' /tmp/play || fail "the role does not say that no rule is loaded"
    grep -q 'WARNING: .*nothing is scraped' /tmp/play || fail "the role does not say that nothing is scraped"
    # Debian 12 has a Prometheus without scrape_config_files.
    run install.md '### Prometheus after Ansible' >/tmp/log
    echo "flags, modes, warnings are right; Prometheus is connected as install.md says"
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
    until_said grafana.example http://127.0.0.1:9090/api/v1/rules
    until_said '"job":"libvirt"' 'http://127.0.0.1:9090/api/v1/query?query=up==1'
    until_said '"job":"virtcast"' 'http://127.0.0.1:9090/api/v1/query?query=up==1'
    grep -q 'vm:cpu_utilization:ratio:avg1h' < <(until_asked 'http://127.0.0.1:9090/api/v1/rules?type=record') || fail "Prometheus has no aggregates"
    [ -s /etc/grafana/dashboards/virtcast-vm.json ] || fail "no dashboards"
    play
    echo "second run: $(recap)"
    if grep WARNING: /tmp/play; then fail "the role warns of a Prometheus that is connected"; fi
    recap | grep -qE ' changed=0 .*failed=0' || { grep -B3 '^changed:' /tmp/play; fail "the second run changed something"; }
    ! groups_of_exporter | grep -qx libvirt || fail "the exporter is in group libvirt, unasked"
    sed -i 's/^      virtcast_exporter_config:/      virtcast_exporter_read_write: true\n&/' /srv/play.yml
    play
    groups_of_exporter | grep -qx libvirt || fail "the exporter is not in group libvirt: polkit would refuse it"
    grep -q '^ARGS=.*--libvirt.read-write' /etc/default/virtcast-exporter || fail "the exporter does not ask for the read-write socket"
    until_asked http://127.0.0.1:9177/-/ready >/dev/null
    grep -q '^libvirt_up 1' < <(until_asked http://127.0.0.1:9177/metrics) || fail "libvirt is not up, read-write"
    given exporter --libvirt.read-write || fail "the exporter was not restarted"
    echo "read-write: $(recap)"
    # A wrong key keeps the file that is there, of every kind.
    for wrong in 's/kvm1: {uri/kvm1: {url/' 's/interval: 1ms/intervall: 1ms/' "s/:9177', /:9177 --log.level=debug', /"; do
        cp /srv/play.yml /srv/right.yml
        sed -i "$wrong" /srv/play.yml
        refused "$wrong"
        mv /srv/right.yml /srv/play.yml
    done
    if grep -q 'url\|intervall\|log.level' /etc/virtcast/exporter.yml /etc/virtcast/exporter-web.yml /etc/default/virtcast-exporter; then fail "a wrong file is installed"; fi
    sed -i 's#grafana.example#graphs.example#; s/burst: 1000/burst: 2000/; s/stale_after: 20m/stale_after: 30m/' /srv/play.yml
    play --check --diff
    recap | grep -qE ' changed=3 ' || { cat /tmp/play; fail "check mode does not say what would change"; }
    grep -q '^ *+.*30m' /tmp/play || fail "no difference is shown"
    ! grep -q 30m /etc/virtcast/forecaster.yml || fail "check mode changed something"
    grep -q '^changed: .*(item=alerts)' /tmp/play || fail "check mode does not say which rules would change"
    if grep -q '^ *+.*burst' /tmp/play; then fail "the web configuration is shown"; fi
    if grep -q graphs.example /etc/prometheus/rules/virtcast-alerts.rules.yml; then fail "check mode changed rules"; fi
    sed -i 's#graphs.example#grafana.example#; s/burst: 2000/burst: 1000/' /srv/play.yml
    echo "wrong files are refused; check mode shows rules, and no hashes"
    # The exporter's role is done before the forecaster's fails.
    sed -i 's/stale_after: 30m/stale_after: never/; s/read_write: true/read_write: false/' /srv/play.yml
    refused "stale_after: never"
    grep -q 20m /etc/virtcast/forecaster.yml || fail "a wrong configuration is installed"
    echo "a wrong configuration is refused"
    if groups_of_exporter | grep -qx libvirt; then fail "the exporter is in group libvirt still"; fi
    if given exporter --libvirt.read-write; then fail "the exporter was not restarted before the next role failed"; fi
    echo "the read-write socket is given and taken"
}

if [ "${1:-}" = booted ]; then booted; else install_all; fi
