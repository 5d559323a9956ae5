/* The generator behind a model and the pieces models are made of, for the engine and the trainer; editors need model.h only. */
#pragma once

#include <json-glib/json-glib.h>

#include "engine/discriminator.h"
#include "engine/generator.h"
#include "engine/model.h"

/* Owned by the model. */
SsgGenerator *ssg_model_generator(SsgModel *model);
/* A model around a generator (taken) and what is known of it (taken). */
SsgModel *ssg_model_new_from_generator(SsgGenerator *generator, SsgModelInfo *info);
/* Default part names and colours, nothing known of licence and origin; memory estimated. */
SsgModelInfo *ssg_model_info_new(const SsgArchitecture *arch, const char *name, const char *format);
/* The file that ssg_model_hash() is of. */
void ssg_model_set_path(SsgModel *model, const char *path);
void ssg_model_set_mean(SsgModel *model, const float *mean); /* [S], copied */
/* Covariance of w, [S, S]; computed on first use, owned by the model. */
const float *ssg_model_covariance(SsgModel *model);
/* Directions that a model file holds, as of ssg_direction_table_new_stored(); they are saved again with the model. */
void ssg_model_set_directions(SsgModel *model, int n, const float *directions, const float *effects);
/* ssg_model_save() shall compute the directions of all codes and store them. */
void ssg_model_keep_directions(SsgModel *model);
/* Whether ssg_model_save() writes directions: after ssg_model_set_directions() or ssg_model_keep_directions(). */
gboolean ssg_model_keeps_directions(SsgModel *model);
/* directions [1 + 2K, SSG_N_DIRECTIONS, S] and effects [1 + 2K, SSG_N_DIRECTIONS], all of them. */
void ssg_model_write_directions(SsgModel *model, float *directions, float *effects);
/* ssg_model_save() shall write this one, too: training goes on from it. Taken; NULL: none, as in a model that was loaded. */
void ssg_model_take_discriminator(SsgModel *model, SsgDiscriminator *d);
const SsgDiscriminator *ssg_model_discriminator(SsgModel *model);
/* What SsgModelInfo does not say: arguments of the public checkpoint it came from; NULL when unknown. Owned by the model. */
JsonNode *ssg_model_args(SsgModel *model);
void ssg_model_set_args(SsgModel *model, JsonNode *args); /* taken; NULL is allowed */
/* The info, to be changed in place by model-file.c. */
SsgModelInfo *ssg_model_info_mutable(SsgModel *model);
/* Mean if it is known, without computing it; else NULL. */
const float *ssg_model_known_mean(SsgModel *model);
