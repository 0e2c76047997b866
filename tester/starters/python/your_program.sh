#!/bin/sh
# Builds your program if needed, then runs it in place of this script. You can call it from any folder.
set -e
here=$(dirname "$(readlink -f "$0")")
"$here/.codecrafters/compile.sh"
exec "$here/.codecrafters/run.sh" "$@"
