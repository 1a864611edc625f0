/* SPDX-License-Identifier: MIT
 * libFuzzer's door to the formats of topologies: the first octet says which;
 * any others are links, or there is a problem. */
#include "experiments/topology.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

static const char *const files[] = {"fuzz.edges", "fuzz.yaml", "fuzz.graphml"};

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    static struct problems problems;
    struct arena arena = {NULL};
    if (len == 0)
        return 0;
    const char *const path = files[at[0] % 3];
    const struct topology_text file = {path, arena_copy(&arena, (const char *)at + 1, len - 1),
                                       len - 1};
    problems.count = 0;
    struct tree *const links = topology_read(&arena, &file, &problems);
    if (links == NULL && problems.count == 0)
        abort();
    if (links != NULL && (links->kind != TREE_MAP || links->first == NULL))
        abort();
    arena_close(&arena);
    return 0;
}
