/* SPDX-License-Identifier: MIT
 * Writing a tree back as YAML: the canonical text that is stored, hashed and
 * handed to workers. The same tree is always the same text. */
#include "experiments/tree.h"

#include <stdlib.h>
#include <string.h>

/* A text that grows at its end. */
struct growing {
    char *text;
    size_t len, room;
};

static void add(struct growing *g, const char *text, size_t len)
{
    if (g->len + len + 1 > g->room) {
        g->room = (g->len + len + 1) * 2;
        g->text = realloc(g->text, g->room);
        if (g->text == NULL)
            abort();
    }
    memcpy(g->text + g->len, text, len);
    g->len += len;
    g->text[g->len] = '\0';
}

static void add_text(struct growing *g, const char *text)
{
    add(g, text, strlen(text));
}

static bool is_letter_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Texts that mean themselves anywhere in YAML. Others are quoted; quoting too much does no harm. */
static bool needs_no_quotes(const char *text)
{
    const size_t len = strlen(text);
    if (len == 0 || !(is_letter_or_digit(text[0]) || text[0] == '/' || text[0] == '.'))
        return false;
    if (text[len - 1] == ' ')
        return false;
    for (size_t i = 0; i < len; i++)
        if (!is_letter_or_digit(text[i]) && strchr("_./+%- ", text[i]) == NULL)
            return false;
    return true;
}

static void add_scalar(struct growing *g, const char *text)
{
    if (needs_no_quotes(text)) {
        add_text(g, text);
        return;
    }
    add_text(g, "\"");
    for (const char *c = text; *c != '\0'; c++) {
        static const char digits[] = "0123456789abcdef";
        const unsigned char octet = (unsigned char)*c;
        const char escaped[] = {'\\', 'x', digits[octet >> 4], digits[octet & 15], '\0'};
        if (*c == '"' || *c == '\\')
            add(g, "\\", 1);
        if (octet < 0x20 || octet == 0x7F)
            add_text(g, escaped);
        else
            add(g, c, 1);
    }
    add_text(g, "\"");
}

static void add_flow(struct growing *g, const struct tree *node)
{
    if (node->kind == TREE_TEXT) {
        add_scalar(g, node->text);
        return;
    }
    add_text(g, node->kind == TREE_LIST ? "[" : "{");
    for (const struct tree *child = node->first; child != NULL; child = child->next) {
        if (node->kind == TREE_MAP) {
            add_scalar(g, child->key);
            add_text(g, ": ");
        }
        add_flow(g, child);
        add_text(g, child->next != NULL ? ", " : "");
    }
    add_text(g, node->kind == TREE_LIST ? "]" : "}");
}

static void add_block(struct growing *g, const struct tree *map, uint32_t indent,
                      bool (*skip)(const char *key))
{
    for (const struct tree *child = map->first; child != NULL; child = child->next) {
        if (skip != NULL && skip(child->key))
            continue;
        for (uint32_t i = 0; i < indent; i++)
            add_text(g, "  ");
        add_scalar(g, child->key);
        add_text(g, ":");
        if (child->kind == TREE_MAP && child->first != NULL) {
            add_text(g, "\n");
            add_block(g, child, indent + 1, NULL);
        } else {
            add_text(g, " ");
            add_flow(g, child);
            add_text(g, "\n");
        }
    }
}

static char *finish(struct arena *arena, struct growing *g)
{
    char *text = arena_copy(arena, g->text, g->len);
    free(g->text);
    return text;
}

char *tree_flow(struct arena *arena, const struct tree *node)
{
    struct growing g = {0};
    add_flow(&g, node);
    return finish(arena, &g);
}

char *tree_write(struct arena *arena, const struct tree *root, bool (*skip)(const char *key))
{
    struct growing g = {0};
    add_text(&g, "");
    add_block(&g, root, 0, skip);
    return finish(arena, &g);
}
