#!/bin/bash
# build_release.sh BIN DIR: the source distribution, the wheel, the Helm chart and the Ansible collection of the commit that is
# checked out, each built twice in two places: fails if they differ. With them: the bill of materials and SHA256SUMS.
# BIN has hatchling, pip and what virtcast needs.
set -euo pipefail
bin=$(realpath "$1") output=$2 here=$(dirname "$(realpath "$0")")
root=$(git -C "$here" rev-parse --show-toplevel)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
commit=$(git -C "$root" rev-parse HEAD)  # both builds are of it, whatever is committed meanwhile
SOURCE_DATE_EPOCH=$(git -C "$root" log -1 --format=%ct "$commit")
export SOURCE_DATE_EPOCH

build() {
    local place=$1
    mkdir -p "$place/checkout" "$place/dist"
    git -C "$root" archive "$commit" | tar -x -C "$place/checkout"
    (cd "$place/checkout" && "$bin/hatchling" build -t sdist -d "$place/dist" >/dev/null)
    tar -xzf "$place"/dist/virtcast-*.tar.gz -C "$place"
    "$bin/pip" wheel -q --disable-pip-version-check --no-deps --no-build-isolation -w "$place/dist" "$place"/virtcast-*/
    "$bin/python" "$place/checkout/deploy/packaging/archives.py" "$place/dist"
}

build "$work/one"
build "$work/another/place"
for each in "$work"/one/dist/*; do
    cmp "$each" "$work/another/place/dist/$(basename "$each")"
done
# zipinfo's names in a file: a pipe that ends early would be an error of its own.
"$bin/python" -m zipfile -l "$work"/one/dist/*.whl >"$work/names"
if grep -E '\.(c|h|pxd|pyx) ' "$work/names"; then
    echo "the wheel has what only a compiler reads" >&2
    exit 1
fi
rm -rf "$output"
mkdir -p "$output"
cp "$work"/one/dist/* "$output/"
"$bin/python" "$here/sbom.py" >"$output/virtcast.cdx.json"
cd "$output"
sha256sum -- * >SHA256SUMS
cat SHA256SUMS
