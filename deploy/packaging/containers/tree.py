"""tree.py TREE PACKAGE: completes TREE, where PACKAGE is installed, to an image.

It copies the files of the Debian packages that PACKAGE (of the file `control`) and the libraries in TREE
depend on, as they are installed here, without package manager and documentation. Licences and the packages'
records, which scanners of images read, are kept. Python modules are compiled: an image that is read only
cannot keep what it compiles.
"""

from __future__ import annotations

import compileall
import py_compile
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

CONTROL = Path("deploy/packaging/debian/control")
STATUS = Path("var/lib/dpkg/status")
STDLIB = sysconfig.get_path("stdlib").removeprefix("/")  # of the Python of Debian that runs this
# What installs and configures packages, command lines, and databases: no program here uses them.
LEFT_OUT = frozenset(
    {
        "adduser", "debconf", "dpkg", "libdb5.3", "libsasl2-modules-db", "libsqlite3-0", "openssl", "passwd",
        "perl-base", "readline-common", "sensible-utils", "tar",
    }
)  # fmt: skip
DROPPED = re.compile(
    r"/usr/share/(man|locale|lintian|bug|info|ca-certificates|doc-base|bash-completion|gcc|gdb|pixmaps|python3|vim)(/|$)"
    r"|/usr/share/doc/.*(?<!/copyright)$"
    r"|/usr/lib/([^/]+/gconv|python3\.\d+/(lib2to3|pydoc_data|sqlite3)|python3/dist-packages/.*/tests?)(/|$)"
    r"|/usr/lib/[^/]+/libicu(i18n|io|test|tu)\."
    r"|(/usr)?/s?bin/(?!python3)|/etc/init\.d|/etc/ld\.so\.cache"
)
# What packages make when they are configured, and what no package here brings.
# Debian 12's libvirt looks for its sockets in /var/run.
MADE = (
    "/etc/ssl/certs/ca-certificates.crt", "/etc/os-release", "/usr/lib/os-release", "/etc/debian_version",
    "/var/run",
)  # fmt: skip
FILES = {
    "etc/passwd": "root:x:0:0::/:/usr/sbin/nologin\nvirtcast:x:65532:65532::/:/usr/sbin/nologin\n"
    "nobody:x:65534:65534::/:/usr/sbin/nologin\n",
    "etc/group": "root:x:0:\nvirtcast:x:65532:\nnogroup:x:65534:\n",
    "etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
}

Packages = dict[str, dict[str, str]]


def fields(stanza: str) -> dict[str, str]:
    """The fields of one package's record; continued lines are joined."""
    return dict(re.findall(r"^([A-Za-z-]+): *((?:.*(?:\n[ \t].*)*))", stanza, re.MULTILINE))


def records(path: Path) -> Packages:
    """The records of a file such as dpkg's status, by name of package."""
    found = map(fields, path.read_text().split("\n\n"))
    return {one["Package"]: one for one in found if "Package" in one}


def with_virtual(packages: Packages) -> Packages:
    """The same, and each under the names that it provides, too."""
    found = dict(packages)
    for record in packages.values():
        for name in re.findall(r"(?:^|,)\s*([a-z0-9][a-z0-9+.-]*)", record.get("Provides", "")):
            found.setdefault(name, record)
    return found


def alternatives(record: dict[str, str]) -> list[list[str]]:
    """The dependencies of a package: for each one, the names that satisfy it, the best first."""
    text = ", ".join(filter(None, (record.get("Pre-Depends"), record.get("Depends"))))
    named = (re.findall(r"(?:^|\|)\s*([a-z0-9][a-z0-9+.-]*)", one) for one in text.split(","))
    return [one for one in named if one]


def closure(wanted: list[list[str]], packages: Packages) -> list[str]:
    """The installed packages that satisfy `wanted`, and all that these depend on."""
    found: set[str] = set()
    open_ = list(wanted)
    while open_:
        record = next((packages[one] for one in open_.pop() if one in packages), None)
        if record and record["Package"] not in found | LEFT_OUT:
            found.add(record["Package"])
            open_ += alternatives(record)
    return sorted(found)


def libraries(tree: Path) -> list[list[str]]:
    """The packages of the shared libraries that modules in the tree are linked with."""
    owners: list[list[str]] = []
    for module in tree.rglob("*.so"):
        linked = subprocess.run(["ldd", module], capture_output=True, text=True, check=True).stdout
        for library in re.findall(r"=> \S*/(\S+)", linked):
            said = subprocess.run(
                ["dpkg-query", "-S", f"*/{library}"], capture_output=True, text=True, check=True
            )
            owners.append(re.findall(r"^([^:,]+)[:,]", said.stdout, re.MULTILINE))
    return owners


def paths(names: list[str]) -> list[str]:
    """The files of packages, with the links that update-alternatives made to them."""
    listed = subprocess.run(["dpkg-query", "-L", *names], capture_output=True, text=True, check=True).stdout
    kept = {line for line in listed.splitlines() if line.startswith("/") and not DROPPED.search(line)}
    real = {str(Path(one).resolve()) for one in kept}
    for group in Path("/var/lib/dpkg/alternatives").iterdir():
        link = group.read_text().splitlines()[1]
        if str(Path(link).resolve()) in real and not DROPPED.search(link):
            kept |= {link, f"/etc/alternatives/{group.name}"}
    return sorted(kept | set(MADE))


def copy(names: list[str], tree: Path) -> None:
    """Copy files, directories and links, each for itself."""
    listed = "\n".join(one[1:] for one in names if Path(one).is_symlink() or Path(one).exists())
    for folder in ("lib", "lib64"):  # /lib is a link to it, and comes first
        (tree / "usr" / folder).mkdir(parents=True, exist_ok=True)
    packed = subprocess.run(
        ["tar", "-C", "/", "--no-recursion", "-cf", "-", "-T", "-"],
        input=listed.encode(),
        stdout=subprocess.PIPE,
        check=True,
    )
    subprocess.run(
        ["tar", "-C", str(tree), "--keep-directory-symlink", "-xf", "-"], input=packed.stdout, check=True
    )


def compile_modules(tree: Path) -> None:
    for folder in ("usr/lib/python3", STDLIB, "usr/share", "usr/lib/virtcast-forecaster"):
        compileall.compile_dir(
            tree / folder, quiet=2, maxlevels=20, stripdir=str(tree), prependdir="/",
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )  # fmt: skip


def complete(tree: Path, package: str) -> None:
    packages = with_virtual(records(Path("/") / STATUS))
    wanted = alternatives(records(CONTROL)[package])
    names = closure([["python3"], ["ca-certificates"], *wanted, *libraries(tree)], packages)
    copy(paths(names), tree)
    shutil.rmtree(tree / "usr/share/man")
    for path, text in FILES.items():
        (tree / path).write_text(text)
    # Where OpenSSL looks; package openssl, which brings the link, is left out.
    (tree / "usr/lib/ssl").mkdir(exist_ok=True)
    (tree / "usr/lib/ssl/cert.pem").symlink_to("/etc/ssl/certs/ca-certificates.crt")
    for folder in ("tmp", "var/tmp"):
        (tree / folder).mkdir(parents=True, exist_ok=True)
        (tree / folder).chmod(0o1777)
    compile_modules(tree)
    stanzas = ("".join(f"{key}: {value}\n" for key, value in packages[name].items()) for name in names)
    (tree / STATUS).parent.mkdir(parents=True, exist_ok=True)
    (tree / STATUS).write_text("\n".join(stanzas))
    print(f"{package}: {len(names)} packages: {' '.join(names)}")


if __name__ == "__main__":
    complete(Path(sys.argv[1]), sys.argv[2])
