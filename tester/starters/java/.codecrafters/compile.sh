#!/bin/sh
# Builds your program. The tester runs this once, before run.sh.
set -e
cd "$(dirname "$(readlink -f "$0")")/.."
exec javac -Xlint:all -encoding UTF-8 -d build src/*.java
