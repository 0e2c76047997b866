#!/bin/sh
# Builds the server if need be, then becomes it: `./your_program.sh --directory DIR`.
# Works from any folder and through a symlink.
set -e
here=$(dirname "$(readlink -f "$0")")
"$here/.codecrafters/compile.sh"
exec "$here/.codecrafters/run.sh" "$@"
