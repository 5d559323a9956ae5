#!/bin/sh
# Every string of the editor is in po/ssgan.pot and translated into every language of po/LINGUAS. Usage: translations.sh SOURCE_ROOT
for tool in xgettext msgmerge msgfmt; do
  command -v $tool >/dev/null 2>&1 || { echo "SKIP: $tool is not installed"; exit 77; }
done
cd "$1" || exit 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0
# New files with texts must be listed, or their texts would be left out of all this.
for file in $(grep -lE '\b(_|N_|ngettext)\(' app/*.c ui/*.c; grep -l 'translatable="yes"' ui/templates/*.ui); do
  grep -qx "$file" po/POTFILES || { echo "$file is not in po/POTFILES"; status=1; }
done
xgettext --files-from=po/POTFILES --from-code=UTF-8 --keyword=_ --keyword=N_ --keyword=ngettext:1,2 \
  --keyword=g_dngettext:2,3 -o "$work/all.pot" 2>"$work/messages" || { cat "$work/messages"; exit 1; }
# The template that translators begin with has the same texts, no fewer and no more: meson compile ssgan-pot.
msgcmp --use-untranslated po/ssgan.pot "$work/all.pot" 2>"$work/messages" &&
  msgcmp --use-untranslated "$work/all.pot" po/ssgan.pot 2>>"$work/messages" ||
  { echo "po/ssgan.pot is not up to date:"; grep -v 'found .* fatal' "$work/messages" | head -20; status=1; }
for language in $(cat po/LINGUAS); do
  msgfmt --check-format --check-domain -o /dev/null "po/$language.po" || status=1
  msgmerge -q --no-fuzzy-matching -o "$work/$language.po" "po/$language.po" "$work/all.pot" || exit 1
  left=$(LC_ALL=C msgfmt --statistics -o /dev/null "$work/$language.po" 2>&1)
  case $left in
  *untranslated* | *fuzzy*)
    echo "$language: $left"
    msgattrib --untranslated "$work/$language.po" | grep '^msgid' | tail -n +2
    status=1
    ;;
  esac
done
exit $status
