#!/bin/sh
# Runs every test in Python against the server's binary (CREDENCE_BIN, else target/debug/credence).
#
# PYTHON names a Python that has requirements.txt installed; without it a virtual environment is made in
# .venv. Each test starts a server of its own on a free port of loopback, with a temporary folder and a
# test clock, and stops it with SIGTERM. The last line says how many passed and failed in all.
set -eu
cd "$(dirname "$0")/../.."

if [ -z "${PYTHON:-}" ]; then
    PYTHON=.venv/bin/python
    if ! "$PYTHON" -c 'import chinese_calendar, grpc_tools, grpc_status, openpyxl, stdnum' 2>/dev/null; then
        python3 -m venv .venv
        "$PYTHON" -m pip install --quiet --disable-pip-version-check -r tests/python/requirements.txt
    fi
fi
export PYTHONDONTWRITEBYTECODE=1

output=$(mktemp)
trap 'rm -f "$output"' EXIT
passed=0
failed=0
for suite in client damage damage_records calendar_days documented codes_oracle walkthrough demo_files rules_page rules_oracle; do
    echo "== $suite"
    code=0
    "$PYTHON" "tests/python/$suite.py" >"$output" 2>&1 || code=$?
    cat "$output"
    line=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$output" | tail -n 1 || true)
    suite_passed=$(echo "${line:-0}" | cut -d' ' -f1)
    suite_failed=$(echo "${line:-x x 1}" | cut -d' ' -f3)
    # A suite that ends badly without saying so has failed once at least.
    if [ "$code" -ne 0 ] && [ "$suite_failed" -eq 0 ]; then suite_failed=1; fi
    passed=$((passed + suite_passed))
    failed=$((failed + suite_failed))
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
