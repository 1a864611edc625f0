/* SPDX-License-Identifier: MIT
 * The ladder, drawn: at most 96 columns, of which 14 are for the time. */
#include "experiments/ladder.h"

#include "results/results.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

enum { INSIDE = 70, TIME = 13, TEXT_MAX = 1100 };

struct strokes {
    const char *post, *dash, *left, *right;
};

static const struct strokes ascii = {"|", "-", "<", ">"};
static const struct strokes boxes = {"│", "─", "◄", "►"};

static const struct strokes *strokes_of(const struct ladder *ladder)
{
    return ladder->unicode ? &boxes : &ascii;
}

/* One line between the posts; `text` is ASCII, so that octets are columns. */
static void line(const struct ladder *ladder, const char *time, const char *text)
{
    const char *post = strokes_of(ladder)->post;
    (void)fprintf(ladder->out, "%*s %s %-*.*s %s\n", TIME, time, post, INSIDE - 2, INSIDE - 2, text,
                  post);
}

static void arrow(const struct ladder *ladder, const char *time, bool to_gateway)
{
    const struct strokes *s = strokes_of(ladder);
    (void)fprintf(ladder->out, "%*s %s%s", TIME, time, s->post, to_gateway ? s->dash : s->left);
    for (int i = 0; i < INSIDE - 2; i++)
        (void)fputs(s->dash, ladder->out);
    (void)fprintf(ladder->out, "%s%s\n", to_gateway ? s->right : s->dash, s->post);
}

void ladder_open(struct ladder *ladder, FILE *out, const char *client, const char *network,
                 const char *gateway)
{
    *ladder = (struct ladder){.out = out};
    (void)setlocale(LC_CTYPE, "");
    ladder->unicode = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    (void)setlocale(LC_CTYPE, "C");

    const int client_len = (int)strlen(client);
    const int gateway_len = (int)strlen(gateway);
    const int network_len = (int)strlen(network);
    const int between = INSIDE + 2 - client_len - gateway_len - network_len;
    const int left = between > 2 ? between / 2 : 1;
    const int right = between > 2 ? between - left : 1;
    (void)fprintf(out, "\n%*s %s%*s%s%*s%s\n", TIME, "", client, left, "", network, right, "",
                  gateway);
    line(ladder, "", "");
}

/* The payloads, as many on a line as fit. */
static void payloads(const struct ladder *ladder, const char *text)
{
    char row[INSIDE + 1];
    size_t len = 0;
    for (const char *word = text; *word != '\0';) {
        const size_t word_len = strcspn(word, " ");
        const size_t shown = word_len < INSIDE - 4 ? word_len : INSIDE - 4;
        if (len > 0 && len + 1 + shown > INSIDE - 2) {
            line(ladder, "", row);
            len = 0;
        }
        len += (size_t)snprintf(row + len, sizeof row - len, "%s%.*s", len > 0 ? " " : "  ",
                                (int)shown, word);
        word += word_len + strspn(word + word_len, " ");
    }
    if (len > 0)
        line(ladder, "", row);
}

/* "IKE_SA_INIT     req 0  SAi1 KEi Ni": its parts. False when a line is not so. */
struct parts {
    int exchange_len;
    bool request;
    unsigned long number;
    const char *payloads;
};

static bool parts_of(const char *text, struct parts *out)
{
    out->exchange_len = (int)strcspn(text, " ");
    const char *word = text + out->exchange_len;
    word += strspn(word, " ");
    out->request = strncmp(word, "req ", 4) == 0;
    if (!out->request && strncmp(word, "rsp ", 4) != 0)
        return false;
    char *end = NULL;
    out->number = strtoul(word + 4, &end, 10);
    out->payloads = end + strspn(end, " ");
    return end > word + 4;
}

void ladder_draw(struct ladder *ladder, const struct ladder_message *message)
{
    char title[TEXT_MAX];
    char size[48];
    char time[TIME + 12];
    struct parts parts = {.payloads = ""};
    const bool named = parts_of(message->text, &parts);

    (void)snprintf(time, sizeof time, "%.3f ms", (double)message->at_ns / 1e6);
    if (named)
        (void)snprintf(title, sizeof title, "%.*s %s, message id %lu", parts.exchange_len,
                       message->text, parts.request ? "request" : "response", parts.number);
    else
        (void)snprintf(title, sizeof title, "%s", message->text);
    const bool plain = strcmp(message->fate, "accepted") == 0 || strcmp(message->fate, "sent") == 0;
    (void)snprintf(size, sizeof size, "%s%.24s%s%zu octets", plain ? "" : "[",
                   plain ? "" : message->fate, plain ? "" : "] ", message->len);
    const int room = INSIDE - 3 - (int)strlen(size);
    char heading[INSIDE + TEXT_MAX];
    (void)snprintf(heading, sizeof heading, "%-*.*s %s", room, room, title, size);
    line(ladder, "", heading);
    arrow(ladder, time, message->inbound);
    if (named)
        payloads(ladder, parts.payloads);
    line(ladder, "", "");
    if (ladder->count++ == 0)
        ladder->first_ns = message->at_ns;
    ladder->last_ns = message->at_ns;
}

void ladder_close(struct ladder *ladder)
{
    (void)fprintf(ladder->out, "%*s %u message%s, seen at the gateway", TIME, "", ladder->count,
                  ladder->count == 1 ? "" : "s");
    if (ladder->count > 1)
        (void)fprintf(ladder->out, ", %.3f ms from the first to the last",
                      (double)(ladder->last_ns - ladder->first_ns) / 1e6);
    (void)fputs("\n", ladder->out);
}

static void draw_row(void *owner, const struct results_message *row)
{
    const struct ladder_message message = {.at_ns = row->at_ns,
                                           .inbound = row->inbound,
                                           .len = row->bytes.len,
                                           .text = row->text,
                                           .fate = row->fate};
    ladder_draw(owner, &message);
}

bool ladder_print(const struct study *study, const char *db_path, FILE *out, char *error)
{
    static struct model_world_config config;
    struct ladder ladder;
    char network[96] = "";
    char delay[32];
    study_config(study, 0, &config);
    const char *via = config.client_count > 0 ? config.clients[0].via : "";
    for (uint32_t i = 0; i < config.link_count; i++) {
        if (strcmp(config.links[i].name, via) != 0)
            continue;
        model_quantity_format(KIND_TIME, config.links[i].delay.ns, delay, sizeof delay);
        (void)snprintf(network, sizeof network, "%.40s: %.30s each way", via, delay);
    }
    ladder_open(&ladder, out, config.client_count > 0 ? config.clients[0].name : "clients", network,
                config.gateway_count > 0 ? config.gateways[0].name : "gateway");
    const bool good = results_messages(db_path, 0, draw_row, &ladder, error);
    ladder_close(&ladder);
    return good;
}
