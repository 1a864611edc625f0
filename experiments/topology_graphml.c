/* SPDX-License-Identifier: MIT
 * GraphML (graphml.graphdrawing.org) as topology.h has it. The only file that
 * includes expat. */
#include "experiments/topology.h"
#include "models/keys.h"

#include <expat.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { KEYS_MAX = 128, TEXT_MAX = 256, NODES_MAX = 4096 };

/* What is known of nodes and edges. */
enum field { LABEL, LATITUDE, LONGITUDE, DELAY, RATE, SPEED, FIELDS };
static const struct {
    const char *element, *name;
} fields[FIELDS] = {
    [LABEL] = {"node", "label"},         [LATITUDE] = {"node", "Latitude"},
    [LONGITUDE] = {"node", "Longitude"}, [DELAY] = {"edge", "delay"},
    [RATE] = {"edge", "rate"},           [SPEED] = {"edge", "LinkSpeedRaw"},
};

/* <key id="d32" attr.name="Latitude" for="node"/>: data of that id is this field. */
struct key {
    const char *id;
    enum field field;
};

struct thing {
    const char *id;              /* of a node */
    const char *source, *target; /* of an edge: ids */
    const char *fields[FIELDS];
    struct place at;
};

struct graph {
    struct arena *arena;
    struct problems *problems;
    XML_Parser parser;
    const char *source;
    struct key keys[KEYS_MAX];
    size_t key_count;
    struct thing *nodes, *edges; /* NODES_MAX, MODEL_LINKS_MAX */
    size_t node_count, edge_count;
    struct thing *open;     /* the one within which we are */
    const struct key *data; /* the field whose text is coming */
    char text[TEXT_MAX];
    size_t text_len;
};

static struct place here(const struct graph *g)
{
    return (struct place){g->source, (uint32_t)XML_GetCurrentLineNumber(g->parser),
                          (uint32_t)XML_GetCurrentColumnNumber(g->parser) + 1};
}

static const char *attribute(struct graph *g, const char **attributes, const char *name)
{
    for (; attributes[0] != NULL; attributes += 2)
        if (strcmp(attributes[0], name) == 0)
            return arena_copy(g->arena, attributes[1], strlen(attributes[1]));
    return "";
}

static void take_key(struct graph *g, const char **attributes)
{
    const char *const element = attribute(g, attributes, "for");
    const char *const name = attribute(g, attributes, "attr.name");
    for (int field = 0; field < FIELDS; field++)
        if (strcmp(fields[field].element, element) == 0 && strcmp(fields[field].name, name) == 0 &&
            g->key_count < KEYS_MAX)
            g->keys[g->key_count++] =
                (struct key){attribute(g, attributes, "id"), (enum field)field};
}

static void take_node(struct graph *g, const char **attributes)
{
    if (g->node_count == NODES_MAX) {
        problem_add(g->problems, here(g), "has more than %d nodes", NODES_MAX);
        XML_StopParser(g->parser, XML_FALSE);
        return;
    }
    g->open = &g->nodes[g->node_count++];
    g->open->id = attribute(g, attributes, "id");
    g->open->at = here(g);
}

static void take_edge(struct graph *g, const char **attributes)
{
    if (g->edge_count == MODEL_LINKS_MAX) {
        problem_add(g->problems, here(g), "has more than %d edges", MODEL_LINKS_MAX);
        XML_StopParser(g->parser, XML_FALSE);
        return;
    }
    g->open = &g->edges[g->edge_count++];
    g->open->source = attribute(g, attributes, "source");
    g->open->target = attribute(g, attributes, "target");
    g->open->at = here(g);
}

static void take_data(struct graph *g, const char **attributes)
{
    const char *const id = attribute(g, attributes, "key");
    g->data = NULL;
    g->text_len = 0;
    for (size_t i = 0; i < g->key_count && g->open != NULL; i++)
        if (strcmp(g->keys[i].id, id) == 0)
            g->data = &g->keys[i];
}

static void XMLCALL begins(void *owner, const char *name, const char **attributes)
{
    static const struct {
        const char *name;
        void (*take)(struct graph *g, const char **attributes);
    } elements[] = {
        {"key", take_key}, {"node", take_node}, {"edge", take_edge}, {"data", take_data}};
    for (size_t i = 0; i < sizeof elements / sizeof elements[0]; i++)
        if (strcmp(elements[i].name, name) == 0)
            elements[i].take(owner, attributes);
}

static void XMLCALL goes_on(void *owner, const char *text, int len)
{
    struct graph *const g = owner;
    for (int i = 0; i < len && g->data != NULL && g->text_len < TEXT_MAX; i++)
        g->text[g->text_len++] = text[i];
}

static void XMLCALL ends(void *owner, const char *name)
{
    struct graph *const g = owner;
    if (strcmp(name, "data") == 0 && g->data != NULL && g->open != NULL) {
        g->open->fields[g->data->field] = arena_copy(g->arena, g->text, g->text_len);
        g->data = NULL;
    } else if (strcmp(name, "node") == 0 || strcmp(name, "edge") == 0) {
        g->open = NULL;
    }
}

/* ---- links out of it */

static const struct thing *node_of(const struct graph *g, const char *id)
{
    for (size_t i = 0; i < g->node_count; i++)
        if (strcmp(g->nodes[i].id, id) == 0)
            return &g->nodes[i];
    return NULL;
}

/* Its label, if that is a name that no other node has, else its id. */
static const char *name_of(const struct graph *g, const struct thing *node)
{
    const char *const label = node->fields[LABEL];
    if (label == NULL || label[0] == '\0' || strlen(label) >= MODEL_NAME_MAX)
        return node->id;
    for (size_t i = 0; i < g->node_count; i++) {
        const struct thing *const other = &g->nodes[i];
        const char *const theirs = other->fields[LABEL] != NULL ? other->fields[LABEL] : "";
        if (other != node && (strcmp(theirs, label) == 0 || strcmp(other->id, label) == 0))
            return node->id;
    }
    return label;
}

static bool number_of(const char *text, double *out)
{
    char *end;
    *out = text != NULL ? strtod(text, &end) : 0;
    return text != NULL && end != text && *end == '\0' && isfinite(*out);
}

/* Kilometres over a sphere of 6,371 km (haversine). */
static double kilometres(const double from[2], const double to[2])
{
    const double radian = 3.14159265358979323846 / 180;
    const double north = sin((to[0] - from[0]) * radian / 2);
    const double east = sin((to[1] - from[1]) * radian / 2);
    const double part = north * north + cos(from[0] * radian) * cos(to[0] * radian) * east * east;
    return 2 * 6371 * asin(sqrt(part < 1 ? part : 1));
}

/* Light in fibre goes 200 km in a millisecond. NULL: it is not known where they are. */
static const char *delay_between(struct graph *g, const struct thing *a, const struct thing *b)
{
    double from[2];
    double to[2];
    if (!number_of(a->fields[LATITUDE], &from[0]) || !number_of(a->fields[LONGITUDE], &from[1]) ||
        !number_of(b->fields[LATITUDE], &to[0]) || !number_of(b->fields[LONGITUDE], &to[1]))
        return NULL;
    const double tenths = round(kilometres(from, to) / 20);
    return arena_format(g->arena, "%.1fms", tenths < 1 ? 0.1 : tenths / 10);
}

static const char *rate_of(struct graph *g, const struct thing *edge)
{
    char text[32];
    double speed = 0;
    if (edge->fields[RATE] != NULL || edge->fields[SPEED] == NULL)
        return edge->fields[RATE];
    if (!number_of(edge->fields[SPEED], &speed) || speed < 1 || speed > 1e15)
        return edge->fields[SPEED]; /* which will be refused as a rate */
    model_quantity_format(KIND_BITRATE, (uint64_t)speed, text, sizeof text);
    return arena_copy(g->arena, text, strlen(text));
}

static struct tree *links_of(struct graph *g)
{
    struct tree *const links = arena_take(g->arena, sizeof *links);
    links->kind = TREE_MAP;
    links->at = (struct place){g->source, 1, 1};
    for (size_t i = 0; i < g->edge_count; i++) {
        const struct thing *const edge = &g->edges[i];
        const struct thing *const a = node_of(g, edge->source);
        const struct thing *const b = node_of(g, edge->target);
        if (a == NULL || b == NULL) {
            problem_add(g->problems, edge->at, "there is no node \"%.60s\", which an edge names",
                        a == NULL ? edge->source : edge->target);
            continue;
        }
        const struct topology_link link = {name_of(g, a), name_of(g, b),
                                           edge->fields[DELAY] != NULL ? edge->fields[DELAY]
                                                                       : delay_between(g, a, b),
                                           rate_of(g, edge), edge->at};
        (void)topology_add(g->arena, links, &link); /* edges are not more than links may be */
    }
    if (links->first == NULL)
        problem_add(g->problems, links->at, "has no <edge source=… target=…> between its nodes");
    return links->first != NULL ? links : NULL;
}

struct tree *topology_graphml(struct arena *arena, const struct topology_text *file,
                              struct problems *problems)
{
    struct graph *const g = arena_take(arena, sizeof *g);
    *g = (struct graph){.arena = arena, .problems = problems, .source = file->source};
    g->nodes = arena_take(arena, NODES_MAX * sizeof *g->nodes);
    g->edges = arena_take(arena, MODEL_LINKS_MAX * sizeof *g->edges);
    g->parser = XML_ParserCreate(NULL);
    if (g->parser == NULL) {
        problem_add(problems, (struct place){file->source, 0, 0}, "cannot be read: no memory");
        return NULL;
    }
    XML_SetUserData(g->parser, g);
    XML_SetElementHandler(g->parser, begins, ends);
    XML_SetCharacterDataHandler(g->parser, goes_on);
    const enum XML_Status status = XML_Parse(g->parser, file->text, (int)file->len, XML_TRUE);
    const enum XML_Error error = XML_GetErrorCode(g->parser);
    if (status != XML_STATUS_OK && error != XML_ERROR_ABORTED)
        problem_add(problems, here(g), "is no GraphML: %s", XML_ErrorString(error));
    struct tree *const links = status == XML_STATUS_OK ? links_of(g) : NULL;
    XML_ParserFree(g->parser);
    return links;
}
