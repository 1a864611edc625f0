/* SPDX-License-Identifier: MIT
 * Papers of a real daemon: an authority, intermediates and one certificate, made
 * as those of our own ends are (papers.h), and as the texts its recipe wants. They
 * are exchanged with the other ends' before the daemon is started. Within models
 * only. */
#ifndef MODELS_LIVE_PAPERS_H
#define MODELS_LIVE_PAPERS_H

#include "models/daemon.h"
#include "models/papers.h"
#include "models/scene.h"

struct model_live_papers;

/* Keys are drawn from the stream. NULL: no memory, or the provider fails. */
struct model_live_papers *model_live_papers_open(const struct model_scene *scene,
                                                 const char *stream,
                                                 const struct model_papers_spec *spec);
void model_live_papers_close(struct model_live_papers *papers);
struct model_papers *model_live_papers_of(struct model_live_papers *papers);
/* A certificate for the wish's own identity, its key, and the authorities there are then: texts in
 * `papers`, which outlive the wish. False: the provider fails. */
bool model_live_papers_wish(struct model_live_papers *papers, struct model_wish *wish);

#endif
