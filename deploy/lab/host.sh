#!/bin/bash
# One lab host, run as PID 1 of its own mount, PID, UTS and network namespaces:
#     host.sh FOLDER HOSTNAME KVM
# FOLDER holds run/ etc/ lib/ cache/ log/, which stand in for libvirt's folders. KVM is "yes" if it really works.
# Then obeys lines from its standard input and answers each with an exit status on a line of its own:
#     start         starts libvirtd and waits until it accepts connections
#     stop SIGNAL   ends libvirtd (not the guests) and waits until it is gone
# At the end of the input it ends, and the kernel ends everything else in the PID namespace with it.
set -u
folder=$1 name=$2 kvm=$3

isolate() {
    hostname "$name"
    # The namespace's own network devices; where that is not allowed, /sys shows the machine's.
    mount -t sysfs sysfs /sys 2>/dev/null || true
    # A private /run also hides the machine's D-Bus, and with it machined, firewalld and polkit.
    mount -t tmpfs -o mode=755 tmpfs /run
    mkdir -p /run/libvirt /run/lock
    mount --bind "$folder/run" /run/libvirt
    mount --bind "$folder/etc" /etc/libvirt
    mount --bind "$folder/lib" /var/lib/libvirt
    mount --bind "$folder/cache" /var/cache/libvirt
    mount --bind "$folder/log" /var/log/libvirt
    if [ "$kvm" != yes ]; then hide_kvm; fi
}

# A KVM that is present but does not work makes libvirt probe QEMU anew on every start of a guest, for seconds; so do
# substitutes that cannot be opened. A /dev without it costs nothing. Nodes are bound, not made: no privilege needed.
hide_kvm() {
    mkdir /run/dev
    mount -t tmpfs -o mode=755 tmpfs /run/dev
    mkdir /run/dev/net /run/dev/pts /run/dev/shm
    for node in null zero full random urandom tty net/tun userfaultfd; do
        [ -e "/dev/$node" ] || continue
        touch "/run/dev/$node"
        mount --bind "/dev/$node" "/run/dev/$node"
    done
    ln -s /proc/self/fd /run/dev/fd
    ln -s pts/ptmx /run/dev/ptmx # a node that is bound finds no terminals beside itself
    mount --rbind /dev/pts /run/dev/pts
    mount --rbind /run/dev /dev
}

# The guests' bridge answers them (network_traffic in load.c) and leads nowhere else. They join it by tap devices.
network() {
    ip link set lo up
    ip link add lab0 type bridge
    ip address add 10.77.0.1/16 dev lab0
    ip link set lab0 up
    : <>/dev/net/tun
}

start() { libvirtd -d -p /run/libvirtd.pid </dev/null >>"$folder/log/libvirtd.out" 2>&1; }

stop() {
    local pid
    pid=$(cat /run/libvirtd.pid) && kill "-$1" "$pid" || return
    while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
    rm -f /run/libvirtd.pid
}

# Runs a function up to its first failure.
strictly() (
    set -e
    "$@" >&2
)

strictly isolate
echo $?
strictly network
echo $?
while read -r command argument; do
    case $command in
    start | stop)
        "$command" ${argument:+"$argument"}
        echo $?
        ;;
    esac
done
