/* SPDX-License-Identifier: MIT
 * A mutator for inputs made of pieces, each an octet that says what it is, two
 * octets of length and so many octets, which may be such pieces again. Pieces
 * are changed, dropped, doubled and exchanged as a whole, so that lengths stay
 * right; and now and then libFuzzer has its own way with all of it. */
#include "ike/bytes.h"
#include "tests/fuzz_pieces.h"

#include <stdlib.h>

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed);

enum { PIECES_MAX = 64, HEAD = 3, ROOM = 65536 + HEAD };

struct span {
    size_t at;
    size_t len; /* with its head */
};

static uint64_t state;

static size_t draw(size_t below)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return below > 0 ? (size_t)(state >> 33) % below : 0;
}

/* Whole pieces from `at` on. */
static size_t find_pieces(const uint8_t *data, struct span all, struct span *out)
{
    size_t count = 0;
    size_t at = all.at;
    const size_t end = all.at + all.len;
    while (at + HEAD <= end && count < PIECES_MAX) {
        const size_t len = HEAD + ((size_t)data[at + 1] << 8 | data[at + 2]);
        if (len > end - at)
            break;
        out[count++] = (struct span){.at = at, .len = len};
        at += len;
    }
    return count;
}

/* Puts `len` octets in the place of a span; the size afterwards, unchanged when it does not fit. */
static size_t replace(uint8_t *data, size_t size, size_t max, struct span old, struct ike_bytes by)
{
    if (size - old.len + by.len > max)
        return size;
    memmove(data + old.at + by.len, data + old.at + old.len, size - old.at - old.len);
    if (by.len > 0)
        memcpy(data + old.at, by.at, by.len);
    return size - old.len + by.len;
}

/* A piece with other contents: deeper pieces where the target has any, else octets. */
static struct ike_bytes change(const uint8_t *piece, size_t len, int depth)
{
    static uint8_t room[2][ROOM];
    uint8_t *const out = room[depth];
    struct span inner[PIECES_MAX];
    memcpy(out, piece, len);
    const size_t skip = HEAD + (depth == 0 ? fuzz_piece_skips(piece[0]) : 0);
    const struct span rest = {.at = skip, .len = len > skip ? len - skip : 0};
    const size_t count = depth == 0 && len > skip ? find_pieces(out, rest, inner) : 0;
    size_t now = len;
    if (count > 0 && draw(4) != 0) {
        const struct span one = inner[draw(count)];
        now = replace(out, len, ROOM - 1, one, change(out + one.at, one.len, 1));
    } else if (draw(6) == 0) {
        out[0] = (uint8_t)draw(fuzz_piece_kinds);
    } else {
        now = HEAD + LLVMFuzzerMutate(out + HEAD, len - HEAD, len - HEAD + 16);
    }
    out[1] = (uint8_t)((now - HEAD) >> 8);
    out[2] = (uint8_t)(now - HEAD);
    return (struct ike_bytes){.at = out, .len = now};
}

static size_t rearrange(uint8_t *data, size_t size, size_t max, struct span a, struct span b)
{
    static uint8_t room[2 * ROOM];
    switch (draw(4)) {
    case 0:
        return replace(data, size, max, a, (struct ike_bytes){0});
    case 1: /* the other one goes before this one */
        memcpy(room, data + b.at, b.len);
        a.len = 0;
        return replace(data, size, max, a, (struct ike_bytes){.at = room, .len = b.len});
    case 2: /* and takes its place */
        memcpy(room, data + b.at, b.len);
        return replace(data, size, max, a, (struct ike_bytes){.at = room, .len = b.len});
    default:
        memcpy(room, data + a.at, a.len);
        memcpy(room + a.len, data + a.at, a.len);
        return replace(data, size, max, a, (struct ike_bytes){.at = room, .len = 2 * a.len});
    }
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
    struct span pieces[PIECES_MAX];
    state = seed;
    const size_t head = size < fuzz_head ? size : fuzz_head;
    const size_t count = find_pieces(data, (struct span){.at = head, .len = size - head}, pieces);
    if (count == 0 || draw(16) == 0)
        return LLVMFuzzerMutate(data, size, max);
    if (head > 0 && draw(16) == 0) {
        (void)LLVMFuzzerMutate(data, head, head);
        return size;
    }
    const struct span a = pieces[draw(count)];
    const struct span b = pieces[draw(count)];
    if (draw(3) == 0)
        return rearrange(data, size, max, a, b);
    return replace(data, size, max, a, change(data + a.at, a.len, 0));
}
