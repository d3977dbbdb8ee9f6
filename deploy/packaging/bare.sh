#!/bin/bash
# bare.sh SUITE FOLDER COMMAND...: runs COMMAND as root in a bare tree of a suite of Debian or Ubuntu, in /srv: a copy of
# FOLDER, the scripts of tests beside this one, and the pages whose commands they run.
# The tree is made by debootstrap once, in VIRTCAST_TREES; each run has a copy of it, in memory if there is enough, with mounts
# and processes of its own, and this machine's way to the package registries. COMMAND has a network and no running services.
# With VIRTCAST_OUTPUT=DIR, what COMMAND leaves in /srv/output becomes DIR.
# If COMMAND leaves a script /srv/booted, systemd is started in the tree as process 1, without a network, and runs it, for
# VIRTCAST_SECONDS (900) at most.
set -euo pipefail
. "$(dirname "$0")/registries.sh"
suite=$1 folder=$(realpath "$2")
shift 2
trees=${VIRTCAST_TREES:-/var/cache/virtcast-trees}
base=$trees/$suite
command -v debootstrap >/dev/null || apt-get install -y -qq --no-install-recommends debootstrap >/dev/null
mkdir -p "$trees"
if [ ! -d "$base" ]; then
    . /etc/os-release
    mirror=$(grep -rhE --include='*.list' --include='*.sources' '^[^#]' /etc/apt | grep -oE "https?://[^ ]+/$ID/?( |\$)" | head -n 1) ||
        { echo "bare.sh: no mirror of $ID in /etc/apt" >&2; exit 1; }
    components=main
    [ "$ID" = debian ] || components=main,universe  # of Ubuntu: most of Python
    rm -rf "$base.new"
    debootstrap --variant=minbase --components="$components" "$suite" "$base.new" "${mirror% }" >"$base.log" ||
        { tail -n 5 "$base.log" >&2; exit 1; }
    mv "$base.new" "$base"
fi
tree=$(mktemp -d "$trees/$suite-XXXXXX")
trap 'umount "$tree" 2>/dev/null || true; rm -rf "$tree"' EXIT
# In memory where there is enough of it: a disk may take minutes to make and remove so many files.
available=$(sed -n 's/^MemAvailable: *\([0-9]*\) kB/\1/p' /proc/meminfo)
if [ "$available" -gt 8000000 ]; then mount -t tmpfs -o size=6g,mode=755 virtcast-tree "$tree"; fi
cp -a "$base/." "$tree"
for file in /etc/resolv.conf /etc/hosts /etc/pip.conf $(apt_ways); do
    if [ -e "$file" ]; then
        mkdir -p "$tree$(dirname "$file")"
        cp -L "$file" "$tree$file"
    fi
done
cp -L /etc/ssl/certs/ca-certificates.crt "$tree/etc/registries.crt" 2>/dev/null || true
rm -f "$tree/etc/machine-id"
cp -a "$folder/." "$(dirname "$0")"/{test_*,build_in_tree}.sh "$(dirname "$0")"/../../docs/{first-hour,install,upgrade}.md "$tree/srv"
rm -f "$tree"/srv/*-dbgsym_*.deb  # symbols for debuggers, bound to one version
printf '#!/bin/sh\nexit 101\n' >"$tree/usr/sbin/policy-rc.d"
chmod +x "$tree/usr/sbin/policy-rc.d"
echo force-unsafe-io >"$tree/etc/dpkg/dpkg.cfg.d/unsafe-io" # nobody needs the tree after a crash
code=0
TREE=$tree unshare --mount --pid --fork --uts --ipc bash -c '
    mount --bind "$TREE" "$TREE"
    mount -t proc proc "$TREE/proc"
    mount --rbind /sys "$TREE/sys"
    mount --rbind /dev "$TREE/dev"
    mount -t tmpfs tmpfs "$TREE/run"
    mount -t tmpfs tmpfs "$TREE/tmp"
    exec chroot "$TREE" env -i HOME=/root LANG=C.UTF-8 PIP_CERT=/etc/registries.crt DEBIAN_FRONTEND=noninteractive \
        PATH=/usr/sbin:/usr/bin:/sbin:/bin bash -c "cd /srv; exec \"\$@\"" _ "$@"' _ "$@" || code=$?
if [ "$code" = 0 ] && [ -n "${VIRTCAST_OUTPUT:-}" ]; then
    rm -rf "$VIRTCAST_OUTPUT"
    cp -r --no-preserve=ownership "$tree/srv/output" "$VIRTCAST_OUTPUT"
fi
if [ "$code" != 0 ] || [ ! -e "$tree/srv/booted" ]; then exit "$code"; fi

command -v systemd-nspawn >/dev/null || apt-get install -y -qq --no-install-recommends systemd-container >/dev/null
cat >"$tree/etc/systemd/system/booted.service" <<'UNIT'
[Unit]
After=multi-user.target
[Service]
Type=oneshot
ExecStart=/bin/bash /srv/booted
ExecStartPost=/bin/touch /srv/succeeded
StandardOutput=file:/srv/said
StandardError=inherit
ExecStopPost=/bin/systemctl poweroff --no-block
[Install]
WantedBy=multi-user.target
UNIT
ln -sf /etc/systemd/system/booted.service "$tree/etc/systemd/system/multi-user.target.wants/"
rm -f "$tree/usr/sbin/policy-rc.d"
seconds=${VIRTCAST_SECONDS:-900}
SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 timeout --kill-after=10 "$seconds" systemd-nspawn --quiet --directory="$tree" --boot \
    --register=no --keep-unit --private-network --console=pipe </dev/null >"$tree/srv/console" 2>&1 || code=$?
cat "$tree/srv/said" 2>/dev/null || tail -n 40 "$tree/srv/console"
case $code in 124 | 137) echo "bare.sh: not done after $seconds s" >&2 ;; esac
[ -e "$tree/srv/succeeded" ]
