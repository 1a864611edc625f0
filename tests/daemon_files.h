/* SPDX-License-Identifier: MIT
 * The files of a daemon's recipe, kept to be looked at; for its tests. */
#ifndef TESTS_DAEMON_FILES_H
#define TESTS_DAEMON_FILES_H

#include "models/daemon.h"

enum { DAEMON_FILES_MAX = 12 };

extern struct daemon_file {
    char path[128];
    char text[MODEL_DAEMON_FILE_MAX];
} daemon_files[DAEMON_FILES_MAX];
extern size_t daemon_file_count;

#define LINES(...) ((const char *const[]){__VA_ARGS__, NULL})

model_file_fn daemon_keep;
/* All of them, anew; it is a failure of the test when they cannot be made. */
void daemon_make(const struct model_recipe *recipe, const struct model_wish *wish);
/* Empty: there is no such file. */
const char *daemon_file(const char *path);
/* Whether the text has a line that is this but for blanks before it. */
bool daemon_has_line(const char *text, const char *line);
/* Each of them is a line of that file; the last is NULL. */
void daemon_expect(const char *path, const char *const *lines);

#endif
