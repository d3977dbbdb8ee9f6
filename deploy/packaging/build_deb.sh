#!/bin/bash
# build_deb.sh BIN DIR: builds the Debian packages from the source distribution, and checks them with lintian.
# BIN has hatchling. Version and date come from pyproject.toml and the last commit.
set -euo pipefail
bin=$(realpath "$1") output=$2 here=$(dirname "$(realpath "$0")")
root=$(realpath "$here/../..")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cd "$root"
version=$("$bin/hatchling" version)
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct 2>/dev/null || date -r CHANGELOG.md +%s)
export SOURCE_DATE_EPOCH
"$bin/hatchling" build -t sdist -d "$work" >/dev/null
mv "$work/virtcast-$version.tar.gz" "$work/virtcast_$version.orig.tar.gz"
tar -xzf "$work/virtcast_$version.orig.tar.gz" -C "$work"
cd "$work/virtcast-$version"
cp -r deploy/packaging/debian debian
cat >debian/changelog <<CHANGES
virtcast ($version-1) unstable; urgency=medium

  * Release $version: see CHANGELOG.md.

 -- virtcast maintainers <maintainers@virtcast.invalid>  $(date -R -u -d "@$SOURCE_DATE_EPOCH")
CHANGES
if ! dpkg-buildpackage -Jauto -us -uc >"$work/log" 2>&1; then
    tail -n 40 "$work/log" >&2
    exit 1
fi
lintian --fail-on error "$work/virtcast_$version-1_$(dpkg --print-architecture).changes"
cd "$root"
rm -rf "$output"
mkdir -p "$output"
cp "$work"/*.deb "$work"/*.dsc "$work"/*.orig.tar.gz "$work"/*.debian.tar.xz "$output/"
ls "$output"
