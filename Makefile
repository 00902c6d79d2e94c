# Every door sets up what it needs, from what the two lock files pin and hash.
# `make setup` alone leaves .venv/bin/antiphon and .venv/bin/music.
PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000
DATA ?= data
JOBS ?= $(shell nproc)

BIN := .venv/bin
CODE := src music/src tests bench
INSTALL := $(BIN)/pip install --disable-pip-version-check --quiet
# No look at what packages ask for: the lock has all of it, and pip before 23.3 fails on a pinned package asked for
# with an extra as soon as a newer release of it is out.
LOCKED := $(INSTALL) --require-hashes --no-deps --only-binary :all:
COMPILE := $(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 \
	--annotation-style line --custom-compile-command "make lock" $(UPGRADE)

.DELETE_ON_ERROR:
.PHONY: run setup test test-long check format bench lock chromium

run: setup
	$(BIN)/music serve --host $(HOST) --port $(PORT) --data $(DATA)

setup: .venv/.run

# Quick enough to run before each commit; the import rules are a test like any other.
check: .venv/.dev
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/ruff check $(CODE)
	$(BIN)/mypy $(CODE)
	$(BIN)/pytest -q tests/unit/test_imports.py

format: .venv/.dev
	$(BIN)/ruff format $(CODE)
	$(BIN)/ruff check --fix $(CODE)

test: .venv/.dev chromium
	$(BIN)/pytest -n $(JOBS) --cov --cov-report=term

# One at a time and unmeasured: these tests attack a server at full size and watch its clock and memory.
test-long: .venv/.dev chromium
	$(BIN)/pytest -m long --hypothesis-profile=search -o faulthandler_timeout=3600

bench: .venv/.dev .venv/.compiler chromium bench/peers/node/node_modules/.done bench/peers/.nginx/.done
	$(BIN)/python -m bench

# Newest releases of everything: make lock UPGRADE=--upgrade
lock: .venv/.run
	$(INSTALL) uv
	$(COMPILE) --no-emit-package antiphon --group build -o requirements.lock pyproject.toml music/pyproject.toml
	$(COMPILE) --constraint requirements.lock --group dev -o requirements-dev.lock

# An environment that was moved, copied or made without pip, or whose Python is gone or too old, is made anew.
sound := $(shell $(BIN)/pip --version 2>/dev/null | grep -F ' $(CURDIR)/.venv/' && \
	$(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' && echo sound)
ifeq ($(findstring sound,$(sound)),)
.PHONY: .venv/pyvenv.cfg
endif
.venv/pyvenv.cfg:
	rm -rf .venv
	$(PYTHON) -m venv .venv

.venv/.run: .venv/pyvenv.cfg requirements.lock pyproject.toml music/pyproject.toml
	$(LOCKED) -r requirements.lock
	$(INSTALL) --no-index --no-deps --no-build-isolation -e . -e music
	touch $@

.venv/.dev: .venv/.run requirements-dev.lock
	$(LOCKED) -r requirements-dev.lock
	touch $@

# The benchmarks' limit is a C program on SQLite: only they need a compiler.
.venv/.compiler: .venv/pyvenv.cfg
	@if ! printf '#include <sqlite3.h>\nint main(void) { return sqlite3_libversion_number() == 0; }\n' \
		| cc -x c - -o $@.try -lsqlite3 2>/dev/null; then \
		if [ "$$(id -u)" = 0 ]; then apt-get update -q && apt-get install -q -y gcc libc6-dev libsqlite3-dev; \
		else echo "make bench needs a C compiler and SQLite's headers: apt-get install gcc libc6-dev libsqlite3-dev" >&2; exit 1; fi; \
	fi
	@rm -f $@.try
	@touch $@

# Pages are tested and measured in the system's browser; the variable CHROMIUM names one that is elsewhere.
chromium:
	@for name in "$$CHROMIUM" chromium chromium-browser google-chrome; do command -v "$$name" >/dev/null && exit; done; \
	if [ "$$(id -u)" = 0 ]; then apt-get update -q && apt-get install -q -y --no-install-recommends chromium; \
	else echo "the pages are tested in Chromium, which is missing: apt-get install chromium" >&2; exit 1; fi

# The peers that are no Python. One that cannot be had fails nothing, and is tried again next time: the table tells of it.
bench/peers/node/node_modules/.done: bench/peers/node/package-lock.json
	@if ! command -v npm >/dev/null && [ "$$(id -u)" = 0 ]; then \
		apt-get update -q && apt-get install -q -y --no-install-recommends nodejs npm; \
	fi; \
	if cd bench/peers/node && npm ci --no-audit --no-fund --ignore-scripts; then touch node_modules/.done; \
	else echo "make bench: the peers on Node cannot be installed (apt-get install nodejs npm)" >&2; fi

# Unpacked, not installed: nothing of it runs by itself, and the system's own nginx, if there is one, is left alone.
bench/peers/.nginx/.done:
	@mkdir -p $(@D); cd $(@D) && rm -f *.deb; \
	if { apt-get download -q nginx libnginx-mod-nchan || { [ "$$(id -u)" = 0 ] && apt-get update -q && \
		apt-get download -q nginx libnginx-mod-nchan; }; } && \
		printf '%s\n' *.deb | xargs -I{} dpkg-deb -x {} .; then rm *.deb; touch .done; \
	else echo "make bench: nginx and nchan cannot be fetched (apt-get install nginx libnginx-mod-nchan)" >&2; fi
