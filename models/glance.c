/* SPDX-License-Identifier: MIT
 * The most frequent reasons of a look (glance.h). */
#include "models/glance.h"

void model_glance_add(struct model_glance *glance, const struct model_glance_reason *reason)
{
    uint32_t at = glance->reason_count;
    while (at > 0 && glance->reasons[at - 1].count < reason->count)
        at--;
    if (at == MODEL_GLANCE_REASONS || reason->count == 0)
        return;
    if (glance->reason_count < MODEL_GLANCE_REASONS)
        glance->reason_count++;
    for (uint32_t i = glance->reason_count - 1; i > at; i--)
        glance->reasons[i] = glance->reasons[i - 1];
    glance->reasons[at] = *reason;
}

void model_glance_add_all(struct model_glance *glance, const char *who, const uint64_t *reasons,
                          bool attempts)
{
    for (uint32_t why = WHY_OK + 1; why < IKE_WHY_COUNT; why++)
        model_glance_add(
            glance, &(struct model_glance_reason){.who = who,
                                                  .reason = ike_why_row((enum ike_why)why)->name,
                                                  .count = reasons[why],
                                                  .attempts = attempts});
}
