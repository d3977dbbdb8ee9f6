# shellcheck shell=bash
# test_guest.sh: for other tests to source: a guest of the tree's own libvirtd and QEMU. It has no disk: its firmware runs.
GUEST_PACKAGES="libvirt-daemon-system libvirt-daemon-driver-qemu qemu-system-x86"

# The tree is a container: its QEMU gets neither a device controller nor a /dev of its own.
prepare_guests() { printf 'cgroup_controllers = []\nnamespaces = []\n' >>/etc/libvirt/qemu.conf; }

# start_guest NAME: under systemd.
start_guest() {
    cat >"/tmp/$1.xml" <<XML
<domain type='qemu'>
  <name>$1</name><memory unit='MiB'>64</memory>
  <os><type arch='x86_64'>hvm</type></os>
  <devices><emulator>/usr/bin/qemu-system-x86_64</emulator></devices>
</domain>
XML
    virsh -q -c qemu:///system define "/tmp/$1.xml" && virsh -q -c qemu:///system start "$1"
}
