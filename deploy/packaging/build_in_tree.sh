#!/bin/bash
# build_in_tree.sh: in a bare tree, with the source package in the working directory: its packages for the tree's suite,
# checked with lintian, and the source package, in the folder `output`.
set -euo pipefail

quietly() { "$@" >/tmp/log 2>&1 || { tail -n 40 /tmp/log >&2; echo "build_in_tree.sh: $*" >&2; exit 1; }; }

sed -n 's/^deb /deb-src /p' /etc/apt/sources.list >>/etc/apt/sources.list.d/source.list
quietly apt-get -qq update
quietly apt-get -qq -y --no-install-recommends install build-essential fakeroot lintian
quietly apt-get -qq -y --no-install-recommends build-dep ./virtcast_*.dsc
mkdir /tmp/build  # the archive of the source is put there, too
quietly dpkg-source -x virtcast_*.dsc /tmp/build/source
(cd /tmp/build/source && quietly dpkg-buildpackage -Jauto -us -uc -b)
lintian --fail-on error --allow-root /tmp/build/*.changes
mkdir output
cp /tmp/build/*.deb virtcast_*.dsc virtcast_*.tar.* output/
ls output
