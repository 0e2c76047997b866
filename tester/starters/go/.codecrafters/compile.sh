#!/bin/sh
# Builds your program. The tester runs this once, before run.sh.
set -e
cd "$(dirname "$(readlink -f "$0")")/.."
# The Go that is installed, nothing that has to be fetched; and no look into git.
export GOTOOLCHAIN=local
exec go build -buildvcs=false -o build/server .
