# Two commands: `make run` and `make test`. Each sets the checkout up first, once.
.PHONY: run test whole search format golden screenshots bench lock audit notices bundle clean

PYTHON ?= python3
VENV := .venv
READY := $(VENV)/.ready

run: $(READY)
	$(VENV)/bin/python main.py resources/examples/lenet5.cnn

test: $(READY)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	packaging/test.sh

# the tests with every case of which `make test` tries a part: all members of families, all draws
whole: $(READY)
	QT_QPA_PLATFORM=offscreen $(VENV)/bin/python -m pytest --whole

# an hour of examples by chance, where `make test` has the same few each time
search: $(READY)
	QT_QPA_PLATFORM=offscreen $(VENV)/bin/python -m pytest --hypothesis-profile=search $$(grep -rl "from hypothesis" tests --include="test_*.py")

format: $(READY)
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

golden: $(READY)
	QT_QPA_PLATFORM=offscreen $(VENV)/bin/python -m pytest tests/compiler tests/exchange tests/figure tests/project --rewrite-golden

screenshots: $(READY)
	QT_QPA_PLATFORM=offscreen $(VENV)/bin/python packaging/screenshots.py

bench: $(READY)
	for file in benchmarks/*.py; do echo "== $$file"; QT_QPA_PLATFORM=offscreen $(VENV)/bin/python $$file || exit 1; done

# write the exact versions of what is installed now, and of those the hashes that the package index has; and who made them
lock: $(READY)
	$(VENV)/bin/python packaging/lock.py
	$(VENV)/bin/python packaging/notices.py

notices: $(READY)
	$(VENV)/bin/python packaging/notices.py

# the program to double-click, tried out, and what people install: in dist/
bundle:
	$(PYTHON) packaging/bundle.py

# whether anything is known against the versions that a release is made of
audit:
	test -x .audit/bin/pip-audit || { $(PYTHON) -m venv .audit && .audit/bin/pip install --quiet "pip-audit>=2.9"; }
	.audit/bin/pip-audit --strict --disable-pip --require-hashes --requirement packaging/requirements.lock

$(READY): pyproject.toml packaging/constraints.txt packaging/setup.sh
	PYTHON=$(PYTHON) packaging/setup.sh

clean:
	rm -rf $(VENV) .audit out build dist
