/* Carrying parameters over from a trained network to one of other sizes, so that a model trained at 64 pixels grows to one at 128.
 * What both have under one name with one shape is copied. What is copied in part:
 *   pos_embed.weights       [C, 2(2n+1)]: n grows with the size, lower frequencies come first. The columns of the frequencies that both
 *                           have are scaled by the square root of the ratio of columns, which the run-time scale 1/sqrt(2(2n+1)) takes
 *                           back; columns of new frequencies are 0. So the same function of position comes out.
 *   render_net.convs.2i.*   take the coarse features in at another level when the coarse size changes: the channels of the picture's
 *                           own maps are copied, weights for features that were not there before are 0.
 *   render_net.*            of more channels: the old ones come first and hear what they heard, weights with which they would hear the new ones
 *                           are 0; what makes the new ones stays as initialised. Features that a level appends stay behind the picture's
 *                           channels. The picture stays as it was. Of fewer channels: what does not fit starts afresh.
 *   render_net.to_*.i       of levels that the old network does not have are 0: at first the picture is the old one, enlarged.
 * A render net that begins at a smaller size gets levels in front: the old ones keep their sizes, and so move up in number. Where the old
 * one began at the coarse size its first convolution saw the features twice, as the picture so far and as what is appended there; now
 * the sum of both weights meets them once, and the weights for what the new levels give are 0: the picture stays as it was, but for
 * a few per cent of contrast (the norm that demodulation divides by is that of the sum). Masks stay only if residual_refine is off, or
 * does something in neither: it adds the coarse mask at the coarse size, which a render net that begins there never meets.
 * The discriminator's blocks are numbered from the largest size down: they are matched by the size they work at. With one level more
 * its new first block passes the picture on at half the size, and into what the old network's first layer made of it: from the first
 * iteration on it judges as it has learned to. (A fresh block in front of a trained network leads it to forget what it knew: it settled
 * at a score of 0 for everything when a model grew from 64 to 128 pixels.)
 * Everything else keeps the values that it has (as initialised); stored noise of another size is among that. */
#pragma once

#include "engine/discriminator.h"
#include "engine/generator.h"

/* Fills `to` from `from`, which stays as it is; both in the same context. Returns a sentence that says which share of the numbers was
 * taken over, what was cut or extended and what starts fresh (free it). NULL and SSG_ERROR_SHAPE when nothing fits (another number of
 * parts; no weight of equal shape): source (a path) opens that sentence. */
char *ssg_transfer_generator(const SsgGenerator *from, SsgGenerator *to, const char *source, GError **error);
/* The same; a discriminator of which nothing fits is no error. NULL only when the device fails. */
char *ssg_transfer_discriminator(const SsgDiscriminator *from, SsgDiscriminator *to, GError **error);
