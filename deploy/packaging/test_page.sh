# shellcheck shell=bash
# test_page.sh: for other tests to source: the commands of pages of the documentation, which are beside it.

# commands PAGE HEADING: as they stand on the page.
commands() { awk -v of="$2" '/^##+ /{here=$0==of} /^```$/{on=0} here&&on; here&&/^```bash$/{on=1}' "/srv/$1"; }
# run PAGE HEADING: runs them in the working directory.
run() { commands "$1" "$2" >/tmp/commands && [ -s /tmp/commands ] || fail "no commands: $2"; bash -euo pipefail /tmp/commands || fail "$2"; }
