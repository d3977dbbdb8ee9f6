# virtcast: `make demo` shows it, `make test` proves it. Everything they need they install themselves.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

# A variable that is empty is not set, for Python: hundreds of programs that tests start would compile all they import.
export PYTHONDONTWRITEBYTECODE :=

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Folders are listed, too: a module that is deleted must not stay in the installed wheel.
PRODUCT := $(shell find exporter forecaster alert_rules grafana/json ! -name '*.pyc' ! -name __pycache__ 2>/dev/null) pyproject.toml README.md
# One after another: they share the lab's two hosts, and measure. All others run side by side.
LAB_TESTS := tests/demo tests/lab tests/system
# Beside those of the lab, with hosts of their own: they mostly wait, for alerts, programs that come back and guests that
# boot. They end at about the time of the others.
STORIES := $(addprefix tests/system/,test_alerts.py test_stack.py test_exporter_events.py test_exporter_thin_pool.py)
# Ten guests with forecasts every second, and every cure of a runbook: more than a small machine has beside other tests.
LONG := tests/system/test_issues.py tests/system/test_runbooks.py
# Two more than processors: tests wait, for processes that they start. tests/conftest.py says which files come first.
SIDE_BY_SIDE = -n $$(($$(nproc) + 2)) --dist loadfile --no-loadscope-reorder

.PHONY: help install system-packages packages test-packages test-upgrade test-distro test-lowest packages-of-tests test-programs test-lab test-stories test-situations images test-images test-kubernetes test-ansible test-channels release demo demo-start test bench-exporter bench-forecaster bench-advice bench-hostile bench-dashboards bench-viewers test-bounds compare-engines compare-pictures docs-pictures load-v2 fuzz lint generate check-generated docs clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

system-packages: ## the system packages that are missing (root; asks nothing)
	@bash deploy/packages.sh base lab stack

$(VENV)/.dependencies: requirements.lock
	@bash deploy/packages.sh base
	@echo "installing the locked Python packages into $(VENV) (about a minute)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install -q --disable-pip-version-check --no-compile --require-hashes -r requirements.lock
	@touch $@

$(VENV)/.installed: $(VENV)/.dependencies $(PRODUCT)
	@rm -f dist/*.whl
	@$(BIN)/pip wheel -q --disable-pip-version-check --no-deps --no-build-isolation -w dist .
	@$(BIN)/pip install -q --disable-pip-version-check --no-deps --no-index --force-reinstall dist/virtcast-*.whl
	@touch $@

install: system-packages $(VENV)/.installed ## .venv/bin/virtcast-exporter and .venv/bin/virtcast-forecaster
	@echo "installed: $(BIN)/virtcast-exporter $(BIN)/virtcast-forecaster"

demo: system-packages $(VENV)/.installed ## two hosts, real guests and the whole stack; DEMO_SECONDS=N ends by itself
	@PYTHONPATH=deploy exec $(BIN)/python -m demo

demo-start: ## NAME=…: start a program of the running demo again that was ended
	@PYTHONPATH=deploy $(BIN)/python -m demo start $(NAME)

test: ## every check and test; the lab's need root, VIRTCAST_REQUIRE_LAB=1 insists on them
	@bash deploy/packages.sh base
	@$(MAKE) --no-print-directory -j packages-of-tests $(VENV)/.installed
	@$(MAKE) --no-print-directory -j --output-sync lint check-generated docs
	@status=0; \
	$(MAKE) --no-print-directory test-programs || status=$$?; \
	$(MAKE) --no-print-directory -j -k --output-sync test-lab test-stories || status=$$?; \
	exit $$status

test-programs:
	@$(BIN)/pytest $(SIDE_BY_SIDE) $(addprefix --ignore=,$(LAB_TESTS))

test-lab:
	@$(BIN)/pytest $(LAB_TESTS) $(addprefix --ignore=,$(STORIES) $(LONG))

test-stories:
	@$(BIN)/pytest $(STORIES)

packages-of-tests:
	@bash deploy/packages.sh lab stack test || [ -z "$${VIRTCAST_REQUIRE_LAB:-}" ]

test-situations: system-packages $(VENV)/.installed ## on the lab, five minutes (root): issues name the cause in ten situations; every virsh command of runbooks shows or cures
	@$(BIN)/pytest -s $(LONG)

bench-exporter: system-packages $(VENV)/.installed ## exporter/BENCHMARKS.md, on 10 to 200 guests (root; an hour); SUITES="scrapes faults" for some
	@PYTHONPATH=deploy $(BIN)/python -m bench $(addprefix --suite ,$(SUITES)) $(BENCH)

bench-hostile: $(VENV)/.installed ## an honest scrape among 512 hostile connections, for SECONDS_EACH (60); fails above 2 s or 50 MB
	@PYTHONPATH=tests/support $(BIN)/python tests/bench/hostile_crowd.py --seconds $${SECONDS_EACH:-60}

bench-dashboards: $(VENV)/.installed ## the time of what each dashboard asks of VMS (500) x DAYS (90); a quarter of an hour, 2 GB of disk
	@PYTHONPATH=.:deploy:tests/support $(BIN)/python tests/bench/time_dashboards.py --vms $${VMS:-500} --days $${DAYS:-90}

bench-report: $(VENV)/.installed ## how long a report on VMS (500) x DAYS (30) takes from a real Prometheus; 20 minutes, 1 GB of disk
	@PYTHONPATH=.:deploy:tests/support $(BIN)/python tests/bench/time_report.py --vms $${VMS:-500} --days $${DAYS:-30}

bench-viewers: $(VENV)/.installed ## VIEWERS (50) dashboards open for SECONDS_EACH (300) beside a forecaster: how long they wait
	@PYTHONPATH=.:deploy:tests/support $(BIN)/python tests/bench/dashboard_viewers.py --viewers $${VIEWERS:-50} --seconds $${SECONDS_EACH:-300}

FRONTEND ?= dist/grafana-frontend
VIEW ?= ../shared/grafana-view

compare-pictures: $(VENV)/.installed ## every dashboard as Grafana's front end in FRONTEND draws it, beside the committed picture; RENEW=1
	@PYTHONPATH=.:deploy:tests/support $(BIN)/python tests/support/compare_pictures.py --view $(VIEW) --frontend $(FRONTEND) $(if $(RENEW),--renew)

docs-pictures: $(VENV)/.installed ## the pictures of dashboards in the documentation, drawn anew by the front end in FRONTEND
	@PYTHONPATH=.:deploy:tests/support $(BIN)/python tests/support/draw_docs.py --view $(VIEW) --frontend $(FRONTEND)

load-v2: $(VENV)/.installed ## every dashboard of schema v2, loaded and drawn by the front end in FRONTEND; fails on an error of it
	@PYTHONPATH=.:deploy:tests/support $(BIN)/python tests/support/load_v2.py --view $(VIEW) --frontend $(FRONTEND)

fuzz: $(VENV)/.installed ## odd metadata, agent answers, configuration, requests and PromQL answers, for FUZZ_SECONDS (600)
	@PYTHONPATH=tests/support $(BIN)/python -m fuzz --seconds $${FUZZ_SECONDS:-600}

# Unraisable is what a compiled loop raises: it has left the interpreter.
test-bounds: $(VENV)/.installed ## the engine's tests on compiled loops that check every index; ten minutes
	@rm -rf dist/bounds && mkdir -p dist/bounds && git archive HEAD | tar -x -C dist/bounds
	@cd dist/bounds && VIRTCAST_CHECK_BOUNDS=1 $(abspath $(BIN))/python deploy/packaging/kernels.py >/dev/null
	@cd dist/bounds && PYTHONPATH=. $(abspath $(BIN))/pytest -n $$(nproc) tests/forecaster/engine tests/forecaster/promql \
		-W error::pytest.PytestUnraisableExceptionWarning

lint: $(VENV)/.installed ## ruff and mypy
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

generate: $(VENV)/.installed ## METRICS.md, golden pages, rules, dashboards and manual pages from their tables
	@$(BIN)/python -m exporter.reference > METRICS.md
	@$(BIN)/python tests/support/example_host.py > tests/exporter/metrics.txt
	@$(BIN)/python -m forecaster.reference > forecaster/METRICS.md
	@$(BIN)/python -m forecaster.api.registry > forecaster/openapi.json
	@$(BIN)/python tests/support/example_view.py > tests/forecaster/publish/golden.prom
	@$(BIN)/python tests/support/example_engine.py > tests/forecaster/engine/golden.tsv
	@$(BIN)/python -m forecaster.config.example > forecaster/virtcast.yml
	@$(BIN)/python -m alert_rules.render
	@$(BIN)/python -m grafana
	@$(BIN)/python -m grafana --schema v2
	@$(BIN)/python deploy/packaging/kubernetes/prometheus_rules.py deploy/packaging/kubernetes/rules
	@$(BIN)/python deploy/packaging/man_pages.py docs/man

check-generated: $(VENV)/.installed ## fails when a generated file is not what its source says
	@$(BIN)/python -m exporter.reference | diff -u METRICS.md -
	@$(BIN)/python tests/support/example_host.py | diff -u tests/exporter/metrics.txt -
	@$(BIN)/python -m forecaster.reference | diff -u forecaster/METRICS.md -
	@$(BIN)/python -m forecaster.api.registry | diff -u forecaster/openapi.json -
	@$(BIN)/python tests/support/example_view.py | diff -u tests/forecaster/publish/golden.prom -
	@$(BIN)/python -m forecaster.config.example | diff -u forecaster/virtcast.yml -
	@$(BIN)/python -m alert_rules.render --check
	@folder=$$(mktemp -d) && $(BIN)/python deploy/packaging/man_pages.py $$folder && diff -u docs/man $$folder && rm -r $$folder
	@folder=$$(mktemp -d) && $(BIN)/python deploy/packaging/kubernetes/prometheus_rules.py $$folder && diff -ur -x kustomization.yaml deploy/packaging/kubernetes/rules $$folder && rm -r $$folder
	@$(BIN)/python -m grafana --check
	@$(BIN)/python -m grafana --check --schema v2

BENCH_DATA ?= ../shared/bench

bench-forecaster: $(VENV)/.installed ## forecaster/ACCURACY.md, by seeded suites and the bench in BENCH_DATA; SUITES="nab fit" for some
	@$(BIN)/python tests/forecaster/bench/run.py --data $(BENCH_DATA) $(addprefix --suite ,$(SUITES))

bench-advice: $(VENV)/.installed ## forecaster/ADVICE.md: sizes, idle VMs, neighbours and days left, on seeded fleets and the traces in BENCH_DATA
	@PYTHONPATH=tests/support $(BIN)/python tests/forecaster/bench/advice_figures.py --data $(BENCH_DATA)

compare-engines: $(VENV)/.installed ## BASE=DIR: fails if an output of the engine is not what the checkout in DIR gives, bit for bit
	@$(BIN)/python tests/forecaster/bench/same_outputs.py --data $(BENCH_DATA) $(BASE)

docs: $(VENV)/.installed ## docs/_build/html, every warning an error
	@$(BIN)/sphinx-build -q -W --keep-going -b html docs docs/_build/html

dist/packages: $(VENV)/.installed $(shell find deploy/packaging deploy/config deploy/examples docs/man ! -name 'test_*' ! -name bare.sh ! -name registries.sh ! -name build_in_tree.sh ! -name build_release.sh -type f)
	@bash deploy/packages.sh packaging
	@bash deploy/packaging/build_deb.sh $(BIN) dist/packages

packages: dist/packages ## dist/packages: the Debian packages, for the Debian or Ubuntu that this is

# Before the first release: the commit before the newest 150.
PREVIOUS ?= $(shell git describe --tags --match 'v*' --abbrev=0 HEAD^ 2>/dev/null || git rev-list --max-count=1 --skip=150 HEAD)

dist/previous-%: | $(VENV)/.installed
	@bash deploy/packages.sh packaging
	@bash deploy/packaging/build_previous.sh $(BIN) $* $@

test-upgrade: dist/packages ## from the packages of PREVIOUS, a commit or tag, to these and back: state and configuration stay (root)
	@$(MAKE) --no-print-directory dist/previous-$(PREVIOUS)
	@rm -rf dist/upgrade && mkdir -p dist/upgrade/previous
	@cp dist/packages/*.deb dist/upgrade/ && cp dist/previous-$(PREVIOUS)/*.deb dist/upgrade/previous/
	@for each in deb docs; do bash deploy/packaging/bare.sh $$(. /etc/os-release; echo $$VERSION_CODENAME) dist/upgrade bash test_$$each.sh; done

# All of both programs that old versions of packages can run: schemathesis and axe, which ask the pages, are on PyPI only, and
# need newer ones. `make test` runs them.
OF_PROGRAMS = $(addprefix --ignore=tests/forecaster/,api/test_contract.py api/test_openapi.py web/test_accessibility.py) \
	$(or $(TESTS),tests/exporter tests/forecaster)

# SUITE: another suite than this machine's, in a bare tree: trixie, say.
TREE = $(or $(SUITE),$$(. /etc/os-release; echo $$VERSION_CODENAME))
PACKAGES = dist/packages$(addprefix -,$(SUITE))

dist/packages-%: dist/packages
	@VIRTCAST_OUTPUT=$@ bash deploy/packaging/bare.sh $* dist/packages bash build_in_tree.sh

test-packages: $(PACKAGES) ## PACKAGE_TESTS (deb units docs history rpm) in a bare SUITE: install to purge, under systemd, the first hour (root)
	@for each in $(or $(PACKAGE_TESTS),deb units docs history rpm); do \
		bash deploy/packaging/bare.sh $(TREE) $(PACKAGES) bash test_$$each.sh; \
	done

test-distro: dist/packages ## TESTS with the packages of a bare SUITE of Debian (root); all of both programs, of this one
	@bash deploy/packaging/checkout.sh dist/packages dist/checkout
	@bash deploy/packaging/bare.sh $(TREE) dist/checkout bash test_distro.sh $(OF_PROGRAMS)

# The oldest WeasyPrint takes any pydyf, and newer ones have lost what it calls: that of Debian 12, as it is.
dist/lowest/.installed: $(VENV)/.installed pyproject.toml deploy/packaging/lowest.py
	@rm -rf dist/lowest
	@$(PYTHON) -m venv dist/lowest
	@dist/lowest/bin/pip install -q --disable-pip-version-check $$($(BIN)/python deploy/packaging/lowest.py) pydyf==0.5.0
	@dist/lowest/bin/pip install -q --disable-pip-version-check --no-deps \
		$$(for each in pytest pytest-xdist execnet iniconfig pluggy pygments cython hypothesis sortedcontainers responses promql-parser; do \
			sed -n "s/^\($$each==[^ ]*\).*/\1/p" requirements.lock; done)
	@touch $@

test-lowest: dist/lowest/.installed ## TESTS with the lowest versions that pyproject.toml allows; all of both programs
	@bash deploy/packages.sh stack test
	@PYTHONPATH=$(CURDIR) dist/lowest/bin/python -m pytest -q -p no:cacheprovider $(SIDE_BY_SIDE) -m 'not lab' \
		-W ignore::DeprecationWarning $(OF_PROGRAMS)

images: $(VENV)/.installed ## the images virtcast-exporter and virtcast-forecaster, with podman
	@bash deploy/packages.sh images
	@bash deploy/packaging/containers/build_images.sh $(BIN)

test-images: $(VENV)/.installed ## build both images on a bare SUITE (bookworm), and run them: read only, without capabilities (root)
	@bash deploy/packages.sh images lab
	@bash deploy/packaging/test_images.sh $(BIN) $(or $(SUITE),bookworm)

dist/kubernetes-tools/.installed: $(wildcard deploy/packaging/kubernetes/*.txt) deploy/packaging/kubernetes/tools.sh
	@bash deploy/packaging/kubernetes/tools.sh dist/kubernetes-tools

test-kubernetes: $(VENV)/.installed dist/kubernetes-tools/.installed ## kustomize's and helm's objects: valid by the schemas, and the same
	@$(BIN)/pytest deploy/packaging/kubernetes

test-channels: $(VENV)/.installed ## notifications with the Alertmanagers of Debian 13 and unstable: Teams, Gotify (root)
	@bash deploy/packaging/test_channels.sh $(BIN)/pytest

# Eight plays, each of which starts hundreds of processes: on busy processors more than the 900 s of other trees.
test-ansible: dist/packages ## the collection in a bare tree: check mode, then twice; the second run changes nothing (root)
	@rm -rf dist/ansible && mkdir -p dist/ansible && cp dist/packages/*.deb dist/ansible/
	@cp deploy/packaging/ansible/requirements.txt dist/ansible/
	@$(BIN)/python deploy/packaging/archives.py dist/ansible
	@VIRTCAST_SECONDS=$${VIRTCAST_SECONDS:-1800} \
		bash deploy/packaging/bare.sh $$(. /etc/os-release; echo $$VERSION_CODENAME) dist/ansible bash test_ansible.sh

release: $(VENV)/.installed ## dist/release: sdist, wheel, chart and collection, built twice and equal, with the bill of materials
	@bash deploy/packaging/build_release.sh $(BIN) dist/release

clean: ## what make made here
	@rm -rf $(VENV) dist docs/_build .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find forecaster -name '*.so' -delete
