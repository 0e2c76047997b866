#!/bin/sh
# Starts your program. With `exec` the tester's signals reach it; with -u you see at once what it
# prints.
exec python3 -u "$(dirname "$(readlink -f "$0")")/../src/main.py" "$@"
