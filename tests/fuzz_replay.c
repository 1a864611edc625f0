/* SPDX-License-Identifier: MIT
 * Feeds every file of a corpus to a fuzz target, with any compiler: what a
 * fuzzer once found, and what it started from, stays tested. Arguments: folders. */
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);
/* What all files together should have come to and have not, where the target says so; its length.
 */
size_t fuzz_missed(char *out, size_t room) __attribute__((weak));

static unsigned count;

static void replay(const char *folder, const char *name)
{
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return;
    (void)fseek(file, 0, SEEK_END);
    const long len = ftell(file);
    rewind(file);
    uint8_t *bytes = len >= 0 ? malloc((size_t)len + 1) : NULL;
    if (bytes != NULL && fread(bytes, 1, (size_t)len, file) == (size_t)len) {
        (void)LLVMFuzzerTestOneInput(bytes, (size_t)len);
        (void)printf("ok %u - %s\n", ++count, name);
        (void)fflush(stdout);
    }
    free(bytes);
    (void)fclose(file);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        struct dirent **entries = NULL;
        const int found = scandir(argv[i], &entries, NULL, alphasort);
        for (int k = 0; k < found; k++) {
            if (entries[k]->d_name[0] != '.')
                replay(argv[i], entries[k]->d_name);
            free(entries[k]);
        }
        free(entries);
    }
    char missed[4096] = "";
    const bool whole = fuzz_missed == NULL || fuzz_missed(missed, sizeof missed) == 0;
    (void)printf("%sok %u - nothing missed:%s\n", whole ? "" : "not ", ++count, missed);
    (void)printf("1..%u\n", count);
    return whole && count > 1 ? 0 : 1;
}
