#!/bin/sh
# Builds the program once, before the testers start it. Quiet when it works; a compile error is shown in full.
set -e
cd "$(dirname "$(readlink -f "$0")")/.."
exec cargo build --quiet --release --locked --package http-server --bin http-server --target-dir target
