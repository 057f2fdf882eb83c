#!/usr/bin/env bash
# Records the files of this folder anew: what real pytest and unittest-xml-reporting write over
# ../logs/project. Needs a network for pip. Paths are rewritten to those of a GitHub runner.
# Usage: tests/resources/junit/record.sh WORK_FOLDER
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
work=${1:?a folder to work in}
mkdir -p "$work"
rm -rf "$work/shop" && cp -r "$here/../logs/project" "$work/shop"
cd "$work/shop"
export PYTHONPATH=$PWD PYTHONDONTWRITEBYTECODE=1 PYTHONHASHSEED=0 CI=true

prepare() { # VERSION PACKAGES...
  [ -d "$work/$1" ] || python3 -m venv "$work/$1"
  "$work/$1/bin/pip" install -q "pytest==$1" pytest-timeout "${@:2}"
}

tidy() { # the folders and the name of a runner
  local home
  home=$(python3 -c 'import sys; print(sys.base_prefix)')
  sed -E -e "s#$work/shop#/home/runner/work/shop/shop#g" -e 's/hostname="[^"]*"/hostname="runner"/g' \
    -e "s#(\.\./)?$work/[0-9.]+|\.\./[0-9]+\.[0-9.]+#/opt/hostedtoolcache/Python/3.11.7/x64#g" \
    -e "s#$home#/opt/hostedtoolcache/Python/3.11.7/x64#g"
}

record() { # VERSION NAME ARGUMENTS...
  local version=$1 name=$2
  shift 2
  "$work/$version/bin/python" -m pytest -q -p no:cacheprovider --junitxml=told.xml "$@" >&2 || true
  tidy <told.xml >"$here/$name-$version.xml"
}

main() {
  local version
  prepare 6.2.5 'pytest-xdist<3'
  prepare 7.4.4 pytest-xdist
  prepare 8.3.5 pytest-xdist unittest-xml-reporting
  for version in 6.2.5 7.4.4 8.3.5; do
    record "$version" auto tests/test_shop.py
    record "$version" no --tb=no tests/test_shop.py
    record "$version" collect tests/broken
  done
  record 8.3.5 xunit1 -o junit_family=xunit1 tests/test_shop.py
  record 8.3.5 native --tb=native tests/test_shop.py
  record 8.3.5 renamed -o junit_suite_name=shop tests/test_shop.py
  record 8.3.5 crash-xdist -n1 tests/crash
  record 8.3.5 timeout tests/timeout/test_slow.py
  "$work/8.3.5/bin/python" -m xmlrunner discover -s unit -t . --output-file told.xml >&2 || true
  tidy <told.xml >"$here/unittest.xml"
}

main
