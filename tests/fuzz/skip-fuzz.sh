#!/bin/sh
echo "skipped: clang with libFuzzer and the sanitizers is not installed (Debian: clang libclang-rt-14-dev)"
exit 77
