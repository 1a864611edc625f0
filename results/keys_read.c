/* SPDX-License-Identifier: MIT
 * The table of keys, line by line:
 *
 *     SPIi,SPIr,SK_ei,SK_er,"encryption",SK_ai,SK_ar,"integrity"
 */
#include "results/keys_read.h"

#include "results/capture.h"
#include "results/sql.h"

#include <stdlib.h>
#include <string.h>

enum { FIELDS = 8, LINE_LEN = 2048, ROWS_MAX = 1 << 16, KEY_MAX = 64, SPI_LEN = 8 };

struct row {
    struct ike_sa_keys keys;
    uint8_t octets[4][KEY_MAX]; /* SK_ei, SK_er, SK_ai, SK_ar */
};

struct results_keys {
    struct row *rows;
    size_t count, room;
};

static int digit(char c)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char *const at = c == '\0' ? NULL : strchr(digits, c);
    return at == NULL ? -1 : (int)((at - digits) % 16);
}

/* False when the text is not hexadecimal, or of more than `max` octets. */
static bool octets_parse(const char *text, uint8_t *out, size_t max, size_t *len)
{
    for (*len = 0; text[0] != '\0'; text += 2) {
        const int high = digit(text[0]);
        const int low = high < 0 ? -1 : digit(text[1]);
        if (low < 0 || *len == max)
            return false;
        out[(*len)++] = (uint8_t)(high * 16 + low);
    }
    return true;
}

static bool spi_parse(const char *text, uint64_t *out)
{
    uint8_t octets[SPI_LEN];
    size_t len = 0;
    if (!octets_parse(text, octets, sizeof octets, &len) || len != SPI_LEN)
        return false;
    struct ike_reader r = rd_open((struct ike_bytes){.at = octets, .len = len});
    *out = rd_u64(&r);
    return true;
}

static bool key_parse(struct row *row, int which, const char *text, size_t wanted,
                      struct ike_bytes *out)
{
    size_t len = 0;
    *out = (struct ike_bytes){.at = row->octets[which], .len = wanted};
    return octets_parse(text, row->octets[which], KEY_MAX, &len) && len == wanted;
}

/* Cuts the line into its fields, without their quotes; false when there are not eight. */
static bool fields_cut(char *line, char **fields)
{
    size_t count = 0;
    for (;;) {
        char *const end = line + strcspn(line, ",");
        const bool more = *end == ',';
        *end = '\0';
        if (count == FIELDS)
            return false;
        if (end - line >= 2 && line[0] == '"' && end[-1] == '"') {
            end[-1] = '\0';
            line++;
        }
        fields[count++] = line;
        if (!more)
            return count == FIELDS;
        line = end + 1;
    }
}

/* What is wrong with the line; NULL: nothing. */
static const char *row_parse(char *line, struct row *row)
{
    char *fields[FIELDS];
    struct ike_sa_keys *const k = &row->keys;
    if (!fields_cut(line, fields))
        return "eight fields, divided by commas, are wanted";
    if (!spi_parse(fields[0], &k->spi_i) || !spi_parse(fields[1], &k->spi_r))
        return "an SPI is 16 hexadecimal digits";
    if (!results_encryption_named(fields[4], &k->suite.encr))
        return "an encryption algorithm that is not known here";
    if (!results_integrity_named(fields[7], &k->suite.integ))
        return "an integrity algorithm that is not known here, or does not check";
    const struct ike_algo *const encr = &ike_algos[k->suite.encr];
    const size_t encr_len = (size_t)encr->key_len + encr->salt_len;
    const size_t integ_len = ike_algos[k->suite.integ].key_len;
    if (!key_parse(row, 0, fields[2], encr_len, &k->sk_ei) ||
        !key_parse(row, 1, fields[3], encr_len, &k->sk_er))
        return "SK_ei or SK_er is not of the length that its algorithm has";
    if (!key_parse(row, 2, fields[5], integ_len, &k->sk_ai) ||
        !key_parse(row, 3, fields[6], integ_len, &k->sk_ar))
        return "SK_ai or SK_ar is not of the length that its algorithm has";
    if (ike_algo_is_aead(encr) != (k->suite.integ == ALGO_NONE))
        return "an AEAD takes no integrity algorithm, others need one (RFC 5282 8)";
    return NULL;
}

static bool more_room(struct results_keys *keys)
{
    if (keys->count < keys->room)
        return true;
    const size_t room = keys->room == 0 ? 16 : keys->room * 2;
    struct row *const rows = room > ROWS_MAX ? NULL : realloc(keys->rows, room * sizeof *rows);
    if (rows == NULL)
        return false;
    keys->rows = rows;
    keys->room = room;
    return true;
}

static const char *line_take(struct results_keys *keys, char *line)
{
    line[strcspn(line, "\r\n")] = '\0';
    if (line[0] == '\0' || line[0] == '#' || strstr(line, "[No Checking]") != NULL)
        return NULL;
    if (!more_room(keys))
        return "too many SAs";
    return row_parse(line, &keys->rows[keys->count++]);
}

/* Rows move while the table grows: their views are set when it no longer does. */
static void settle(struct results_keys *keys)
{
    for (size_t i = 0; i < keys->count; i++) {
        struct row *const row = &keys->rows[i];
        row->keys.sk_ei.at = row->octets[0];
        row->keys.sk_er.at = row->octets[1];
        row->keys.sk_ai.at = row->octets[2];
        row->keys.sk_ar.at = row->octets[3];
    }
}

struct results_keys *results_keys_open(FILE *file, char *error)
{
    struct results_keys *const keys = calloc(1, sizeof *keys);
    char line[LINE_LEN];
    const char *wrong = keys == NULL ? "no memory" : NULL;
    unsigned number = 0;
    while (wrong == NULL && fgets(line, sizeof line, file) != NULL) {
        number++;
        wrong = line_take(keys, line);
    }
    if (wrong == NULL) {
        settle(keys);
        return keys;
    }
    (void)sql_error(error, "line %u: %s", number, wrong);
    results_keys_close(keys);
    return NULL;
}

const struct ike_sa_keys *results_keys_find(const struct results_keys *keys, uint64_t spi_i,
                                            uint64_t spi_r)
{
    for (size_t i = 0; keys != NULL && i < keys->count; i++)
        if (keys->rows[i].keys.spi_i == spi_i && keys->rows[i].keys.spi_r == spi_r)
            return &keys->rows[i].keys;
    return NULL;
}

void results_keys_close(struct results_keys *keys)
{
    if (keys != NULL)
        free(keys->rows);
    free(keys);
}
