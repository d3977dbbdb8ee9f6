#!/bin/sh
# depends.sh PACKAGE TOOL...: installs what PACKAGE in the file `control` depends on, CA certificates, and tools to build it.
set -eu
package=$1
shift
depends=$(sed -n "/^Package: $package\$/,/^\$/ s/^ \(python3[a-z0-9-]*\).*/\1/p" control)
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086  # names, one word each
apt-get install -y -qq --no-install-recommends ca-certificates $depends "$@" >/dev/null
