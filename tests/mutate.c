/* SPDX-License-Identifier: MIT
 * One row of a table changed in a running test program, for tests/mutate.py, which preloads this:
 * IKELAB_MUTATE=ADDRESS:OCTETS[:ONLY], all in hexadecimal, the address as the program's symbols
 * have it. "^" before the octets: these bits are flipped. Where there is something else than ONLY,
 * or, with "!" before it, just that, or no change at all, the program ends with 99. */
#include <assert.h>
#include <link.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { OCTETS_MAX = 8, NOTHING_TO_DO = 99 };

/* The first object told of is the program; where it was loaded is all that is wanted. */
static int note_base(struct dl_phdr_info *info, size_t len, void *base)
{
    (void)len;
    *(uintptr_t *)base = info->dlpi_addr;
    return 1;
}

/* Constants become variables. */
static uint8_t *writable(uintptr_t at, size_t len)
{
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    const uintptr_t from = at / page * page;
    uint8_t *pages;
    memcpy(&pages, &from, sizeof pages);
    if (mprotect(pages, at + len - from, PROT_READ | PROT_WRITE) != 0)
        abort();
    return pages + (at - from);
}

/* Octets of so many digits at the front of `text`. */
static size_t read_octets(const char *text, uint8_t *out)
{
    unsigned octet;
    size_t len = 0;
    while (len < OCTETS_MAX && sscanf(text + 2 * len, "%2x", &octet) == 1)
        out[len++] = (uint8_t)octet;
    return len;
}

static bool is_wanted(const char *only, const uint8_t *there, size_t len)
{
    uint8_t octets[OCTETS_MAX];
    if (only == NULL)
        return true;
    const bool other = only[1] == '!';
    assert(read_octets(only + 1 + other, octets) == len);
    return (memcmp(octets, there, len) == 0) != other;
}

__attribute__((constructor)) static void mutate(void)
{
    const char *const wish = getenv("IKELAB_MUTATE");
    uint8_t octets[OCTETS_MAX];
    uintptr_t base = 0;
    if (wish == NULL)
        return;
    const char *const change = strchr(wish, ':');
    assert(change != NULL);
    const bool flip = change[1] == '^';
    const size_t len = read_octets(change + 1 + flip, octets);
    dl_iterate_phdr(note_base, &base);
    uint8_t *const out = writable(base + strtoul(wish, NULL, 16), len);
    for (size_t i = 0; flip && i < len; i++)
        octets[i] ^= out[i];
    if (!is_wanted(strchr(change + 1, ':'), out, len) || memcmp(out, octets, len) == 0)
        _exit(NOTHING_TO_DO);
    memcpy(out, octets, len);
}
