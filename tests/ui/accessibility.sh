#!/bin/sh
# Every control has a name for assistive technology. Needs the system's Python with the AT-SPI bindings.
for tool in dbus-run-session /usr/libexec/at-spi-bus-launcher; do
  command -v $tool >/dev/null 2>&1 || { echo "SKIP: $tool is not installed"; exit 77; }
done
/usr/bin/python3 -c 'import gi; gi.require_version("Atspi", "2.0")' 2>/dev/null ||
  { echo "SKIP: python3-gi and gir1.2-atspi-2.0 are not installed"; exit 77; }
if [ -z "$SSG_UI_BUS" ]; then
  export SSG_UI_BUS=1 GTK_A11Y=atspi
  exec dbus-run-session -- "$0" "$@"
fi
. "$(dirname "$0")/lib.sh"

start --random-model small-64
await page editor
await position 0
click strip.hair
await selected hair
await_place part.direction-0
timeout 60 /usr/bin/python3 "$(dirname "$0")/accessibility.py" 2 || fail "controls without a name (above)"
