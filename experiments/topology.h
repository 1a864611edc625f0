/* SPDX-License-Identifier: MIT
 * Topologies as data: `topology: NAME` stands for the links of a file, shipped
 * or one's own, in one of three formats. What an experiment says of a link
 * itself goes before what the file says of it. */
#ifndef EXPERIMENTS_TOPOLOGY_H
#define EXPERIMENTS_TOPOLOGY_H

#include "experiments/tree.h"

/* Puts the links of the topology that `root` names into its `links`, and takes `topology` out: what
 * is recorded of an experiment needs no other file. Without `topology` nothing is done. */
void topology_take(struct arena *arena, struct tree *root, struct problems *problems);

/* What a file's text says as a map of links, `{link-1: {from: a, to: b, delay: 5ms}}`; NULL after a
 * problem. */
struct topology_text {
    const char *source;
    const char *text;
    size_t len;
};
/* Of the format that the source's ending names. */
struct tree *topology_read(struct arena *arena, const struct topology_text *file,
                           struct problems *problems);
/* Lines of `FROM TO [DELAY [RATE]]`, between blanks; `#` begins a comment. */
struct tree *topology_edges(struct arena *arena, const struct topology_text *file,
                            struct problems *problems);
/* GraphML, as of the Internet Topology Zoo: nodes are called by their `label`, if there is one that
 * no other has; edges have `delay` and `rate` as here, or LinkSpeedRaw in bit/s; an edge without a
 * delay that joins two nodes with Latitude and Longitude has that of light in fibre over the great
 * circle, to a tenth of a millisecond. */
struct tree *topology_graphml(struct arena *arena, const struct topology_text *file,
                              struct problems *problems);

/* For the formats: one more link, with what is not NULL of the rest; its number makes its name.
 * False: there are as many as there may be. */
struct topology_link {
    const char *from, *to, *delay, *rate;
    struct place at;
};
bool topology_add(struct arena *arena, struct tree *links, const struct topology_link *link);

#endif
