#!/bin/sh
# 'meson install' into an empty folder gives an application that starts from there: model, schema, translations, icon, man
# pages, desktop file and metainfo are where a desktop looks for them. Its own copy is used, not that of the build tree.
. "$(dirname "$0")/lib.sh"
command -v meson >/dev/null 2>&1 || { echo "SKIP: meson is not on the path"; exit 77; }
build=$2 id=io.github.ssgan.Editor

# --no-rebuild: tests run beside each other; what is missing here was not built before the tests.
DESTDIR=$WORK/root HOME=/ meson install -C "$build" --no-rebuild >"$WORK/log" 2>&1 || fail "meson install"
bin=$(find "$WORK/root" -name ssgan-editor -type f -perm -u+x | head -1)
[ -n "$bin" ] || fail "no editor was installed"
prefix=${bin%/bin/ssgan-editor}
share=$prefix/share
for file in bin/ssgan-trainer share/applications/$id.desktop share/metainfo/$id.metainfo.xml share/mime/packages/$id.xml \
  share/icons/hicolor/scalable/apps/$id.svg share/icons/hicolor/symbolic/apps/$id-symbolic.svg \
  share/glib-2.0/schemas/$id.gschema.xml share/man/man1/ssgan-editor.1 share/man/man1/ssgan-trainer.1 \
  share/ssgan/models/default.safetensors share/locale/de/LC_MESSAGES/ssgan.mo; do
  [ -s "$prefix/$file" ] || fail "$file was not installed: $(find "$prefix" -type f | sed "s|$prefix/||" | tr '\n' ' ')"
done
desktop-file-validate "$share/applications/$id.desktop" || fail "the desktop file"
program=$(sed -n 's/^Exec=\([^ ]*\).*/\1/p' "$share/applications/$id.desktop")
[ -x "$prefix/bin/$program" ] || fail "the desktop file starts '$program', which was not installed"
icon=$(sed -n 's/^Icon=//p' "$share/applications/$id.desktop")
[ -f "$share/icons/hicolor/scalable/apps/$icon.svg" ] || fail "there is no icon '$icon'"

# What a package manager does after unpacking.
glib-compile-schemas --strict "$share/glib-2.0/schemas" || fail "the schema does not compile"
unset GSETTINGS_SCHEMA_DIR SSGAN_DATA_DIR
export XDG_DATA_DIRS=$share:/usr/local/share:/usr/share
if command -v gsettings >/dev/null 2>&1; then
  gsettings list-keys $id >/dev/null || fail "the schema is not found"
fi
"$prefix/bin/ssgan-trainer" info "$share/ssgan/models/default.safetensors" >/dev/null || fail "the trainer"

EDITOR=$prefix/bin/ssgan-editor
start
await page editor
await position 0
await service ready
same "$(readlink -f "$(state model)")" "$(readlink -f "$share/ssgan/models/default.safetensors")" "model"
settle
[ -n "$(state picture)" ] || fail "no picture"
xdotool mousemove 640 20 key ctrl+q
wait_for "the end" eval '! kill -0 $PID'
wait $PID
same $? 0 "exit code"

# In another language, from its own translations.
export LANGUAGE=de
start
await page editor
await_place tab.Verlauf
echo ok
