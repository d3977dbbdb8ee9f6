#!/bin/bash
# build_previous.sh BIN COMMIT DIR: the Debian packages of an older commit, as that commit builds them, for tests of upgrades.
# BIN has hatchling.
set -euo pipefail
bin=$(realpath "$1") commit=$2 output=$(realpath "$3")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
git archive "$commit" | tar -x -C "$work"
bash "$work/deploy/packaging/build_deb.sh" "$bin" "$output"
rm -f "$output"/*-dbgsym_*.deb
