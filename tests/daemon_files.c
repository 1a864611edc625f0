/* SPDX-License-Identifier: MIT
 * Files of recipes, kept (daemon_files.h). */
#include "tests/daemon_files.h"

#include "tests/test.h"

#include <stdio.h>
#include <string.h>

struct daemon_file daemon_files[DAEMON_FILES_MAX];
size_t daemon_file_count;

bool daemon_keep(void *owner, const char *path, const char *text)
{
    (void)owner;
    if (daemon_file_count == DAEMON_FILES_MAX)
        return false;
    (void)snprintf(daemon_files[daemon_file_count].path, sizeof daemon_files[0].path, "%s", path);
    (void)snprintf(daemon_files[daemon_file_count++].text, sizeof daemon_files[0].text, "%s", text);
    return true;
}

void daemon_make(const struct model_recipe *recipe, const struct model_wish *wish)
{
    daemon_file_count = 0;
    EXPECT(model_daemon_files(recipe, wish, daemon_keep, NULL));
}

const char *daemon_file(const char *path)
{
    for (size_t i = 0; i < daemon_file_count; i++)
        if (strcmp(daemon_files[i].path, path) == 0)
            return daemon_files[i].text;
    return "";
}

bool daemon_has_line(const char *text, const char *line)
{
    const size_t len = strlen(line);
    for (const char *at = text; *at != '\0';) {
        at += strspn(at, " \t");
        if (strncmp(at, line, len) == 0 && (at[len] == '\n' || at[len] == '\0'))
            return true;
        at += strcspn(at, "\n");
        at += *at == '\n';
    }
    return false;
}

void daemon_expect(const char *path, const char *const *lines)
{
    for (; *lines != NULL; lines++)
        if (!test_expect(daemon_has_line(daemon_file(path), *lines), *lines, path, 0))
            (void)printf("# in %s:\n%s", path, daemon_file(path));
}
