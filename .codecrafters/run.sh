#!/bin/sh
# Starts the program that compile.sh built. `exec`, so that signals reach the program itself.
exec "$(dirname "$(readlink -f "$0")")/../target/release/http-server" "$@"
