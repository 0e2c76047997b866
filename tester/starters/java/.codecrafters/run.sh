#!/bin/sh
# Starts the program that compile.sh built. With `exec` the tester's signals reach it. The two options make Java start
# faster.
exec java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp "$(dirname "$(readlink -f "$0")")/../build" Main "$@"
