SHELL := /bin/sh
.DEFAULT_GOAL := help
.SUFFIXES:

# The interpreter that creates the environments: the first on the PATH that is 3.11 or newer.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
	if "$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then echo "$$p"; break; fi; done)

export UV := $(CURDIR)/.venv/bin/uv
export SAM_CLI_TELEMETRY := 0
COMPILE := .venv/bin/uv pip compile --quiet --generate-hashes --universal --python-version 3.11 \
	--no-config --no-header --no-annotate --no-emit-index-url

# Tests that take seconds. The function and flow tests take a minute or two.
FAST := tests/unit tests/template tests/local_cloud

# Seeds for each scenario of the fault tests: the fixed one and random ones. FAULTS_SEED reproduces the random ones.
RUNS ?= 3
FAULTS_SEED ?= $(shell date +%s)
# Random histories of money in the fault tests. MONEY_SEED is the first seed.
MONEY_RUNS ?= 10000
MONEY_SEED ?= 1

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r name text; do \
		printf '  make %-12s %s\n' "$$name" "$$text"; done

up: .venv/.stamp .venv-cloud/.stamp ## start the local cloud, deploy to it and run a smoke test
	@.venv/bin/python -m tools.local_cloud.up

down: ## stop the local cloud
	@if [ -x .venv/bin/python ]; then .venv/bin/python -m tools.local_cloud.down; fi

test: .venv/.stamp .venv-cloud/.stamp lint ## run all checks, with end-to-end tests in a separate local cloud
	.venv/bin/python -m pytest -n 2 --dist worksteal tests --ignore=tests/e2e --ignore=tests/faults --ignore=tests/runtime
	.venv/bin/python -m pytest -n 2 tests/faults -m brief
	.venv/bin/python -m tools.local_cloud.run_e2e_suites
	@$(MAKE) --no-print-directory runtime-test

test-fast: .venv/.stamp lint-code ## run the checks that take less than 30 s in total
	.venv/bin/python -m pytest -q -n 2 $(FAST)

runtime-test: .venv/.stamp .venv-cloud/.stamp .venv-runtime/.stamp ## run every file of events/ under AWS's Lambda runtime
	.venv/bin/python -m tools.local_cloud.run_e2e -q tests/runtime

faults: .venv/.stamp ## run MONEY_RUNS histories and the fault tests with RUNS seeds, write docs/fault-report.md
	MONEY_RUNS=$(MONEY_RUNS) MONEY_SEED=$(MONEY_SEED) .venv/bin/python -m pytest -q -n 2 tests/money
	RUNS=$(RUNS) FAULTS_SEED=$(FAULTS_SEED) MONEY_RUNS=$(MONEY_RUNS) FAULTS_REPORT=docs/fault-report.md \
		.venv/bin/python -m pytest -q -n 2 --show-capture=no tests/faults
	IMPORT_TENANTS=3000 .venv/bin/python -m pytest -q tests/flows/test_tenant_import.py
	FEED_RUNS=1000 .venv/bin/python -m pytest -q tests/flows/test_change_feed.py
	UNSIGNED_REQUESTS=50000 .venv/bin/python -m pytest -q tests/flows/test_unsigned_flood.py
	APP_WEBHOOK_EVENTS=10000 .venv/bin/python -m pytest -q tests/flows/test_app_webhook.py

browser: ## install the browser for the console tests if it is missing
	@if [ -x /usr/bin/chromium ]; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium; \
	else echo 'Install Chromium as /usr/bin/chromium; Debian has it as the package chromium.' >&2; exit 1; fi

screenshots: .venv/.stamp .venv-cloud/.stamp browser ## update the screenshots of the console in docs/
	CONSOLE_PICTURES=docs/images .venv/bin/python -m tools.local_cloud.run_e2e -q tests/e2e/console/test_console.py -k pictures

lint: lint-code lint-template ## check style, types, imports and the template

lint-code: .venv/.stamp
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	PYTHONPATH=layers/buildium_sync:. .venv/bin/lint-imports --no-cache

lint-template: .venv/.stamp .venv-checkov/.stamp
	.venv/bin/cfn-lint template.yaml monitoring.yaml examples/*/template.yaml
	@# SAM requires a region, although it calls no AWS API here.
	AWS_DEFAULT_REGION=us-east-1 .venv/bin/sam validate --lint
	.venv-checkov/bin/checkov --config-file .checkov.yaml -f template.yaml monitoring.yaml examples/*/template.yaml

format: .venv/.stamp ## format the code
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .

invoke: .venv/.stamp ## run one function in this process: make invoke FUNCTION=api EVENT=events/….json
	@.venv/bin/python -m tools.local_cloud.invoke "$(FUNCTION)" "$(EVENT)"

sam-local: .venv/.stamp ## run one function in a container (Linux): make sam-local FUNCTION=api EVENT=events/….json
	@.venv/bin/python -m tools.lambda_runtime.sam_local "$(FUNCTION)" "$(EVENT)"

bench: .venv-cloud/.stamp .venv-bench/.stamp .venv-runtime/.stamp ## run the benchmarks and write docs/benchmarks.md
	@PYTHONPATH=layers/buildium_sync .venv/bin/python -m tools.bench

bench-quick: .venv-cloud/.stamp .venv-bench/.stamp .venv-runtime/.stamp ## run the benchmarks with fewer rounds and keep docs/
	@PYTHONPATH=layers/buildium_sync .venv/bin/python -m tools.bench --quick

logs: .venv/.stamp ## show logs, a line per record: make logs FUNCTION=sync LEVEL=WARNING SINCE=2h FOLLOW=1 STACK=
	@.venv/bin/python -m tools.local_cloud.logs --level "$(LEVEL)" --since "$(SINCE)" --stack "$(STACK)" \
		$(if $(FOLLOW),--follow) $(FUNCTION)

deploy: .venv/.stamp ## build and deploy to AWS with the settings in .env, or in .env.prod: make deploy ENV=prod
	@.venv/bin/python -m tools.local_cloud.deploy_aws $(ENV)

smoke: .venv/.stamp ## create and change one property through a deployed stack that uses Buildium's sandbox
	@.venv/bin/python -m tools.smoke $(ENV)

erase: .venv/.stamp ## erase the personal data of one entity of a stack: make erase TYPE=owner ID=7 ENV=prod
	@PYTHONPATH=layers/buildium_sync:. .venv/bin/python -m tools.erasure "$(or $(ENV),default)" "$(TYPE)" "$(ID)"

# An environment of samconfig.toml, or local for the local cloud.
OPERATORS = PYTHONPATH=layers/buildium_sync:. .venv/bin/python -m tools.operators "$(or $(ENV),default)"

operator: .venv/.stamp ## create an operator's API key: make operator NAME=ann ROLE=read|operate [ENV=prod|local]
	@$(OPERATORS) add "$(NAME)" "$(ROLE)"

operators: .venv/.stamp ## list the operators: make operators [ENV=prod|local]
	@$(OPERATORS) list

operator-delete: .venv/.stamp ## delete an operator's API key: make operator-delete NAME=ann [ENV=prod|local]
	@$(OPERATORS) delete "$(NAME)"

verify-layer: .venv/.stamp ## compare the built layers with lock file and sources, or those of a stack: make verify-layer STACK=…
	@.venv/bin/python -m tools.lambda_runtime.verify_layer $(STACK)

openapi: .venv/.stamp ## generate the OpenAPI document from the routes and models
	@PYTHONPATH=layers/buildium_sync:. .venv/bin/python -m tools.openapi

docs: openapi ## update the OpenAPI document and the generated tables of the documentation
	@PYTHONPATH=layers/buildium_sync:. .venv/bin/python -m tools.docs

secrets: .venv/.stamp ## update the baseline of reviewed false positives of the secret scan
	.venv/bin/detect-secrets scan --no-verify --slim --exclude-files '^\.secrets\.baseline' > .secrets.baseline.new
	@mv .secrets.baseline.new .secrets.baseline

audit: .venv/.stamp ## check the pinned versions for known vulnerabilities (needs the network)
	@.venv/bin/python -m tools.local_cloud.audit

lock: .venv/.stamp ## update the lock files from the .in files
	$(COMPILE) --upgrade requirements/bootstrap.in -o requirements/bootstrap.txt
	$(COMPILE) --upgrade requirements/dev.in -o requirements/dev.txt
	$(COMPILE) --upgrade requirements/local-cloud.in -o requirements/local-cloud.txt
	$(COMPILE) --upgrade -c requirements/dev.txt layers/dependencies/requirements.in \
		-o layers/dependencies/requirements.txt
	$(COMPILE) --upgrade -c requirements/dev.txt requirements/bench.in -o requirements/bench.txt
	$(COMPILE) --upgrade requirements/checkov.in -o requirements/checkov.txt
	$(COMPILE) --upgrade -c requirements/dev.txt requirements/runtime.in -o requirements/runtime.txt

clean: down ## stop the local cloud and remove all generated files
	rm -rf .local .local-test .local-bench .aws-sam .venv .venv-cloud .venv-bench .venv-runtime .venv-checkov \
		.mypy_cache .ruff_cache .pytest_cache .hypothesis .schemathesis

.venv/.bootstrap: requirements/bootstrap.txt
	@test -n "$(PYTHON)" || { echo 'Python 3.11 or newer is required.' >&2; exit 1; }
	@echo 'Creating .venv …'
	@"$(PYTHON)" -m venv --clear .venv
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

.venv/.stamp: requirements/dev.txt .venv/.bootstrap
	@echo 'Installing the tools into .venv …'
	@.venv/bin/uv pip install --quiet --python .venv/bin/python --require-hashes \
		--compile-bytecode -r $<
	@touch $@

.venv-cloud/.stamp: requirements/local-cloud.txt .venv/.bootstrap
	@echo 'Installing the local cloud into .venv-cloud …'
	@"$(PYTHON)" -m venv --clear --without-pip .venv-cloud
	@.venv/bin/uv pip install --quiet --python .venv-cloud/bin/python --require-hashes \
		--compile-bytecode -r $<
	@touch $@

# Prefers Lambda's version of Python: a cold start is compared with it.
.venv-bench/.stamp: requirements/bench.txt .venv/.stamp
	@echo 'Installing the benchmark peers into .venv-bench …'
	@python="$$(.venv/bin/python -m tools.local_cloud.lambda_python)"; \
		"$${python:-$(PYTHON)}" -m venv --clear --without-pip .venv-bench
	@.venv/bin/uv pip install --quiet --python .venv-bench/bin/python --require-hashes \
		--compile-bytecode -r $<
	@touch $@

.venv-checkov/.stamp: requirements/checkov.txt .venv/.bootstrap
	@echo 'Installing checkov into .venv-checkov …'
	@"$(PYTHON)" -m venv --clear --without-pip .venv-checkov
	@.venv/bin/uv pip install --quiet --python .venv-checkov/bin/python --require-hashes --compile-bytecode -r $<
	@touch $@

# Prefers Lambda's version of Python. The emulator runs on Linux only; elsewhere its tests are skipped.
.venv-runtime/.stamp: requirements/runtime.txt .venv/.stamp
	@echo "Installing AWS's Lambda runtime into .venv-runtime …"
	@python="$$(.venv/bin/python -m tools.local_cloud.lambda_python)"; \
		"$${python:-$(PYTHON)}" -m venv --clear --without-pip .venv-runtime
	@[ "$$(uname -s)" != Linux ] || .venv/bin/uv pip install --quiet --python .venv-runtime/bin/python \
		--require-hashes --compile-bytecode -r $<
	@touch $@

.PHONY: help up down erase bench bench-quick test test-fast runtime-test faults browser screenshots lint lint-code \
	lint-template format invoke sam-local logs deploy smoke operator operators operator-delete verify-layer openapi docs \
	secrets audit lock clean
