#!/bin/bash
# test_deb.sh: in a bare tree, with the packages in the working directory: install, run, upgrade, downgrade, purge.
# The packages in a folder `previous`, where there is one, come first, and the built ones are the next version.
set -euo pipefail

fail() { echo "test_deb.sh: $*" >&2; exit 1; }
apt_get() { apt-get -qq -y --no-install-recommends --allow-downgrades -o Dpkg::Options::=--force-confold "$@" >/tmp/log 2>&1 || { tail -n 30 /tmp/log >&2; fail "apt-get $*"; }; }
asked() { python3 -c 'import sys, urllib.request as r; print(r.urlopen(sys.argv[1], timeout=30).read().decode())' "$1" 2>/dev/null; }
until_asked() { for _ in $(seq 60); do if asked "$1"; then return; fi; sleep 1; done; fail "no answer: $1"; }
# A scrape on a busy machine may be answered before libvirt has said all: the next one has it.
until_shown() {
    for _ in $(seq 60); do if asked http://127.0.0.1:9177/metrics >/tmp/metrics && grep -q "$1" /tmp/metrics; then return; fi; sleep 1; done
    fail "not on /metrics: $1: $(grep -E '^libvirt_(up|scrape|domain)' /tmp/metrics; cat /tmp/exporter.log)"
}
as() { exec setpriv --reuid="$1" --regid="$1" --clear-groups --no-new-privs --inh-caps=-all "${@:2}"; }
# What may hold secrets: for root and the service's user.
closed() {
    for each in exporter/exporter-web forecaster/forecaster-web forecaster/forecaster; do
        [ "$(stat -c '%a %U %G' "/etc/virtcast/${each#*/}.yml")" = "640 root virtcast-${each%/*}" ] || fail "others can read ${each#*/}.yml"
    done
}
version() { dpkg-query -W -f '${Version}' "$1"; }

# The built packages as the next version would be: another number, another comment in two files of configuration.
make_next() {
    mkdir -p next
    for each in *.deb; do
        dpkg-deb -R "$each" /tmp/unpacked
        sed -i 's/^Version: .*/Version: 999-1/' /tmp/unpacked/DEBIAN/control
        for file in /tmp/unpacked/etc/virtcast/{exporter,forecaster-web}.yml; do
            if [ -e "$file" ]; then echo '# next' >>"$file"; fi
        done
        dpkg-deb -b --root-owner-group /tmp/unpacked next >/dev/null
        rm -r /tmp/unpacked
    done
}

runs() {
    as virtcast-exporter virtcast-exporter --config.file=/etc/virtcast/exporter.yml --libvirt.uri=test:///default \
        --web.config.file=/etc/virtcast/exporter-web.yml --web.listen-address=127.0.0.1:9177 2>/tmp/exporter.log &
    local exporter=$!
    install -d -o virtcast-forecaster -m 700 /var/lib/virtcast-forecaster
    as virtcast-forecaster virtcast-forecaster --config.file=/etc/virtcast/forecaster.yml \
        --state.dir=/var/lib/virtcast-forecaster --web.config.file=/etc/virtcast/forecaster-web.yml \
        --web.listen-address=127.0.0.1:9178 2>/tmp/forecaster.log &
    local forecaster=$!
    until_shown '^libvirt_domain_info{.*domain="test"'
    grep -q '^libvirt_up 1' /tmp/metrics || fail "libvirt is not up: $(cat /tmp/exporter.log)"
    until_asked http://127.0.0.1:9178/-/healthy >/dev/null
    until_asked http://127.0.0.1:9178/runbooks/Watchdog.md >/dev/null
    kill $exporter $forecaster
    wait $exporter || fail "exporter: exit status $?"
    wait $forecaster || fail "forecaster: exit status $?"
}

make_next
before=(./*.deb)
if [ -d previous ]; then before=(./previous/*.deb); fi
apt_get update
apt_get install "${before[@]}"
for each in gcc cc pip pip3; do if command -v $each; then fail "$each came along"; fi; done
first=$(version virtcast-exporter)
for each in exporter forecaster; do
    [ "virtcast-$each ${first%-*}" = "$(virtcast-$each --version)" ] || fail "version of $each"
    [ -e /usr/share/man/man1/virtcast-$each.1.gz ] || [ -e /etc/dpkg/dpkg.cfg.d/docker ] || fail "no manual page of $each"
    getent passwd virtcast-$each >/dev/null || fail "no user for $each"
    [ "$(stat -c %a /etc/virtcast/$each.secrets)" = 700 ] || fail "secrets of $each can be read"
done
python3 -I - <<'PYTHON' || fail "no regular expressions"
import sys
sys.path.insert(0, "/usr/lib/virtcast-forecaster")
from forecaster.config.matcher import Matcher
assert Matcher.parse('domain=~"web-.*"').matches({"domain": "web-1"})
assert not Matcher.parse('domain=~"(a+)+b"').matches({"domain": "a" * 100_000})
PYTHON
virtcast-forecaster rules --output /tmp/rules --runbook-url=http://localhost/runbooks
virtcast-forecaster check-config --config.file=/etc/virtcast/forecaster.yml >/dev/null
for each in recording alerts optional/aggregates; do
    [ -s /usr/share/virtcast/rules/$each.rules.yml ] || fail "no rules $each"
done
runs
echo "installed: $first"

[ -d previous ] || closed
echo '# mine' >>/etc/virtcast/exporter.yml
echo 'ARGS="--log.level=debug"' >>/etc/default/virtcast-exporter
apt_get install ./next/*.deb
[ "$(version virtcast-exporter)" = 999-1 ] || fail "not upgraded"
closed
grep -q mine /etc/virtcast/exporter.yml || fail "an edited file was replaced"
grep -q next /etc/virtcast/forecaster-web.yml || fail "a file that nobody edited was not replaced"
grep -q debug /etc/default/virtcast-exporter || fail "the edited flags were replaced"
runs
echo "upgraded: $(version virtcast-exporter)"

apt_get install "${before[@]}"
[ "$(version virtcast-exporter)" = "$first" ] || fail "not downgraded"
grep -q mine /etc/virtcast/exporter.yml || fail "an edited file was replaced by the downgrade"
runs
echo "downgraded: $(version virtcast-exporter)"

for each in exporter forecaster; do echo secret >/etc/virtcast/$each.secrets/token; done
install -d -m 0750 -g virtcast-exporter /etc/virtcast/pki
echo secret >/etc/virtcast/pki/clientkey.pem
echo 'ARGS="--format=pdf"' >/etc/default/virtcast-report
if ! getent group libvirt >/dev/null; then groupadd --system libvirt; fi
gpasswd --add virtcast-exporter libvirt >/dev/null
if [ -d previous ]; then apt_get install ./next/*.deb; fi # an older version may leave more at its purge
apt_get purge virtcast-exporter virtcast-forecaster virtcast-rules
if id -nG virtcast-exporter | tr ' ' '\n' | grep -qx libvirt; then fail "the user controls the hypervisor after purge"; fi
left=$(find /etc /usr /lib /var/lib -path '*virtcast*' ! -path '/var/lib/dpkg/*' ! -path '/var/lib/apt/*' -print 2>/dev/null)
[ -z "$left" ] || fail "left after purge: $left"
echo "purged"
