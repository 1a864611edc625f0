/* SPDX-License-Identifier: MIT
 * libFuzzer's door to captures that others wrote: the file's form, the layers
 * of a packet, and the tree of what is in it. */
#include "experiments/inspect_print.h"
#include "results/datagram_read.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

static void require(bool held)
{
    if (!held)
        abort();
}

/* A copy that ends where its memory ends. */
static void eat_message(struct ike_bytes message, FILE *nowhere)
{
    uint8_t *const copy = malloc(message.len > 0 ? message.len : 1);
    require(copy != NULL);
    if (message.len > 0)
        memcpy(copy, message.at, message.len);
    struct inspect_print print = {.out = nowhere, .whole = {.at = copy, .len = message.len}};
    struct ike_message m;
    inspect_tree(&print);
    require(ike_message_parse(print.whole, &m) == WHY_OK || print.errors > 0);
    free(copy);
}

static void eat_packet(const struct results_packet *packet, size_t len, FILE *nowhere)
{
    struct results_datagram d;
    results_datagram_read(packet, &d);
    require(packet->offset <= len && packet->bytes.len <= len - packet->offset);
    require(d.offset >= packet->offset && d.offset <= packet->offset + packet->bytes.len);
    require((d.kind == DATAGRAM_BAD) == (d.error != NULL));
    if (d.kind == DATAGRAM_UDP)
        eat_message(d.bytes, nowhere);
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    static FILE *nowhere;
    char error[RESULTS_ERROR_MAX] = "";
    struct results_packet packet = {.number = 0};
    uint64_t count = 0;
    if (nowhere == NULL)
        nowhere = fopen("/dev/null", "w");
    uint8_t *const copy = malloc(len + 1);
    require(copy != NULL && nowhere != NULL);
    memcpy(copy, at, len);
    FILE *const file = fmemopen(copy, len > 0 ? len : 1, "rb");
    require(file != NULL);
    struct results_reader *const r = len > 0 ? results_reader_open(file, error) : NULL;
    enum results_read got = READ_BROKEN;
    while (r != NULL && (got = results_reader_next(r, &packet)) == READ_PACKET) {
        require(packet.number == ++count);
        eat_packet(&packet, len, nowhere);
    }
    require(r == NULL || (got == READ_BROKEN) == (results_reader_error(r)[0] != '\0'));
    require(r == NULL || results_reader_next(r, &packet) == got);
    if (r != NULL)
        results_reader_close(r);
    require(r != NULL || len == 0 || error[0] != '\0');
    (void)fclose(file);
    free(copy);
    return 0;
}
