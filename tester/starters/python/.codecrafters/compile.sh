#!/bin/sh
# Checks the syntax of your program. The tester runs this once, before run.sh.
set -e
cd "$(dirname "$(readlink -f "$0")")/.."
exec python3 -m compileall -q src
