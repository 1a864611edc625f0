/* SPDX-License-Identifier: MIT
 * A machine's profile as text, one `key: value` a line, `#` begins a comment:
 * the names of its numbers, and the reader. `ikelab calibrate` is the writer. */
#include "models/costs.h"

#include <stdio.h>
#include <string.h>

enum { LINE_LONGEST = 256, LINES_MAX = 1000, SPELT_MAX = 40 };

/* The keys that are not numbers: read over, for people. */
static const char *const text_keys[] = {"profile", "name", "source"};

static void row_add(struct model_cost_row *rows, size_t *count, const char *what, const char *whose,
                    uint32_t *value)
{
    struct model_cost_row *const row = &rows[(*count)++];
    (void)snprintf(row->key, sizeof row->key, "%s.%s", what, whose);
    row->unit = strcmp(what, "byte") == 0 ? "ps" : "ns";
    row->value = value;
}

size_t model_cost_rows(struct ike_costs *costs, struct model_cost_row *rows)
{
    size_t count = 0;
    for (size_t i = 1; i < ike_algo_count; i++) {
        const char *const name = ike_algos[i].name;
        if (ike_algos[i].type == TRANSFORM_KE) {
            row_add(rows, &count, "generate", name, &costs->kex_generate_ns[i]);
            row_add(rows, &count, "derive", name, &costs->kex_derive_ns[i]);
        } else if (ike_algos[i].type != TRANSFORM_ESN && !ike_algo_is_null(&ike_algos[i])) {
            row_add(rows, &count, "call", name, &costs->call_ns[i]);
            row_add(rows, &count, "byte", name, &costs->byte_ps[i]);
        }
    }
    for (size_t i = 1; i < KEY_TYPE_COUNT; i++) {
        row_add(rows, &count, "sign", ike_key_types[i].name, &costs->sign_ns[i]);
        row_add(rows, &count, "verify", ike_key_types[i].name, &costs->verify_ns[i]);
    }
    row_add(rows, &count, "call", "certificate", &costs->certificate_ns);
    row_add(rows, &count, "call", "sha1-digest", &costs->sha1_call_ns);
    row_add(rows, &count, "byte", "sha1-digest", &costs->sha1_byte_ps);
    row_add(rows, &count, "call", "random", &costs->random_call_ns);
    row_add(rows, &count, "byte", "random", &costs->random_byte_ps);
    return count;
}

struct profile_reader {
    const char *path;
    unsigned line;
    struct model_cost_row rows[MODEL_COST_ROWS_MAX];
    size_t row_count;
    unsigned seen_at[MODEL_COST_ROWS_MAX]; /* line, 0: not yet */
    char *error;
    size_t error_max;
};

static bool complain(const struct profile_reader *r, const char *what, const char *about)
{
    const int shown = (int)strnlen(about, SPELT_MAX);
    (void)snprintf(r->error, r->error_max, "%s:%u: \"%.*s\" %s", r->path, r->line, shown, about,
                   what);
    return false;
}

/* Cuts blanks off both ends, in place. */
static char *trimmed(char *text)
{
    text += strspn(text, " \t\r\n");
    size_t len = strlen(text);
    while (len > 0 && strchr(" \t\r\n", text[len - 1]) != NULL)
        len--;
    text[len] = '\0';
    return text;
}

static bool number_read(const char *text, uint32_t *out)
{
    uint64_t value = 0;
    if (text[0] == '\0')
        return false;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9')
            return false;
        value = value * 10 + (uint64_t)(*text - '0');
        if (value > UINT32_MAX)
            return false;
    }
    *out = (uint32_t)value;
    return true;
}

static bool is_text_key(const char *key)
{
    for (size_t i = 0; i < sizeof text_keys / sizeof text_keys[0]; i++) {
        if (strcmp(text_keys[i], key) == 0)
            return true;
    }
    return false;
}

static bool entry_read(struct profile_reader *r, const char *key, const char *value)
{
    if (is_text_key(key))
        return true;
    for (size_t i = 0; i < r->row_count; i++) {
        if (strcmp(r->rows[i].key, key) != 0)
            continue;
        if (r->seen_at[i] != 0)
            return complain(r, "is said twice: leave one of the two lines", key);
        r->seen_at[i] = r->line;
        if (!number_read(value, r->rows[i].value))
            return complain(r, "is no number: write a whole one from 0 to 4294967295", value);
        return true;
    }
    return complain(r, "is no key of a machine's profile: see what `ikelab calibrate` prints", key);
}

/* `line` as it came, newline included when it was complete. */
static bool line_read(struct profile_reader *r, char *line, bool complete)
{
    r->line++;
    if (!complete || r->line > LINES_MAX)
        return complain(r, "is too much for a profile: lines to 250 octets, 1000 of them", line);
    line[strcspn(line, "#")] = '\0';
    char *const entry = trimmed(line);
    if (*entry == '\0')
        return true;
    char *const colon = strchr(entry, ':');
    if (colon == NULL)
        return complain(r, "has no colon: write it like derive.x25519: 40000", entry);
    *colon = '\0';
    return entry_read(r, trimmed(entry), trimmed(colon + 1));
}

static bool lines_read(struct profile_reader *r, FILE *file)
{
    char line[LINE_LONGEST];
    while (fgets(line, sizeof line, file) != NULL) {
        const bool complete = strlen(line) + 1 < sizeof line || strchr(line, '\n') != NULL;
        if (!line_read(r, line, complete))
            return false;
    }
    if (ferror(file)) {
        (void)snprintf(r->error, r->error_max, "%s: cannot be read: is it a file?", r->path);
        return false;
    }
    for (size_t i = 0; i < r->row_count; i++) {
        if (r->seen_at[i] == 0) {
            (void)snprintf(r->error, r->error_max,
                           "%s:%u: %s is missing: print the profile again with `ikelab calibrate`",
                           r->path, r->line, r->rows[i].key);
            return false;
        }
    }
    return true;
}

bool model_machine_read(const char *path, struct model_machine *out, char *error, size_t error_max)
{
    *out = (struct model_machine){.name = path,
                                  .meaning = "a machine measured by `ikelab calibrate`",
                                  .source = "read from a file"};
    struct profile_reader r = {.path = path, .error = error, .error_max = error_max};
    r.row_count = model_cost_rows(&out->costs, r.rows);

    FILE *const file = fopen(path, "r");
    if (file == NULL) {
        (void)snprintf(error, error_max,
                       "%s: no machine of that name and no file that can be opened", path);
        return false;
    }
    const bool done = lines_read(&r, file);
    (void)fclose(file);
    return done;
}
