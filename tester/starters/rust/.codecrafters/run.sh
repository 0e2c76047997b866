#!/bin/sh
# Starts the program that compile.sh built. `exec`, so that it gets the signal when the tester ends it.
exec "$(dirname "$(readlink -f "$0")")/../target/release/my-http-server" "$@"
