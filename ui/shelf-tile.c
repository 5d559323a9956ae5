#include "ui/shelf-tile.h"

#include "app/i18n.h"
#include "ui/textures.h"
#include "ui/thumb.h"

struct _SsgShelfTile {
  GtkWidget parent_instance;
  GtkWidget *thumb, *caption;
  SsgShelfFace *face;
  gulong notify;
};

G_DEFINE_FINAL_TYPE(SsgShelfTile, ssg_shelf_tile, GTK_TYPE_WIDGET)

static void update(SsgShelfTile *self)
{
  SsgRender *render = self->face ? ssg_shelf_face_thumbnail(self->face) : NULL;
  g_autoptr(GdkTexture) texture = render ? ssg_texture_face(render) : NULL;
  ssg_thumb_set_texture(SSG_THUMB(self->thumb), texture);
  gtk_label_set_text(GTK_LABEL(self->caption), self->face ? ssg_shelf_face_title(self->face) : "");
  if (self->face && ssg_shelf_face_kind(self->face) != SSG_SHELF_SEED)
    gtk_widget_add_css_class(GTK_WIDGET(self), "kept");
  else
    gtk_widget_remove_css_class(GTK_WIDGET(self), "kept");
}

static GdkContentProvider *drag_prepare(GtkDragSource *source, double x, double y, SsgShelfTile *self)
{
  if (!self->face || !ssg_shelf_face_face(self->face))
    return NULL; /* its codes are not known yet */
  return gdk_content_provider_new_typed(SSG_TYPE_SHELF_FACE, self->face);
}

static void drag_begin(GtkDragSource *source, GdkDrag *drag, SsgShelfTile *self)
{
  GdkTexture *texture = ssg_thumb_get_texture(SSG_THUMB(self->thumb));
  if (!texture)
    return;
  GtkWidget *picture = ssg_thumb_new(72, 72);
  ssg_thumb_set_texture(SSG_THUMB(picture), texture);
  gtk_widget_add_css_class(picture, "drag-face");
  gtk_drag_icon_set_from_paintable(drag, gdk_paintable_get_current_image(GDK_PAINTABLE(texture)), 0, 0);
  GtkWidget *icon = gtk_drag_icon_get_for_drag(drag);
  gtk_drag_icon_set_child(GTK_DRAG_ICON(icon), picture);
  gdk_drag_set_hotspot(drag, -14, -14); /* beside the pointer, so that the part below stays visible */
}

void ssg_shelf_tile_set_face(SsgShelfTile *self, SsgShelfFace *face)
{
  if (self->face)
    g_clear_signal_handler(&self->notify, self->face);
  if (g_set_object(&self->face, face) && face) {
    g_autofree char *text = g_strdup_printf(_("Drag %s onto a part to swap that part, beside the picture to take all"),
                                            ssg_shelf_face_name(face));
    gtk_widget_set_tooltip_text(GTK_WIDGET(self), text);
  }
  if (face)
    self->notify = g_signal_connect_swapped(face, "notify", G_CALLBACK(update), self);
  update(self);
}

SsgShelfFace *ssg_shelf_tile_get_face(SsgShelfTile *self)
{
  return self->face;
}

GtkWidget *ssg_shelf_tile_new(void)
{
  return g_object_new(SSG_TYPE_SHELF_TILE, NULL);
}

static void dispose(GObject *object)
{
  SsgShelfTile *self = SSG_SHELF_TILE(object);
  if (self->face)
    g_clear_signal_handler(&self->notify, self->face);
  g_clear_object(&self->face);
  g_clear_pointer(&self->thumb, gtk_widget_unparent);
  g_clear_pointer(&self->caption, gtk_widget_unparent);
  G_OBJECT_CLASS(ssg_shelf_tile_parent_class)->dispose(object);
}

static void ssg_shelf_tile_class_init(SsgShelfTileClass *klass)
{
  G_OBJECT_CLASS(klass)->dispose = dispose;
  gtk_widget_class_set_layout_manager_type(GTK_WIDGET_CLASS(klass), GTK_TYPE_BOX_LAYOUT);
  gtk_widget_class_set_css_name(GTK_WIDGET_CLASS(klass), "shelf-tile");
}

static void ssg_shelf_tile_init(SsgShelfTile *self)
{
  GtkLayoutManager *layout = gtk_widget_get_layout_manager(GTK_WIDGET(self));
  gtk_orientable_set_orientation(GTK_ORIENTABLE(layout), GTK_ORIENTATION_VERTICAL);
  gtk_box_layout_set_spacing(GTK_BOX_LAYOUT(layout), 2);
  self->thumb = ssg_thumb_new(76, 96);
  self->caption = gtk_label_new(NULL);
  gtk_label_set_ellipsize(GTK_LABEL(self->caption), PANGO_ELLIPSIZE_MIDDLE);
  gtk_label_set_width_chars(GTK_LABEL(self->caption), 5);
  gtk_label_set_max_width_chars(GTK_LABEL(self->caption), 9);
  gtk_widget_add_css_class(self->caption, "caption");
  gtk_widget_add_css_class(self->caption, "numeric");
  gtk_widget_set_parent(self->thumb, GTK_WIDGET(self));
  gtk_widget_set_parent(self->caption, GTK_WIDGET(self));
  GtkDragSource *source = gtk_drag_source_new();
  gtk_drag_source_set_actions(source, GDK_ACTION_COPY | GDK_ACTION_MOVE | GDK_ACTION_LINK);
  g_signal_connect(source, "prepare", G_CALLBACK(drag_prepare), self);
  g_signal_connect(source, "drag-begin", G_CALLBACK(drag_begin), self);
  gtk_widget_add_controller(GTK_WIDGET(self), GTK_EVENT_CONTROLLER(source));
}
