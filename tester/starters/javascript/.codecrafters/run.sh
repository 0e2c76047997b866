#!/bin/sh
# Starts your program. `exec`, so that it gets the signal when the tester ends it.
exec node "$(dirname "$(readlink -f "$0")")/../src/main.js" "$@"
