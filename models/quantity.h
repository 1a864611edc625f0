/* SPDX-License-Identifier: MIT
 * Text with units to numbers and back, within models. */
#ifndef MODELS_QUANTITY_H
#define MODELS_QUANTITY_H

#include "models/keys.h"

/* "poisson 20/s", "uniform 20/s", "burst 100 every 10s", "trace NAME" without its times */
bool model_arrivals_parse(const char *text, struct model_arrivals *out);
void model_arrivals_format(const struct model_arrivals *arrivals, char *out, size_t out_max);

/* "trace NAME"; false: it is not that, or the name is too long. */
bool model_trace_parse(const char *text, char name[MODEL_NAME_MAX]);

/* "2000/s", or points over time in ascending order: "[[0s, 0/s], [10s, 2000/s]]". */
bool model_rate_parse(const char *text, struct model_rate *out);
void model_rate_format(const struct model_rate *rate, char *out, size_t out_max);

/* "none", or "[[10s, 12s], [30s, 31s]]": in order, and apart. */
bool model_spans_parse(const char *text, struct sim_outages *out);
void model_spans_format(const struct sim_outages *spans, char *out, size_t out_max);

/* What a kind is called in a message: "duration". */
const char *model_kind_title(enum model_kind kind);
bool model_kind_is_number(enum model_kind kind);

#endif
