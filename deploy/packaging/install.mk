# What a package of a distribution builds and installs, from the source distribution: the kernels' C, no Cython; nothing is fetched.
#     make -f deploy/packaging/install.mk build
#     make -f deploy/packaging/install.mk install-exporter install-forecaster install-rules DESTDIR=... [UNITDIR=...]
# The programs are in folders of their own, not among the modules of the system: their packages have common names.
PYTHON ?= /usr/bin/python3
CYTHON ?= cython3
DESTDIR ?=
UNITDIR ?=

SUFFIX := $(shell $(PYTHON) -c 'import sysconfig; print(sysconfig.get_config_var("EXT_SUFFIX"))')
INCLUDES := $(shell $(PYTHON) -c 'import sysconfig; print("-I" + sysconfig.get_path("include"))')
VERSION := $(shell sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
KERNELS := $(patsubst %.c,%$(SUFFIX),$(shell find forecaster -name '*.c'))
RE2 := build/re2$(SUFFIX)
EXPORTER := $(DESTDIR)/usr/share/virtcast-exporter
FORECASTER := $(DESTDIR)/usr/lib/virtcast-forecaster
RULES := $(DESTDIR)/usr/share/virtcast
EXAMPLES := $(DESTDIR)/usr/share/doc/virtcast-rules/examples
# Results are the same on every processor of an architecture: no fused multiply-add.
LOOPS := -O3 -ffp-contract=off
COPY := cp -r --no-preserve=mode,ownership

.PHONY: build install-exporter install-forecaster install-rules

build: $(KERNELS) $(RE2)

%$(SUFFIX): %.c
	$(CC) $(CPPFLAGS) $(CFLAGS) $(LOOPS) -fPIC -shared $(INCLUDES) $(LDFLAGS) -o $@ $<

$(RE2): deploy/packaging/re2.pyx
	mkdir -p build
	$(CYTHON) --cplus -o build/re2.cpp $<
	$(CXX) $(CPPFLAGS) $(CXXFLAGS) -fPIC -shared $(INCLUDES) $(LDFLAGS) -o $@ build/re2.cpp -lre2

install-exporter:
	mkdir -p $(EXPORTER)
	$(COPY) exporter $(EXPORTER)/
	$(call program,exporter,$(EXPORTER))

install-forecaster:
	mkdir -p $(FORECASTER)/exporter
	$(COPY) exporter/__init__.py exporter/metric.py exporter/web $(FORECASTER)/exporter/
	$(COPY) forecaster alert_rules $(RE2) $(FORECASTER)/
	$(call program,forecaster,$(FORECASTER))
	if [ -n "$(UNITDIR)" ]; then \
		install -m 644 deploy/packaging/systemd/virtcast-report.service deploy/packaging/systemd/virtcast-report.timer $(DESTDIR)$(UNITDIR)/; \
	fi

install-rules:
	mkdir -p $(RULES)/rules/optional $(RULES)/prometheus $(EXAMPLES)
	$(COPY) alert_rules/recording.rules.yml alert_rules/alerts.rules.yml $(RULES)/rules/
	$(COPY) alert_rules/aggregates.rules.yml $(RULES)/rules/optional/
	$(COPY) deploy/packaging/config/scrape_jobs.yml $(RULES)/prometheus/
	$(COPY) forecaster/dashboards forecaster/runbooks $(RULES)/
	$(COPY) deploy/config/prometheus deploy/config/alertmanager grafana/provisioning $(EXAMPLES)/

# A program's version, command, configuration, manual page, and unit; its folder without what only builds and people read.
define program
	find $(2) -name '*.c' -delete -o -name '*.pyi' -delete -o -name '[A-Z]*S.md' -delete -o -name ACCURACY.md -delete
	install -D -m 644 PKG-INFO $(2)/virtcast-$(VERSION).dist-info/METADATA
	install -D -m 755 deploy/packaging/bin/virtcast-$(1) $(DESTDIR)/usr/bin/virtcast-$(1)
	install -D -m 644 deploy/packaging/config/$(1).yml $(DESTDIR)/etc/virtcast/$(1).yml
	install -D -m 644 deploy/packaging/config/$(1)-web.yml $(DESTDIR)/etc/virtcast/$(1)-web.yml
	install -D -m 644 deploy/packaging/config/virtcast-$(1).default $(DESTDIR)/etc/default/virtcast-$(1)
	install -d -m 700 $(DESTDIR)/etc/virtcast/$(1).secrets
	install -D -m 644 docs/man/virtcast-$(1).1 $(DESTDIR)/usr/share/man/man1/virtcast-$(1).1
	if [ -n "$(UNITDIR)" ]; then \
		install -D -m 644 deploy/packaging/systemd/virtcast-$(1).service $(DESTDIR)$(UNITDIR)/virtcast-$(1).service; \
	fi
endef
