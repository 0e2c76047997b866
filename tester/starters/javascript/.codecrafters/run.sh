#!/bin/sh
# Starts your program. `exec`, so that it hears when the tester ends it.
exec node "$(dirname "$(readlink -f "$0")")/../src/main.js" "$@"
