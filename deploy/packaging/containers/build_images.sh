#!/bin/bash
# build_images.sh BIN [BASE]: builds virtcast-exporter and virtcast-forecaster from a checkout, with podman. BIN has hatchling.
# BASE is an image of Debian 12 or newer, another than the public one.
set -euo pipefail
bin=$(realpath "$1") base=${2:-} here=$(dirname "$(realpath "$0")")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$here/../../.."
version=$("$bin/hatchling" version)
"$bin/hatchling" build -t sdist -d "$work" >/dev/null 2>&1
tar -xzf "$work/virtcast-$version.tar.gz" -C "$work"
for each in exporter forecaster; do
    # The host's network: podman without its recommendations may have no bridge that works.
    podman build --network host --format docker ${base:+--build-arg BASE="$base"} --target "$each" --tag "virtcast-$each:$version" \
        --file "$work/virtcast-$version/deploy/packaging/containers/Containerfile" "$work/virtcast-$version"
done
