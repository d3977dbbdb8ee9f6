#!/bin/bash
# test_distro.sh TESTS...: in a bare tree, with a checkout and the kernels' C in the working directory: the tests of both
# programs with the distribution's own Python and packages. Of PyPI come only pytest with xdist, hypothesis, responses,
# a parser of PromQL, the Cython whose modules run uncompiled, too, and statsmodels where the distribution's is too old.
set -euo pipefail
tools=/opt/tools

quietly() { "$@" >/tmp/log 2>&1 || { tail -n 30 /tmp/log >&2; echo "test_distro.sh: $*" >&2; exit 1; }; }
locked() { for name in "$@"; do sed -n "s/^\($name==[^ ]*\).*/\1/p" requirements.lock; done; }

quietly apt-get -qq update
quietly apt-get -qq -y --no-install-recommends install python3-venv openssl prometheus victoria-metrics faketime \
    python3-scipy python3-pandas \
    python3-bcrypt python3-jinja2 python3-libvirt python3-numpy python3-prometheus-client python3-psutil \
    python3-requests python3-tornado python3-yaml weasyprint fonts-dejavu-core
if [[ " $*" == *" tests/forecaster"* ]]; then # the exporter has nothing to compile
    quietly apt-get -qq -y --no-install-recommends install python3-dev gcc g++ make cython3 libre2-dev
    quietly make -j"$(nproc)" -f deploy/packaging/install.mk build
    cp build/re2*.so .
fi
# The tests' measure of the engine; the package of Debian 12 is older than what the extra asks for.
least=$(sed -n 's/^reference = \["statsmodels>=\(.*\)"\]/\1/p' pyproject.toml)
candidate=$(apt-cache policy python3-statsmodels | sed -n 's/^  Candidate: //p')
if dpkg --compare-versions "$candidate" ge "$least"; then
    quietly apt-get -qq -y --no-install-recommends install python3-statsmodels
    oracle=()
else
    oracle=(statsmodels patsy)
fi
quietly python3 -m venv --system-site-packages $tools
# shellcheck disable=SC2046  # names with versions, one word each
quietly $tools/bin/pip install --no-deps $(locked pytest pytest-xdist execnet iniconfig pluggy pygments packaging hypothesis sortedcontainers responses promql-parser cython "${oracle[@]}")
python3 -c 'import sys; print("Python", sys.version.split()[0])'
dpkg-query -W -f '${Package} ${Version}\n' 'python3-numpy' 'python3-tornado' 'python3-prometheus-client' python3-libvirt
PYTHONPATH=$PWD $tools/bin/python -m pytest -q -p no:cacheprovider \
    -n $(($(nproc) + 1)) --dist loadfile --no-loadscope-reorder -m 'not lab' -W 'ignore::DeprecationWarning' "$@"
