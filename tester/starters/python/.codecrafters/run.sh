#!/bin/sh
# Starts your program. `exec`, so that it gets the signal when the tester ends it; -u, so that what it
# prints appears at once.
exec python3 -u "$(dirname "$(readlink -f "$0")")/../src/main.py" "$@"
