/* SPDX-License-Identifier: MIT
 * A folder of a test program's own: made before its tests, removed after them
 * with all that is in it. */
#ifndef TESTS_FOLDER_H
#define TESTS_FOLDER_H

#include <stdbool.h>

/* False when it cannot be made, and that is said. */
bool folder_make(const char *name);
void folder_remove(void);

const char *folder_path(void);

/* A path in it; the last 256 stay valid. */
const char *in_folder(const char *name);

#endif
