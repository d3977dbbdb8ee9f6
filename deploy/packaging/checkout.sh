#!/bin/bash
# checkout.sh PACKAGES DIR: what is committed, with the kernels' C from the source distribution among PACKAGES.
set -euo pipefail
packages=$(realpath "$1")
rm -rf "$2"
mkdir -p "$2"
git archive HEAD | tar -x -C "$2"
tar -xzf "$packages"/virtcast_*.orig.tar.gz -C "$2" --strip-components=1 --wildcards '*.c' '*/PKG-INFO'
