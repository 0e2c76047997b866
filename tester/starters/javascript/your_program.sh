#!/bin/sh
# Builds your program if need be, then starts it. Call it from any folder: ./your_program.sh
set -e
here=$(dirname "$(readlink -f "$0")")
"$here/.codecrafters/compile.sh"
exec "$here/.codecrafters/run.sh" "$@"
