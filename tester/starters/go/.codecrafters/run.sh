#!/bin/sh
# Starts the program that compile.sh built. With `exec` the tester's signals reach it.
exec "$(dirname "$(readlink -f "$0")")/../build/server" "$@"
