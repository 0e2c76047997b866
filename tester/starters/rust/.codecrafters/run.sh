#!/bin/sh
# Starts the program that compile.sh built. `exec`, so that it hears when the tester ends it.
exec "$(dirname "$(readlink -f "$0")")/../target/release/my-http-server" "$@"
