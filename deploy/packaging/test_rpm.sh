#!/bin/bash
# test_rpm.sh: in a bare tree, with the Debian packages and their source in the working directory: builds the RPM packages by
# the command of install.md and Debian's rpmbuild, compares their files with those of the Debian packages, and installs, upgrades and erases them.
# Their names of dependencies are those of distributions with RPM, so they are not resolved: Debian's packages are there.
set -euo pipefail
. /srv/test_page.sh
programs="exporter forecaster"

fail() { echo "test_rpm.sh: $*" >&2; exit 1; }
quietly() { "$@" >/tmp/log 2>&1 || { tail -n 30 /tmp/log >&2; fail "$*"; }; }
# On Debian rpm wants to be asked twice.
rpm_() { quietly rpm --force-debian --nodeps "$@"; }
depends() { for one in ./*.deb; do dpkg-deb -f "$one" Depends; done | tr ',' '\n' | sed -E 's/^ *//; s/[ |(].*//' | sort -u; }
asked() { python3 -c 'import sys, urllib.request as r; print(r.urlopen(sys.argv[1], timeout=30).read().decode())' "$1" 2>/dev/null; }

# build VERSION: the source distribution as that version, built in /tmp/rpm-VERSION.
build() {
    local top=/tmp/rpm-$1
    mkdir -p "$top/SOURCES" "/tmp/source/virtcast-$1"
    tar -xzf virtcast_*.orig.tar.gz -C "/tmp/source/virtcast-$1" --strip-components=1
    sed -i "s/^version = .*/version = \"$1\"/" "/tmp/source/virtcast-$1/pyproject.toml"
    sed -i "s/^Version: .*/Version: $1/" "/tmp/source/virtcast-$1/PKG-INFO"
    tar -czf "$top/SOURCES/virtcast-$1.tar.gz" -C /tmp/source "virtcast-$1"
    printf '%%_topdir %s\n%%cython cython3\n' "$top" >~/.rpmmacros
    commands install.md '### RPM' | sed -n "s/VERSION/$1/; s/^rpmbuild /rpmbuild --nodeps /p" >/tmp/commands
    grep -q ^rpmbuild /tmp/commands || fail "no rpmbuild on the page"
    (cd "/tmp/source/virtcast-$1" && quietly bash -euo pipefail /tmp/commands)
}

packages_of() { echo "/tmp/rpm-$1"/RPMS/*/virtcast-*.rpm; }

# What people and programs find in the same place: neither what an interpreter makes nor documents, manual pages and units.
compared() { grep -E '^/(usr/bin|usr/share/virtcast|usr/lib/virtcast-forecaster|etc)/?' | grep -vE '/$|\.pyc$|__pycache__' | sort; }
same_files() {
    local name=$1 rpm
    rpm=$(echo "/tmp/rpm-$2"/RPMS/*/virtcast-"$name"-"$2"-*.rpm)
    rpm -qp --qf '[%{FILEMODES:perms} %{FILENAMES}\n]' "$rpm" | sed -n 's/^[-l][^ ]* //p' | compared >/tmp/rpm-files
    dpkg-deb -c virtcast-"$name"_*.deb | awk '{print $6}' | sed 's/^\.//' | compared >/tmp/deb-files
    [ -s /tmp/deb-files ] || fail "no files of $name"
    diff /tmp/deb-files /tmp/rpm-files || fail "the RPM of $name has other files"
    # rpm 4.19 requires owners of files; here they are given by the package itself.
    rpm -qp --provides "$rpm" >/tmp/provided
    for owner in $(rpm -qp --qf '[user(%{FILEUSERNAME})\ngroup(%{FILEGROUPNAME})\n]' "$rpm" | sed '/(root)/d' | sort -u); do
        grep -qxF "$owner" /tmp/provided || fail "$name does not provide $owner"
    done
    echo "virtcast-$name: $(wc -l </tmp/rpm-files) files, those of the Debian package"
}

shown() { grep -q '^libvirt_domain_info{.*domain="test"' /tmp/metrics; }

runs() {
    for each in $programs; do
        [ "$(virtcast-"$each" --version)" = "virtcast-$each $1" ] || fail "$each is not of version $1"
        [ "$(stat -c %a "/etc/virtcast/$each.secrets")" = 700 ] || fail "secrets of $each can be read"
        getent passwd "virtcast-$each" >/dev/null || fail "no user for $each"
        [ "$(stat -c '%a %U %G' "/etc/virtcast/$each-web.yml")" = "640 root virtcast-$each" ] || fail "others read the passwords of $each"
    done
    setpriv --reuid=virtcast-exporter --regid=virtcast-exporter --clear-groups virtcast-exporter \
        --config.file=/etc/virtcast/exporter.yml --libvirt.uri=test:///default --web.listen-address=127.0.0.1:9177 2>/tmp/said &
    local exporter=$!
    # A scrape on a busy machine may be answered before libvirt has said all: the next one has it.
    for _ in $(seq 60); do if asked http://127.0.0.1:9177/metrics >/tmp/metrics && shown; then break; fi; sleep 1; done
    shown || fail "no domain: $(cat /tmp/said)"
    kill $exporter
    wait $exporter || fail "exporter: exit status $?"
    virtcast-forecaster check-config --config.file=/etc/virtcast/forecaster.yml >/dev/null || fail "configuration"
}

quietly apt-get -qq update
# shellcheck disable=SC2046  # names, one word each
quietly apt-get -qq -y --no-install-recommends install rpm make gcc g++ cython3 libre2-dev python3-dev $(depends | grep ^python3)
version=$(dpkg-deb -f ./virtcast-exporter_*.deb Version)
version=${version%-*}
build "$version"
for each in $programs rules; do same_files "$each" "$version"; done
# shellcheck disable=SC2046  # paths, one word each
rpm_ -i $(packages_of "$version")
runs "$version"
echo "installed: $(rpm -q virtcast-exporter)"

echo '# mine' >>/etc/virtcast/exporter.yml
# Edited files of a package whose own everybody could read.
for each in exporter-web forecaster-web forecaster; do
    echo '# mine' >>"/etc/virtcast/$each.yml"
    chown root:root "/etc/virtcast/$each.yml"
    chmod 644 "/etc/virtcast/$each.yml"
done
echo '# next' >>"/tmp/source/virtcast-$version/deploy/packaging/config/exporter.yml"
(cd "/tmp/source" && tar -czf "$OLDPWD/virtcast_next.orig.tar.gz" "virtcast-$version" && rm "$OLDPWD"/virtcast_"$version".orig.tar.gz)
build 999
# shellcheck disable=SC2046  # as above
rpm_ -U $(packages_of 999)
grep -q mine /etc/virtcast/exporter.yml || fail "an edited file was replaced"
for each in exporter-web forecaster-web forecaster; do
    grep -q mine "/etc/virtcast/$each.yml" || fail "an edited $each.yml was replaced"
    [ "$(stat -c '%a %U %G' "/etc/virtcast/$each.yml")" = "640 root virtcast-${each%-web}" ] || fail "others read the edited $each.yml"
done
grep -q next /etc/virtcast/exporter.yml.rpmnew || fail "the new file is not beside the edited one"
runs 999
echo "upgraded: $(rpm -q virtcast-exporter)"

if ! getent group libvirt >/dev/null; then groupadd --system libvirt; fi
gpasswd --add virtcast-exporter libvirt >/dev/null
rpm_ -e virtcast-exporter virtcast-forecaster virtcast-rules
if id -nG virtcast-exporter | tr ' ' '\n' | grep -qx libvirt; then fail "the user controls the hypervisor after the packages are erased"; fi
left=$(find /etc /usr -path '*virtcast*' ! -name '*.rpmsave' ! -name '*.rpmnew' ! -path /etc/virtcast ! -name __pycache__ ! -name '*.pyc' ! -type d -print)
[ -z "$left" ] || fail "left: $left"
echo "erased"
