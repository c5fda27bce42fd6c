#!/usr/bin/env bash
# psycopg 2's own test suite, direct and through Hone's wire proxy: every test must have the same result.
#
#   HONE=path/to/hone tests/peers/psycopg_suite.sh [test, default tests.test_suite]
#
# The tests are those of psycopg2's source distribution at the version below, run against the wheel of that version. psycopg 3 publishes its
# tests in no distribution, only in its repository. Needs Python with venv and pip, PostgreSQL.
set -euo pipefail

version=${PSYCOPG2_VERSION:-2.9.13}
test=${1:-tests.test_suite}
source "$(dirname "${BASH_SOURCE[0]}")/suite.bash"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check "psycopg2-binary==$version"
# pip asks the source for its metadata, which needs pg_config (libpq-dev).
venv/bin/pip download -q --disable-pip-version-check --no-deps --no-binary psycopg2 "psycopg2==$version"
mkdir suite
tar -xzf "psycopg2-$version.tar.gz" -C suite --strip-components 1 --wildcards '*/tests/*'
start_server max_prepared_transactions=10
"${psql[@]}" -c 'create database psycopg2_test' postgres
"${psql[@]}" -c 'create extension hstore' psycopg2_test
start_proxy

run() {
  (
    cd suite
    export PSYCOPG2_TESTDB=psycopg2_test PSYCOPG2_TESTDB_HOST=127.0.0.1 PSYCOPG2_TESTDB_PORT=$2 PSYCOPG2_TESTDB_USER=postgres
    ../venv/bin/python -m unittest -v "$test" >"../$1.out" 2>"../$1.err" || true
  )
  # "test_name (tests.test_module.Class.test_name) ... ok", with what the test printed and the beginning of its description between.
  python3 - "$1.err" >"$1.txt" <<'PY'
import re
import sys

text = open(sys.argv[1], errors="replace").read().split("\n======", 1)[0]
for match in re.finditer(r"^(\w+) \(([\w.]+)\)(.*?)(?=^\w+ \([\w.]+\)|\Z)", text, re.M | re.S):
    results = re.findall(r"\b(ok|FAIL|ERROR|skipped)\b", match[3])
    if results:
        word = {"ok": "pass", "FAIL": "fail", "ERROR": "fail", "skipped": "skip"}
        print(f"{match[2]}.{match[1]}", word[results[-1]])
PY
}
compare
