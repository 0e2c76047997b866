#!/bin/sh
# Builds your program. The tester runs this once, before run.sh.
set -e
cd "$(dirname "$(readlink -f "$0")")/.."
# Use the Go that is installed, fetch nothing, and do not ask git for a version.
export GOTOOLCHAIN=local
exec go build -buildvcs=false -o build/server .
