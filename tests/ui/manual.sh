#!/bin/sh
# The man pages say what --help says: every command and every option of both programs is in them, and none that is not there.
# Usage: manual.sh SOURCE_ROOT BUILD_ROOT
cd "$1" || exit 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0
export LC_ALL=C.UTF-8 LANGUAGE=C
EDITOR=$2/ui/ssgan-editor TRAINER=$2/trainer/ssgan-trainer
options() { grep -oE '^ +(-[a-zA-Z], )?--[a-z0-9-]+' | grep -oE -- '--[a-z0-9-]+' | sort -u; }
# The options of one section of a page: paragraphs that begin with one.
documented() { sed 's/\\-/-/g' | grep -E '^\.(B|BR|BI) ' | grep -oE -- '--[a-z0-9-]+' | sort -u; }
compare() { # WHAT: documented in $work/page, real in $work/help
  for option in $(comm -13 "$work/page" "$work/help"); do
    echo "FAIL: $option of $1 is not in the man page"
    status=1
  done
  for option in $(comm -23 "$work/page" "$work/help"); do
    echo "FAIL: the man page has $option of $1, which there is not"
    status=1
  done
}

# Pages that groff has nothing to say about.
if command -v groff >/dev/null 2>&1; then
  for page in data/*.1; do
    groff -man -Tutf8 -ww -z "$page" 2>"$work/words"
    [ -s "$work/words" ] && { cat "$work/words"; echo "FAIL: $page"; status=1; }
  done
fi

"$EDITOR" --help | options >"$work/help"
[ -s "$work/help" ] || { echo "FAIL: the editor's --help lists no options"; exit 1; }
sed -n '/^\.SH OPTIONS/,/^\.SH KEYS/p' data/ssgan-editor.1 | documented >"$work/page"
{ cat "$work/help"; echo --help-all; } | sort -u >"$work/help2" && mv "$work/help2" "$work/help"
compare ssgan-editor

# section NAME: the part of the page under .SS NAME
section() { awk -v name="$1" '/^\.S[SH]/ { at = $0 == ".SS " name } at' data/ssgan-trainer.1; }
commands() { "$TRAINER" $1 --help | awk '/^Commands:/ { at = 1; next } /^$/ { at = 0 } at { print $1 }'; }
"$TRAINER" train --help >/dev/null || exit 1
# Options that several commands share stand once, under .SS of their own name.
section "Options of all commands" | documented >"$work/common"
all=
for command in $(commands); do
  if "$TRAINER" "$command" --help | grep -q '^Commands:'; then
    for sub in $(commands "$command"); do
      all="$all|$command $sub"
    done
  else
    all="$all|$command"
  fi
done
[ -n "$all" ] || { echo "FAIL: the trainer's --help lists no commands"; exit 1; }
IFS='|'
for command in ${all#|}; do
  IFS=' '
  section "$command" >"$work/section"
  [ -s "$work/section" ] || { echo "FAIL: there is no section on '$command'"; status=1; continue; }
  "$TRAINER" $command --help | options >"$work/help"
  { documented <"$work/section"; comm -12 "$work/common" "$work/help"; } | sort -u >"$work/page"
  compare "ssgan-trainer $command"
done
exit $status
