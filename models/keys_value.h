/* SPDX-License-Identifier: MIT
 * Between the two halves of the keys: finding one, and what its text means. */
#ifndef MODELS_KEYS_VALUE_H
#define MODELS_KEYS_VALUE_H

#include "models/keys.h"

/* Where a key's value stands; NULL when there is no such key (then *key is NULL), no such entry, or
 * it is no value. */
void *model_key_place(struct model_world_config *config, const char *path,
                      const struct model_key **key);
const void *model_key_find_place(const struct model_world_config *config, const char *path,
                                 const struct model_key **key);
/* Takes one item off a list separated by commas, blanks around it cut off; false at its end. */
bool model_list_next(const char **at, char *out, size_t out_max);
/* True when `candidate` is nearer to `word` than *best, and near at all; *best becomes the
 * distance. Begins with SIZE_MAX. */
bool model_word_near(const char *word, const char *candidate, size_t *best);

#endif
