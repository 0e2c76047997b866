#!/bin/sh
# Builds your program. The tester runs this once, before run.sh.
set -e
cd "$(dirname "$(readlink -f "$0")")/.."
mkdir -p build
# Libraries go at the end of the line, such as -lz for zlib.
exec "${CC:-cc}" -std=gnu11 -Wall -Wextra -g -O1 -pthread -o build/server src/*.c
