#!/bin/sh
# Starts your program. With `exec` the tester's signals reach it.
exec node "$(dirname "$(readlink -f "$0")")/../src/main.js" "$@"
