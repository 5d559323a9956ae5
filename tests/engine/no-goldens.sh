#!/bin/sh
# A folder of reference sets that is not there is told in a sentence, not by an abort. Usage: no-goldens.sh PROGRAM...
for program; do
  said=$(SSGAN_GOLDENS=/nonexistent "$program" 2>&1)
  code=$?
  echo "$program: $said ($code)"
  [ $code -eq 1 ] || exit 1
  echo "$said" | grep -q "SSGAN_GOLDENS names the folder /nonexistent, which is not there" || exit 1
done
