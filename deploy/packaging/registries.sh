# shellcheck shell=bash
# registries.sh: for other scripts to source: this machine's way to the package registries.

# Files of apt's configuration that say how to fetch, without those that a package has brought: in a tree of another suite
# such a file is another version's, and dpkg would ask which one to keep.
apt_ways() {
    local file
    for file in $(grep -ls '^Acquire' /etc/apt/apt.conf.d/*); do
        dpkg-query --search "$file" >/dev/null 2>&1 || echo "$file"
    done
}
