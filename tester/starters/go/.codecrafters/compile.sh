#!/bin/sh
# Builds your program. The tester runs this once, before run.sh.
set -e
cd "$(dirname "$(readlink -f "$0")")/.."
# Uses the Go that is installed, fetches nothing, and does not look into git.
export GOTOOLCHAIN=local
exec go build -buildvcs=false -o build/server .
