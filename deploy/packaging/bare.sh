#!/bin/bash
# bare.sh SUITE FOLDER COMMAND...: runs COMMAND as root in a bare tree of a suite of Debian, in /srv, a copy of FOLDER.
# The tree is made by debootstrap once, in VIRTCAST_TREES; each run has a copy of it, with mounts and processes of its own,
# and this machine's way to the package registries. COMMAND has a network and no running services.
set -euo pipefail
suite=$1 folder=$(realpath "$2")
shift 2
trees=${VIRTCAST_TREES:-/var/cache/virtcast-trees}
base=$trees/$suite
command -v debootstrap >/dev/null || apt-get install -y -qq --no-install-recommends debootstrap >/dev/null
mkdir -p "$trees"
if [ ! -d "$base" ]; then
    mirror=$(grep -rhoE 'https?://[^ ]+/debian/?( |$)' /etc/apt/sources.list /etc/apt/sources.list.d 2>/dev/null | grep -v '^#' | head -n 1)
    debootstrap --variant=minbase "$suite" "$base.new" "${mirror% }" >"$base.log"
    mv "$base.new" "$base"
fi
tree=$(mktemp -d "$trees/$suite-XXXXXX")
trap 'rm -rf "$tree"' EXIT
cp -a "$base/." "$tree"
for file in /etc/resolv.conf /etc/hosts $(grep -ls '^Acquire' /etc/apt/apt.conf.d/*); do
    mkdir -p "$tree$(dirname "$file")"
    cp -L "$file" "$tree$file"
done
rm -f "$tree/etc/machine-id"
cp -a "$folder/." "$tree/srv"
printf '#!/bin/sh\nexit 101\n' >"$tree/usr/sbin/policy-rc.d"
chmod +x "$tree/usr/sbin/policy-rc.d"
code=0
TREE=$tree unshare --mount --pid --fork --uts --ipc bash -c '
    mount --bind "$TREE" "$TREE"
    mount -t proc proc "$TREE/proc"
    mount --rbind /sys "$TREE/sys"
    mount --rbind /dev "$TREE/dev"
    mount -t tmpfs tmpfs "$TREE/run"
    mount -t tmpfs tmpfs "$TREE/tmp"
    exec chroot "$TREE" env -i HOME=/root LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
        PATH=/usr/sbin:/usr/bin:/sbin:/bin bash -c "cd /srv; exec \"\$@\"" _ "$@"' _ "$@" || code=$?
exit "$code"
