#!/bin/sh
# Runs a test program inside Xvfb. Usage: in-window.sh PROGRAM BUILD_ROOT
. "$(dirname "$0")/lib.sh"
"$1"
