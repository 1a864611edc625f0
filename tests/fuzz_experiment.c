/* SPDX-License-Identifier: MIT
 * libFuzzer's door to the experiment reader: any octets either have problems,
 * or are a study whose canonical text reads back to the same. */
#include "experiments/study.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    static struct model_world_config config;
    char *text = malloc(len + 1);
    if (text == NULL)
        abort();
    memcpy(text, at, len);
    struct study *study = study_read(
        &(struct study_source){.path = "fuzz", .name = "fuzz", .text = text, .text_len = len});
    free(text);
    if (study->problems.count == 0) {
        study_config(study, study_runs(study) - 1, &config);
        struct study *again = study_read(&(struct study_source){
            .path = "again", .name = "fuzz", .text = study->text, .text_len = strlen(study->text)});
        if (again->problems.count > 0 || strcmp(again->hash, study->hash) != 0) {
            problems_print(&again->problems, stderr);
            abort();
        }
        study_close(again);
    }
    study_close(study);
    return 0;
}
