#!/usr/bin/env bash
# Keeps the newest run of a release, with the repository that it was made on, for the tests.
# Make the run first, with that release: git clone, git checkout, ./run.sh --demo
# Usage: tests/resources/releases/keep.sh VERSION TOOLKIT_FOLDER CACHE_FOLDER
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
version=${1:?the version of the release} toolkit=${2:?its folder} cache=${3:?its cache folder}
runs=("$toolkit"/outputs/20*_*/)
run=${runs[-1]%/}
kept=$here/$version/run

rm -rf "${here:?}/$version" && mkdir -p "$here/$version"
cp -r "$run" "$kept"
# The lock leads into the cache; the list of commands is for people, and long.
rm -f "$kept/lock" "$kept/commands.jsonl"
git -C "$toolkit/outputs/examples/timeout-in-datamovement/repository" \
  bundle create --quiet "$here/$version/project.bundle" main

# The example was made at this time; where and when the run itself was made is nobody's business.
find "$kept" -type f -exec sed -i -E \
  -e "s#$toolkit#/toolkit#g" -e "s#$cache#/cache#g" -e "s#$HOME#/home/user#g" \
  -e "s#/tmp/improve-[A-Za-z0-9_-]+#/tmp/improve#g" \
  -e "s#20[0-9]{2}-[01][0-9]-[0-3][0-9]T#2026-02-04T#g" \
  -e "s#$(basename "$run")#2026-02-04_09-00-00_timeout-in-datamovement#g" {} +
