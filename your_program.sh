#!/bin/sh
# Builds the server if needed, then runs it in place of this script: `./your_program.sh --directory DIR`.
# Works from any folder and through a symlink.
set -e
here=$(dirname "$(readlink -f "$0")")
"$here/.codecrafters/compile.sh"
exec "$here/.codecrafters/run.sh" "$@"
