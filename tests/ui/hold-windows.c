/* The little of a window manager that full screen needs: grants a window's wish to fill the screen or to do so no more, by its
 * property and its size, as the Extended Window Manager Hints say. Prints "ready", ends when killed. */
#include <X11/Xatom.h>
#include <X11/Xlib.h>
#include <stdio.h>

int main(void)
{
  Display *display = XOpenDisplay(NULL);
  if (!display) {
    fprintf(stderr, "hold-windows: no display\n");
    return 1;
  }
  Window root = DefaultRootWindow(display);
  Atom state = XInternAtom(display, "_NET_WM_STATE", False), full = XInternAtom(display, "_NET_WM_STATE_FULLSCREEN", False);
  unsigned before_width = 1, before_height = 1;
  XSelectInput(display, root, SubstructureNotifyMask);
  XSync(display, False);
  puts("ready");
  fflush(stdout);
  for (;;) {
    XEvent event;
    XNextEvent(display, &event);
    if (event.type != ClientMessage || event.xclient.message_type != state || (Atom) event.xclient.data.l[1] != full)
      continue;
    Window window = event.xclient.window, its_root;
    int x, y, screen = DefaultScreen(display);
    unsigned border, depth;
    if (event.xclient.data.l[0]) {
      XGetGeometry(display, window, &its_root, &x, &y, &before_width, &before_height, &border, &depth);
      XMoveResizeWindow(display, window, 0, 0, (unsigned) DisplayWidth(display, screen),
                        (unsigned) DisplayHeight(display, screen));
      XChangeProperty(display, window, state, XA_ATOM, 32, PropModeReplace, (unsigned char *) &full, 1);
    } else {
      XResizeWindow(display, window, before_width, before_height);
      XDeleteProperty(display, window, state);
    }
    XFlush(display);
  }
}
