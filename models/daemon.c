/* SPDX-License-Identifier: MIT
 * Recipes by name, what is mounted for them, and their commands. */
#include "models/daemon.h"

#include "models/daemon_recipe.h"
#include "models/keys_value.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

const struct model_recipe *const model_recipes[MODEL_DAEMONS] = {
    [MODEL_STRONGSWAN] = &model_strongswan,
    [MODEL_LIBRESWAN] = &model_libreswan,
    [MODEL_OPENIKED] = &model_openiked,
};

const char model_own_libraries[] = "/usr/lib/own";
static const char stand_in[] = "/ikelab/kernel-stand-in.so";
const char *const model_root_folders[] = {
    "/dev", "/etc",         "/ikelab",    "/proc",      "/run",
    "/tmp", "/usr/lib/own", "/usr/lib64", "/var/empty", NULL,
};

const struct model_recipe *model_recipe_named(const char *name)
{
    for (size_t i = 0; i < MODEL_DAEMONS; i++)
        if (strcmp(model_recipes[i]->name, name) == 0)
            return model_recipes[i];
    return NULL;
}

const char *model_recipe_name(const struct model_recipe *recipe)
{
    return recipe->name;
}

const char *model_recipe_title(const struct model_recipe *recipe)
{
    return recipe->title;
}

const char *const *model_recipe_packages(const struct model_recipe *recipe)
{
    return recipe->packages;
}

const char *const *model_recipe_programs(const struct model_recipe *recipe)
{
    return recipe->programs;
}

const char *model_recipe_libraries(const struct model_recipe *recipe)
{
    return recipe->libraries;
}

const char *model_recipe_wants(const struct model_recipe *recipe)
{
    return recipe->wants;
}

bool model_recipe_carries(const struct model_recipe *recipe)
{
    return recipe->carries;
}

bool model_recipe_root_file(const struct model_recipe *recipe, size_t number, const char **path,
                            const char **text)
{
    const struct recipe_file *file = recipe->root_files;
    for (size_t i = 0; i < number && file->path != NULL; i++)
        file++;
    *path = file->path;
    *text = file->text;
    return file->path != NULL;
}

static void mount_put(struct model_mount *out, const char *root, const char *at, const char *from)
{
    (void)snprintf(out->at, sizeof out->at, "%s%s", root, at);
    out->from = from;
}

size_t model_daemon_mounts(const struct model_recipe *recipe, const struct model_place *place,
                           struct model_mount out[MODEL_DAEMON_MOUNTS_MAX])
{
    static const char *const shown[] = {"/proc", "/dev"};
    static const char *const memory[] = {"/run", "/tmp", "/ikelab"};
    size_t count = 0;
    mount_put(&out[count++], place->root, place->libraries, place->libraries);
    for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++)
        mount_put(&out[count++], place->root, shown[i], shown[i]);
    for (size_t i = 0; i < sizeof memory / sizeof memory[0]; i++)
        mount_put(&out[count++], place->root, memory[i], NULL);
    for (size_t i = 0; recipe->memory[i] != NULL; i++)
        mount_put(&out[count++], place->root, recipe->memory[i], NULL);
    if (place->stand_in != NULL)
        mount_put(&out[count++], place->root, stand_in, place->stand_in);
    assert(count <= MODEL_DAEMON_MOUNTS_MAX);
    return count;
}

uint32_t model_daemon_inside(const char *selectors, struct ike_addr out[MODEL_DAEMON_INSIDE_MAX])
{
    char text[MODEL_TEXT_MAX];
    uint32_t count = 0;
    for (const char *at = selectors; model_list_next(&at, text, sizeof text);) {
        struct ike_prefix prefix;
        if (count < MODEL_DAEMON_INSIDE_MAX && ike_prefix_parse(text, &prefix) && prefix.bits > 0)
            out[count++] = ike_prefix_at(&prefix, 1, 0);
    }
    return count;
}

/* How often a row of that kind is done for a wish. */
static size_t times_of(enum recipe_when when, const struct model_wish *wish)
{
    const bool signs = wish_signs(wish);
    if (when == ALWAYS)
        return 1;
    if (when == EACH_AUTHORITY)
        return wish->authority_count;
    return signs == (when == SIGNS) ? 1 : 0;
}

/* `text` with the number in the place of each `#`. */
static void numbered(struct model_text *out, const char *text, size_t number)
{
    for (const char *at = text; *at != '\0'; at++)
        if (*at == '#')
            text_put(out, "%zu", number);
        else
            text_put(out, "%c", *at);
}

/* Breaks the text at each blank into words. */
static void break_up(char *text, const char **words)
{
    size_t count = 0;
    assert(words != NULL);
    for (char *at = text; at != NULL && count < MODEL_DAEMON_WORDS_MAX;) {
        words[count++] = at;
        at = strchr(at, ' ');
        if (at != NULL)
            *at++ = '\0';
    }
    words[count] = NULL;
}

static void set_environment(const struct model_recipe *recipe, bool preloads,
                            struct model_words *out, struct model_text *room)
{
    size_t count = 0;
    room->len++; /* the commands' NUL */
    out->environment[count++] = room->at + room->len;
    text_put(room, "LD_LIBRARY_PATH=%s", recipe->libraries);
    out->environment[count++] = "PATH=/usr/sbin:/usr/bin";
    if (preloads) {
        room->len++;
        out->environment[count++] = room->at + room->len;
        text_put(room, "LD_PRELOAD=%s", stand_in);
    }
    for (size_t i = 0; recipe->environment[i] != NULL; i++)
        out->environment[count++] = recipe->environment[i];
    assert(count < sizeof out->environment / sizeof out->environment[0]);
    out->environment[count] = NULL;
}

bool model_daemon_command(const struct model_recipe *recipe, const struct model_wish *wish,
                          const struct model_place *place, struct model_errand_at at,
                          struct model_words *out)
{
    struct model_text room = {.at = out->room, .max = sizeof out->room};
    size_t left = at.number;
    for (const struct recipe_command *row = recipe->commands; row->words != NULL; row++) {
        const size_t times = row->errand == at.errand ? times_of(row->when, wish) : 0;
        if (left < times) {
            numbered(&room, row->words, left);
            break_up(out->room, out->argv);
            set_environment(recipe, at.errand == ERRAND_START && place->stand_in != NULL, out,
                            &room);
            assert(!room.cut);
            return true;
        }
        left -= times;
    }
    return false;
}

/* ---- files ---- */

static const char *authority_of(const struct model_wish *wish, size_t number)
{
    return number < wish->authority_count ? wish->authorities[number] : "";
}

static const struct recipe_holder *holder_of(const struct recipe_holder *table, const char *name,
                                             size_t len)
{
    for (; table->name != NULL; table++)
        if (strlen(table->name) == len && strncmp(table->name, name, len) == 0)
            return table;
    return NULL;
}

struct filling {
    const struct model_recipe *recipe;
    const struct model_wish *wish;
    const char *authority; /* what ${authority} is */
};

/* What stands for the placeholder NAME at `name`. */
static void fill_one(const struct filling *f, const char *name, size_t len, struct model_text *out)
{
    if (len == strlen("authority") && strncmp(name, "authority", len) == 0) {
        text_put(out, "%s", f->authority);
        return;
    }
    const struct recipe_holder *holder = holder_of(f->recipe->holders, name, len);
    if (holder == NULL)
        holder = holder_of(recipe_holders, name, len);
    assert(holder != NULL);
    recipe_put(out, f->recipe, f->wish, holder);
}

/* One line of a template; left out when a ${NAME} in it has nothing. */
static void fill_line(const struct filling *f, const char *line, size_t len, struct model_text *out)
{
    const size_t begin = out->len;
    for (const char *at = line; at < line + len;) {
        const size_t plain = strcspn(at, "$");
        const bool whole = at + plain >= line + len;
        text_put(out, "%.*s", (int)(whole ? (size_t)(line + len - at) : plain), at);
        if (whole)
            return;
        const char *const name = at + plain + 2;
        const size_t name_len = strcspn(name, "}]");
        const size_t before = out->len;
        fill_one(f, name, name_len, out);
        if (name[-1] == '{' && out->len == before) {
            out->len = begin;
            out->at[begin] = '\0';
            return;
        }
        at = name + name_len + 1;
    }
}

static bool file_fill(const struct filling *f, const char *template, struct model_text *out)
{
    for (const char *line = template; *line != '\0';) {
        const char *const end = strchr(line, '\n');
        const size_t len = end != NULL ? (size_t)(end - line) + 1 : strlen(line);
        fill_line(f, line, len, out);
        line += len;
    }
    return !out->cut;
}

bool model_daemon_files(const struct model_recipe *recipe, const struct model_wish *wish,
                        model_file_fn *take, void *owner)
{
    static const char nothing[] = "";
    char path[128];
    char text[MODEL_DAEMON_FILE_MAX];
    for (const struct recipe_file *row = recipe->files; row->path != NULL; row++)
        for (size_t i = 0; i < times_of(row->when, wish); i++) {
            struct model_text name = {.at = path, .max = sizeof path};
            struct model_text out = {.at = text, .max = sizeof text};
            const struct filling f = {
                .recipe = recipe, .wish = wish, .authority = authority_of(wish, i)};
            text[0] = nothing[0];
            numbered(&name, row->path, i);
            if (name.cut || !file_fill(&f, row->text, &out) || !take(owner, path, text))
                return false;
        }
    return true;
}
