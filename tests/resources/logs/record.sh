#!/usr/bin/env bash
# Records the logs of this folder anew: real pytest of several versions over ./project.
# Needs a network for pip. Paths are rewritten to those of a GitHub runner.
# Usage: tests/resources/logs/record.sh WORK_FOLDER
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
work=${1:?a folder to work in}
mkdir -p "$work"
rm -rf "$work/shop" && cp -r "$here/project" "$work/shop"
cd "$work/shop"
export PYTHONPATH=$PWD PYTHONDONTWRITEBYTECODE=1 PYTHONHASHSEED=0
unset COLUMNS

prepare() { # VERSION XDIST
  [ -d "$work/$1" ] || python3 -m venv "$work/$1"
  "$work/$1/bin/pip" install -q "pytest==$1" pytest-timeout "$2"
}

tidy() { # the home of the interpreter and of the project, as on a runner
  local home
  home=$(python3 -c 'import sys; print(sys.base_prefix)')
  sed -E -e "s#$work/shop#/home/runner/work/shop/shop#g" \
    -e "s#(\.\./)?$work/[0-9.]+|\.\./[0-9]+\.[0-9.]+#/opt/hostedtoolcache/Python/3.11.7/x64#g" \
    -e "s#$home#/opt/hostedtoolcache/Python/3.11.7/x64#g"
}

record() { # VERSION NAME ARGUMENTS...
  local version=$1 name=$2
  shift 2
  ("$work/$version/bin/python" -m pytest -p no:cacheprovider -p oracle "$@" 2>&1 || true) |
    tidy >"$here/$name-$version.log"
}

main() {
  export ORACLE="" CI=true
  local version style
  prepare 6.2.5 'pytest-xdist<3'
  prepare 7.4.4 pytest-xdist
  prepare 8.3.5 pytest-xdist
  prepare 9.0.2 pytest-xdist
  for version in 6.2.5 7.4.4 8.3.5; do
    ORACLE=$here/shop-$version.json record "$version" auto tests/test_shop.py
    for style in short line no; do
      record "$version" "$style" --tb=$style tests/test_shop.py
    done
    record "$version" collect tests/broken
    record "$version" conftest tests/conf
    record "$version" conftest-all tests
    record "$version" crash -v tests/crash/test_crash.py
    record "$version" crash-xdist -n1 tests/crash
    record "$version" timeout tests/timeout/test_slow.py
    record "$version" timeout-thread tests/timeout/test_slow_thread.py
  done
  record 8.3.5 long --tb=long --showlocals tests/test_shop.py
  record 6.2.5 native --tb=native tests/test_shop.py
  record 8.3.5 color --color=yes -v tests/test_shop.py
  record 8.3.5 xdist -n2 -v tests/test_shop.py
  record 8.3.5 quiet -q tests/test_shop.py
  record 8.3.5 nosummary -rN tests/test_shop.py
  (unset CI && record 8.3.5 terminal tests/test_shop.py)
  record 8.3.5 group tests/test_group.py
  record 8.3.5 missing tests/test_nowhere.py
  record 9.0.2 subtests --doctest-modules test_subtests.py
  (python3 -m unittest discover -s unit -t . 2>&1 || true) | tidy >"$here/unittest.log"
  (python3 program.py 2>&1 || true) | tidy >"$here/program.log"
}

main
