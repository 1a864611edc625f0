/* SPDX-License-Identifier: MIT
 * libFuzzer's door to the octets of a TCP connection: whatever comes, in whatever
 * pieces, the room holds, what is taken was pushed, and a broken stream stays so.
 * The first octet of an input says how long the pieces are, and from whom. */
#include "ike/stream.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

static void require(bool held)
{
    if (!held)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    static uint8_t room[IKE_FRAME_MAX];
    static const enum ike_why says[] = {WHY_OK, WHY_ESP, WHY_SYNTAX, WHY_NAT_KEEPALIVE,
                                        WHY_BAD_ICV};
    struct ike_reader r = rd_open((struct ike_bytes){.at = at, .len = len});
    const uint8_t how = rd_u8(&r);
    const size_t piece = (size_t)1 + (how >> 1);
    struct ike_deframer d;
    size_t pushed = 0, taken = 0;
    ike_deframer_open(&d, room, sizeof room, (how & 1) != 0);
    while (r.left > 0) {
        const struct ike_bytes next = {.at = r.at, .len = r.left < piece ? r.left : piece};
        const size_t took = ike_deframer_push(&d, next);
        struct ike_bytes message;
        pushed += took;
        require(took > 0 || d.broken);
        require(took <= next.len && d.len <= d.max && d.begin <= d.len);
        while (ike_deframer_take(&d, &message)) {
            require(!d.broken && message.len > 0);
            taken += message.len + IKE_FRAME_HEAD;
            require(taken <= pushed);
            ike_deframer_judge(&d, says[message.at[0] % (sizeof says / sizeof says[0])]);
        }
        if (d.broken) {
            require(ike_deframer_push(&d, next) == 0 && !ike_deframer_take(&d, &message));
            break;
        }
        rd_skip(&r, took);
    }
    return 0;
}
