# shellcheck shell=bash
# test_page.sh: for other tests to source: the commands of first-hour.md, in the working directory.

# commands SECTION: as they stand on the page.
commands() { awk -v of="## $1" '/^## /{here=$0==of} /^```$/{on=0} here&&on; here&&/^```bash$/{on=1}' first-hour.md; }
# run SECTION: runs them.
run() { commands "$1" >"/tmp/$1" && [ -s "/tmp/$1" ] || fail "no commands: $1"; bash -euo pipefail "/tmp/$1" || fail "$1"; }
