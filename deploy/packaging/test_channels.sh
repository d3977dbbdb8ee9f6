#!/bin/bash
# test_channels.sh PYTEST: the tests of notifications with the Alertmanagers of later Debians, which have channels that that
# of Debian 12 has not: Teams since 0.28, Gotify since 0.32. Their packages are unpacked, not installed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mirror=$(grep -rhE --include='*.list' --include='*.sources' '^[^#]' /etc/apt | grep -oE 'https?://[^ ]+/debian/?( |$)' | head -n 1) ||
    { echo "test_channels.sh: no mirror of Debian in /etc/apt" >&2; exit 1; }
for suite in trixie sid; do
    mkdir -p "$folder/$suite"/{lists,cache/archives}/partial "$folder/$suite/here"
    cd "$folder/$suite"
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${mirror% } $suite main" >sources.list
    apt=(apt-get -q -o "Dir::Etc::sourcelist=$PWD/sources.list" -o Dir::Etc::sourceparts=-
        -o "Dir::State::lists=$PWD/lists" -o "Dir::Cache=$PWD/cache" -o APT::Sandbox::User=root)
    "${apt[@]}" update >apt.log
    "${apt[@]}" download prometheus-alertmanager >>apt.log
    dpkg-deb --extract prometheus-alertmanager_*.deb here
    cd - >/dev/null
    PATH="$folder/$suite/here/usr/bin:$PATH" "$1" tests/alert_rules/test_channels.py tests/alert_rules/test_alertmanager.py
done
