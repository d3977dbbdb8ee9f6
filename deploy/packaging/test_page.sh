# shellcheck shell=bash
# test_page.sh: for other tests to source: the commands of pages of the documentation, in PAGES or beside it.

# commands PAGE HEADING [LANGUAGE]: as they stand on the page, or what is there in another language.
commands() { awk -v of="$2" -v opens="\`\`\`${3:-bash}" '/^##+ /{here=$0==of} /^```$/{on=0} here&&on; here&&$0==opens{on=1}' "${PAGES:-/srv}/$1"; }
# run PAGE HEADING: runs them in the working directory.
run() { commands "$1" "$2" >/tmp/commands && [ -s /tmp/commands ] || fail "no commands: $2"; bash -euo pipefail /tmp/commands || fail "$2"; }
