#!/bin/sh
# Desktop file, metainfo with and without screenshots, icon, MIME type and settings schema are what they should be, and every
# picture that metainfo and README name is there. Usage: metainfo.sh SOURCE_ROOT BUILD_ROOT
for tool in appstreamcli desktop-file-validate glib-compile-schemas; do
  command -v $tool >/dev/null 2>&1 || { echo "SKIP: $tool is not installed"; exit 77; }
done
id=io.github.ssgan.Editor
cd "$1" || exit 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0
bad() {
  echo "FAIL: $*"
  status=1
}
desktop-file-validate "$2/data/$id.desktop" || bad "desktop file"
appstreamcli validate --no-net "$2/data/$id.metainfo.xml" || bad "metainfo as built"
# example.org is reserved for examples: no program will ask it for a picture.
sed 's|@SCREENSHOTS_URL@|https://example.org/pictures|' "data/$id.metainfo.xml.in" >"$work/$id.metainfo.xml"
appstreamcli validate --no-net "$work/$id.metainfo.xml" || bad "metainfo with screenshots"
glib-compile-schemas --strict --dry-run data || bad "settings schema"
named=$(sed -n 's|.*@SCREENSHOTS_URL@/\([^<]*\)<.*|data/pictures/\1|p' "data/$id.metainfo.xml.in")
[ "$(echo "$named" | wc -l)" -ge 3 ] || bad "fewer than three screenshots"
for picture in $named $(grep -o '](data/[^)]*png)' README.md | tr -d '()]'); do
  [ "$(head -c 4 "$picture" 2>/dev/null | tail -c 3)" = PNG ] || bad "$picture is no PNG"
done
# Width and height that the metainfo promises.
for picture in $named; do
  size=$(od -An -tu1 -j16 -N8 "$picture" | awk '{ print $3 * 256 + $4, $7 * 256 + $8 }')
  [ "$size" = "1280 800" ] || bad "$picture is $size, not 1280 x 800"
done
version=$("$2/ui/ssgan-editor" --version | sed 's/.* //')
grep -q "<release version=\"$version\"" "data/$id.metainfo.xml.in" || bad "no release $version in the metainfo"
exit $status
