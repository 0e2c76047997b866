#!/bin/sh
# Starts the program that compile.sh built. `exec`, so that it gets the signal when the tester ends it. The two
# options let Java start sooner.
exec java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp "$(dirname "$(readlink -f "$0")")/../build" Main "$@"
