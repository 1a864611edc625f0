/* SPDX-License-Identifier: MIT
 * The folder that folder.h describes. */
#include "tests/folder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FOLDER_MAX = 400, NAME_MAX_IN_IT = 400, PATHS_VALID = 256 };

static char folder[FOLDER_MAX];

bool folder_make(const char *name)
{
    const char *const base = getenv("TMPDIR");
    (void)snprintf(folder, sizeof folder, "%s/ikelab-%s-XXXXXX", base != NULL ? base : "/tmp",
                   name);
    if (mkdtemp(folder) != NULL)
        return true;
    (void)printf("Bail out! no folder in %s: %s\n", folder, strerror(errno));
    return false;
}

void folder_remove(void)
{
    char command[FOLDER_MAX + 20];
    (void)snprintf(command, sizeof command, "rm -rf '%s'", folder);
    (void)!system(command);
}

const char *folder_path(void)
{
    return folder;
}

const char *in_folder(const char *name)
{
    static char paths[PATHS_VALID][FOLDER_MAX + NAME_MAX_IN_IT];
    static size_t next;
    char *const out = paths[next++ % PATHS_VALID];
    (void)snprintf(out, sizeof paths[0], "%s/%s", folder, name);
    return out;
}
