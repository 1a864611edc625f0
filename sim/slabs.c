/* SPDX-License-Identifier: MIT
 * Slabs of three sizes, each a stretch of reserved address space with a list
 * of those given back; the last given is the first taken, as it is warm. */
#include "sim/slabs.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { HEAD = 16 };

static const size_t class_sizes[SIM_SLAB_SIZES] = {SIM_SLAB_SMALL, SIM_SLAB_MIDDLE, SIM_SLAB_LARGE};

/* Before each slab. */
struct head {
    struct head *next; /* of those given back */
    uint32_t class;
};
_Static_assert(sizeof(struct head) <= HEAD, "the head keeps what follows aligned");

struct slab_class {
    uint8_t *base;
    struct head *given;
    uint32_t fresh; /* from here on never used */
    uint32_t count;
};

struct sim_slabs {
    struct slab_class classes[SIM_SLAB_SIZES];
    uint32_t taken;
};

struct sim_slabs *sim_slabs_open(const uint32_t counts[SIM_SLAB_SIZES])
{
    struct sim_slabs *const s = calloc(1, sizeof *s);
    if (s == NULL)
        return NULL;
    for (uint32_t i = 0; i < SIM_SLAB_SIZES; i++) {
        struct slab_class *const c = &s->classes[i];
        c->count = counts[i];
        if (c->count == 0)
            continue;
        void *const at = mmap(NULL, c->count * class_sizes[i], PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (at == MAP_FAILED) {
            sim_slabs_close(s);
            return NULL;
        }
        c->base = at;
    }
    return s;
}

void sim_slabs_close(struct sim_slabs *slabs)
{
    for (uint32_t i = 0; slabs != NULL && i < SIM_SLAB_SIZES; i++) {
        if (slabs->classes[i].base != NULL)
            (void)munmap(slabs->classes[i].base, slabs->classes[i].count * class_sizes[i]);
    }
    free(slabs);
}

static struct head *class_take(struct slab_class *c, uint32_t class)
{
    struct head *head = c->given;
    if (head != NULL) {
        c->given = head->next;
        return head;
    }
    if (c->fresh == c->count)
        return NULL;
    head = (struct head *)(void *)(c->base + c->fresh++ * class_sizes[class]);
    head->class = class;
    return head;
}

void *sim_slabs_take(struct sim_slabs *slabs, size_t len)
{
    for (uint32_t i = 0; i < SIM_SLAB_SIZES; i++) {
        if (len + HEAD > class_sizes[i])
            continue;
        struct head *const head = class_take(&slabs->classes[i], i);
        if (head == NULL)
            continue; /* a larger one will do */
        slabs->taken++;
        return (uint8_t *)head + HEAD;
    }
    return NULL;
}

void sim_slabs_give(struct sim_slabs *slabs, void *slab)
{
    struct head *const head = (struct head *)(void *)((uint8_t *)slab - HEAD);
    struct slab_class *const c = &slabs->classes[head->class];
    assert(slabs->taken > 0);
    slabs->taken--;
    head->next = c->given;
    c->given = head;
}

uint32_t sim_slabs_taken(const struct sim_slabs *slabs)
{
    return slabs->taken;
}
