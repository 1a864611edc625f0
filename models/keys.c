/* SPDX-License-Identifier: MIT
 * Finding keys, and the entries of a description that have names. What a
 * value's text means is keys_value.c's business. */
#include "models/keys.h"

#include "models/keys_value.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { DISTANCE_MAX = 3, WORD_MAX = 128 };

/* Everything a path says: which section, which entry of it, and the rest. */
struct path_parts {
    const struct model_section *section; /* NULL: a key of the whole */
    char name[MODEL_NAME_MAX];
    const char *rest; /* behind the name; of the whole: the path */
};

static bool path_split(const char *path, struct path_parts *out)
{
    memset(out, 0, sizeof *out);
    out->rest = path;
    for (size_t i = 0; i < model_section_count; i++) {
        const size_t len = strlen(model_sections[i].name);
        if (strncmp(path, model_sections[i].name, len) != 0 || path[len] != '.')
            continue;
        const char *const name = path + len + 1;
        const size_t name_len = strcspn(name, ".");
        if (name_len == 0 || name_len >= sizeof out->name || name[name_len] != '.')
            return false;
        out->section = &model_sections[i];
        memcpy(out->name, name, name_len);
        out->rest = name + name_len + 1;
    }
    return true;
}

static const struct model_key *key_of(const struct path_parts *parts)
{
    for (size_t i = 0; i < model_key_count; i++) {
        const char *const path = model_keys[i].path;
        const char *const star = strstr(path, ".*.");
        if (parts->section == NULL) {
            if (star == NULL && strcmp(path, parts->rest) == 0)
                return &model_keys[i];
            continue;
        }
        const size_t len = strlen(parts->section->name);
        if (star == path + len && strncmp(path, parts->section->name, len) == 0 &&
            strcmp(star + 3, parts->rest) == 0)
            return &model_keys[i];
    }
    return NULL;
}

const struct model_key *model_key_find(const char *path)
{
    struct path_parts parts;
    return path_split(path, &parts) ? key_of(&parts) : NULL;
}

/* Levenshtein distance; words longer than WORD_MAX are far from everything. */
static size_t distance(const char *a, const char *b)
{
    size_t row[WORD_MAX + 1];
    const size_t a_len = strlen(a);
    const size_t b_len = strlen(b);
    if (a_len > WORD_MAX || b_len > WORD_MAX)
        return SIZE_MAX;
    for (size_t j = 0; j <= b_len; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t best = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[b_len];
}

bool model_word_near(const char *word, const char *candidate, size_t *best)
{
    const size_t len = strlen(word);
    size_t limit = (len + 2) / 3;
    if (len >= 3 && limit < 2)
        limit = 2; /* two letters changed places */
    if (limit > DISTANCE_MAX)
        limit = DISTANCE_MAX;
    const size_t far = distance(word, candidate);
    if (far > limit || far >= *best)
        return false;
    *best = far;
    return true;
}

/* What both begin with, whole components of it: octets. */
static size_t shared_of(const char *a, const char *b)
{
    size_t shared = 0;
    for (size_t i = 0; a[i] != '\0' && a[i] == b[i]; i++)
        if (a[i] == '.')
            shared = i + 1;
    return shared;
}

/* The path of a row with the second component of `path` for its star, cut off behind each component
 * in turn; each is compared with `path`. */
static void nearest_of_row(const struct model_key *key, const char *path, char *out, size_t *best)
{
    char candidate[WORD_MAX + 1];
    const char *const star = strstr(key->path, ".*.");
    const char *const name = strchr(path, '.');
    const int name_len = name != NULL ? (int)strcspn(name + 1, ".") : 0;
    int len;
    if (star != NULL)
        len = snprintf(candidate, sizeof candidate, "%.*s.%.*s%s", (int)(star - key->path),
                       key->path, name_len, name != NULL ? name + 1 : "", star + 2);
    else
        len = snprintf(candidate, sizeof candidate, "%s", key->path);
    if (len < 0 || (size_t)len >= sizeof candidate)
        return;
    for (char *end = strchr(candidate, '.');; end = strchr(end + 1, '.')) {
        if (end != NULL)
            *end = '\0';
        const size_t shared = shared_of(path, candidate);
        if (model_word_near(path + shared, candidate + shared, best))
            memcpy(out, candidate, strlen(candidate) + 1);
        if (end == NULL)
            return;
        *end = '.';
    }
}

bool model_key_nearest(const char *path, char *out, size_t out_max)
{
    char found[WORD_MAX + 1];
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < model_key_count; i++)
        nearest_of_row(&model_keys[i], path, found, &best);
    if (best == SIZE_MAX || strlen(found) >= out_max)
        return false;
    memcpy(out, found, strlen(found) + 1);
    return true;
}

/* Entries. Each begins with its name. */

static uint32_t count_of(const struct model_world_config *config,
                         const struct model_section *section)
{
    uint32_t count;
    memcpy(&count, (const char *)config + section->count_offset, sizeof count);
    return count;
}

static size_t entry_offset(const struct model_section *section, uint32_t index)
{
    return section->array_offset + index * section->entry_size;
}

/* The offset of an entry, or 0. */
static size_t entry_named(const struct model_world_config *config,
                          const struct model_section *section, const char *name)
{
    for (uint32_t i = 0; i < count_of(config, section); i++)
        if (strcmp((const char *)config + entry_offset(section, i), name) == 0)
            return entry_offset(section, i);
    return 0;
}

static const struct model_section *section_named(const char *name)
{
    for (size_t i = 0; i < model_section_count; i++)
        if (strcmp(model_sections[i].name, name) == 0)
            return &model_sections[i];
    return NULL;
}

static bool is_name(const char *name)
{
    const size_t len = strlen(name);
    if (len == 0 || len >= MODEL_NAME_MAX || !isalpha((unsigned char)name[0]))
        return false;
    for (size_t i = 0; i < len; i++)
        if (!isalnum((unsigned char)name[i]) && name[i] != '-' && name[i] != '_')
            return false;
    return strcmp(name, "none") != 0; /* `via: none` says that there is no link */
}

/* The offset of a key's value; false when there is no such key, entry or value. */
static bool place_of(const struct model_world_config *config, const char *path,
                     const struct model_key **key, size_t *offset)
{
    struct path_parts parts;
    *key = path_split(path, &parts) ? key_of(&parts) : NULL;
    if (*key == NULL || (*key)->kind == KIND_STRUCTURE)
        return false;
    const size_t base = parts.section == NULL ? 0 : entry_named(config, parts.section, parts.name);
    *offset = base + (*key)->offset;
    return parts.section == NULL || base != 0;
}

void *model_key_place(struct model_world_config *config, const char *path,
                      const struct model_key **key)
{
    size_t offset;
    return place_of(config, path, key, &offset) ? (char *)config + offset : NULL;
}

const void *model_key_find_place(const struct model_world_config *config, const char *path,
                                 const struct model_key **key)
{
    size_t offset;
    return place_of(config, path, key, &offset) ? (const char *)config + offset : NULL;
}

/* Every default of `section`, NULL: of the whole, into the entry called `name`. */
static void set_defaults(struct model_world_config *config, const struct model_section *section,
                         const char *name)
{
    char path[WORD_MAX + MODEL_NAME_MAX];
    char error[MODEL_TEXT_MAX];
    for (size_t i = 0; i < model_key_count; i++) {
        const struct model_key *const key = &model_keys[i];
        const char *const star = strstr(key->path, ".*.");
        const size_t len = section != NULL ? strlen(section->name) : 0;
        if (key->fallback == NULL || (section == NULL) != (star == NULL))
            continue;
        if (section == NULL)
            (void)snprintf(path, sizeof path, "%s", key->path);
        else if (star == key->path + len && strncmp(key->path, section->name, len) == 0)
            (void)snprintf(path, sizeof path, "%s.%s%s", section->name, name, star + 2);
        else
            continue;
        const bool good = model_config_set(config, path, key->fallback, error, sizeof error);
        assert(good);
        (void)good;
    }
}

void model_config_open(struct model_world_config *config)
{
    memset(config, 0, sizeof *config);
    config->seed = 1;
    set_defaults(config, NULL, NULL);
}

bool model_config_add(struct model_world_config *config, const char *section, const char *name)
{
    const struct model_section *const s = section_named(section);
    if (s == NULL || !is_name(name))
        return false;
    if (entry_named(config, s, name) != 0)
        return true;
    uint32_t count = count_of(config, s);
    if (count == s->max)
        return false;
    char *const entry = (char *)config + entry_offset(s, count);
    memset(entry, 0, s->entry_size);
    memcpy(entry, name, strlen(name) + 1);
    count++;
    memcpy((char *)config + s->count_offset, &count, sizeof count);
    set_defaults(config, s, name);
    return true;
}

const struct model_timeline *model_timeline_named(const struct model_world_config *config,
                                                  const char *name)
{
    for (uint32_t i = 0; i < config->timeline_count; i++)
        if (strcmp(config->timelines[i].name, name) == 0)
            return &config->timelines[i];
    return NULL;
}

bool model_config_has(const struct model_world_config *config, const char *section,
                      const char *name)
{
    const struct model_section *const s = section_named(section);
    return s != NULL && entry_named(config, s, name) != 0;
}
