#!/bin/bash
# Installs the Debian or Ubuntu packages virtcast needs, if they are missing.
#     packages.sh [--check] [base] [lab] [stack] [test] [packaging] [images]      (no group: the first four)
# --check only reports, with exit status 1 if something is missing. No service of a package it installs is started or
# left enabled, and none that already runs is touched.
set -euo pipefail

declare -A groups=(
    [base]="python3 python3-venv python3-dev gcc libc6-dev pkg-config libvirt-dev make"
    [lab]="libvirt-daemon-system libvirt-clients qemu-system-x86 qemu-utils busybox-static cpio iproute2 util-linux
           gcc libc6-dev ca-certificates"
    [stack]="prometheus prometheus-alertmanager"
    [packaging]="debhelper dh-python python3-dev cython3 libre2-dev g++ lintian fakeroot"
    [test]="faketime openssl victoria-metrics chromium systemd groff-base docker-compose libpangoft2-1.0-0 fonts-dejavu-core"
    [images]="podman runc iproute2 debootstrap"
)

check=no
chosen=()
for word in "$@"; do
    case $word in
    --check) check=yes ;;
    base | lab | stack | test | packaging | images) chosen+=("$word") ;;
    *)
        echo "packages.sh: no such group or option: $word (there are: --check base lab stack test packaging)" >&2
        exit 2
        ;;
    esac
done
[ ${#chosen[@]} -gt 0 ] || chosen=(base lab stack test)

installed() { [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }
all_installed() { dpkg-query --show --showformat='${db:Status-Status} ${Package}\n' | sed -n 's/^installed //p' | sort; }

missing=()
for group in "${chosen[@]}"; do
    for package in ${groups[$group]}; do
        [[ " ${missing[*]-} " == *" $package "* ]] || installed "$package" || missing+=("$package")
    done
done
[ ${#missing[@]} -gt 0 ] || exit 0
if [ $check = yes ]; then
    echo "packages.sh: missing: ${missing[*]}"
    exit 1
fi
if [ "$(id -u)" != 0 ]; then
    echo "packages.sh: missing: ${missing[*]}; install them with: sudo $0 ${chosen[*]}" >&2
    exit 1
fi

log=$(mktemp)
policy=/usr/sbin/policy-rc.d
own_policy=no
before=$(all_installed)

# shellcheck disable=SC2317  # called by the trap
finish() {
    local status=$?
    if [ $own_policy = yes ]; then rm -f $policy; fi
    if [ $status != 0 ]; then
        tail -n 15 "$log" >&2
        echo "packages.sh: failed" >&2
    fi
    rm -f "$log"
    exit $status
}
trap finish EXIT
trap 'exit 130' INT TERM

# The one switch that init scripts and systemd units both obey while packages are configured.
if [ ! -e $policy ]; then
    own_policy=yes
    printf '#!/bin/sh\nexit 101\n' >$policy
    chmod 755 $policy
fi

# The services of hypervisor and monitoring packages this run has added: none runs yet, and none shall at the next boot.
disable_services() {
    local added path name
    added=$(comm -13 <(echo "$before") <(all_installed) | grep -E '^(libvirt|qemu|prometheus|victoria)' || true)
    [ -n "$added" ] || return 0
    # shellcheck disable=SC2086  # package names, one word each
    for path in $(dpkg-query --listfiles $added | grep -E '/systemd/system/[^/@]+\.(service|socket|timer)$|^/etc/init\.d/.'); do
        name=${path##*/}
        case $path in
        /etc/init.d/*) update-rc.d "$name" disable ;;
        *) systemctl disable "$name" ;;
        esac || true
        if [ -d /run/systemd/system ]; then systemctl stop "$name" || true; fi
    done
}

echo "packages.sh: installing ${#missing[@]} packages (${chosen[*]}): ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1
{
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-confold \
        "${missing[@]}"
    disable_services
} >"$log" 2>&1 </dev/null
