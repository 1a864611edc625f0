/* SPDX-License-Identifier: MIT
 * `ikelab inspect`: other people's captures, read with the engine's own parser. */
#include "experiments/commands.h"
#include "experiments/inspect_print.h"
#include "ike/crypto.h"
#include "ike/ike.h"
#include "ike/v2/describe.h"
#include "ike/v2/message.h"
#include "results/datagram_read.h"
#include "results/keys_read.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { ENDPOINT_TEXT = IKE_ADDR_TEXT + 10 };

struct inspection {
    const struct options *options;
    uint64_t first_ns;         /* of the first packet: times are told from there */
    struct results_keys *keys; /* NULL: none given */
    struct ike_crypto *crypto;
    uint64_t packets;
    uint64_t bad; /* messages and packets in which something is wrong */
};

/* "192.0.2.1:500", "[2001:db8::1]:500" */
static void endpoint(const struct ike_addr *addr, char *out)
{
    char text[IKE_ADDR_TEXT];
    ike_addr_format(addr, text);
    (void)snprintf(out, ENDPOINT_TEXT, addr->family == IKE_IPV6 ? "[%s]:%u" : "%s:%u", text,
                   addr->port);
}

/* "    3     0.040251000  192.0.2.1:500 > 192.0.2.9:500  " */
static void print_where(const struct inspection *x, const struct results_packet *packet,
                        const struct results_datagram *d)
{
    const bool early = packet->at_ns < x->first_ns;
    const uint64_t ns = early ? x->first_ns - packet->at_ns : packet->at_ns - x->first_ns;
    (void)printf("%5" PRIu64 " %s%5" PRIu64 ".%09" PRIu64 "  ", packet->number, early ? "-" : " ",
                 ns / 1000000000, ns % 1000000000);
    if (d->from.family == 0)
        return;
    char from[ENDPOINT_TEXT];
    char to[ENDPOINT_TEXT];
    endpoint(&d->from, from);
    endpoint(&d->to, to);
    (void)printf("%s > %s  ", from, to);
}

static bool either(const struct results_datagram *d, uint16_t port)
{
    return port != 0 && (d->from.port == port || d->to.port == port);
}

/* On a port of one's own the non-ESP marker tells itself: an SPI of the initiator is never zero
 * (RFC 7296 3.1, RFC 3948 2.2). */
static bool has_marker(const struct results_datagram *d)
{
    struct ike_reader r = rd_open(d->bytes);
    return either(d, IKE_PORT_NAT) || (!either(d, IKE_PORT) && d->bytes.len > 4 && rd_u32(&r) == 0);
}

/* The message without its marker; empty when the datagram is ESP or a keepalive (RFC 3948 2). */
static struct ike_bytes message_of(const struct results_datagram *d, bool marker)
{
    struct ike_reader r = rd_open(d->bytes);
    if (!marker)
        return d->bytes;
    return rd_u32(&r) == 0 && !r.bad ? rd_rest(&r) : (struct ike_bytes){.at = NULL, .len = 0};
}

static bool is_version_1(struct ike_bytes message)
{
    struct ike_header head;
    return ike_header_parse(message, &head) != WHY_OK && head.version >> 4 == 1;
}

static void inspect_message(struct inspection *x, const struct results_packet *packet,
                            const struct results_datagram *d)
{
    static struct ike_message m;
    static struct inspect_joined joined;
    struct inspect_print print = {.out = stdout, .crypto = x->crypto, .joined = &joined};
    char text[IKE_DESCRIBE_TEXT];
    const bool marker = has_marker(d);
    const struct ike_bytes message = message_of(d, marker);
    print_where(x, packet, d);
    (void)ike_header_parse(message, &m.head);
    print.keys = results_keys_find(x->keys, m.head.spi_i, m.head.spi_r);
    if (is_version_1(message)) {
        (void)printf("IKEv1, not read here\n");
        return;
    }
    (void)ike_describe(d->bytes, marker, print.keys, x->crypto, text);
    (void)printf("%s\n", text);
    if (message.at == NULL)
        return;
    print.whole = message;
    if (!x->options->summary)
        inspect_tree(&print);
    if (print.errors > 0 || ike_message_parse(message, &m) != WHY_OK)
        x->bad++;
}

static void inspect_packet(struct inspection *x, const struct results_packet *packet)
{
    struct results_datagram d;
    results_datagram_read(packet, &d);
    if (x->packets++ == 0)
        x->first_ns = packet->at_ns;
    if (d.kind == DATAGRAM_BAD) {
        print_where(x, packet, &d);
        (void)printf("byte %" PRIu64 ": %s\n", d.offset, d.error);
        x->bad++;
    } else if (d.kind == DATAGRAM_FRAGMENT) {
        print_where(x, packet, &d);
        (void)printf("IP fragment at %" PRIu32 ", %zu octets, not put together\n", d.fragment_at,
                     d.bytes.len);
    } else if (d.kind == DATAGRAM_UDP &&
               (either(&d, IKE_PORT) || either(&d, IKE_PORT_NAT) || either(&d, x->options->port))) {
        inspect_message(x, packet, &d);
    }
}

/* The status: what came before the end of a broken file has been printed by then. */
static int inspect_file(struct inspection *x, FILE *file, const char *path)
{
    char error[RESULTS_ERROR_MAX] = "";
    struct results_packet packet;
    struct results_reader *const reader = results_reader_open(file, error);
    if (reader == NULL) {
        (void)fprintf(stderr, "ikelab: %s: %s\n", path, error);
        return EXIT_USAGE;
    }
    enum results_read got;
    while ((got = results_reader_next(reader, &packet)) == READ_PACKET)
        inspect_packet(x, &packet);
    (void)fflush(stdout);
    if (got == READ_BROKEN)
        (void)fprintf(stderr, "ikelab: %s: %s\n", path, results_reader_error(reader));
    results_reader_close(reader);
    if (got == READ_BROKEN)
        return EXIT_USAGE;
    return x->bad > 0 ? EXIT_FAILED : EXIT_DONE;
}

/* Nothing is sealed here, so nothing is drawn. */
static void no_random(void *owner, uint8_t *out, size_t len)
{
    (void)owner;
    memset(out, 0, len);
}

/* False after saying what is wrong with the table. */
static bool keys_load(struct inspection *x, const char *path)
{
    char error[RESULTS_ERROR_MAX] = "";
    FILE *const file = fopen(path, "rb");
    if (file == NULL) {
        (void)fprintf(stderr, "ikelab: %s cannot be read: %s\n", path, strerror(errno));
        return false;
    }
    x->keys = results_keys_open(file, error);
    (void)fclose(file);
    if (x->keys == NULL)
        (void)fprintf(stderr, "ikelab: %s: %s\n", path, error);
    else
        x->crypto = ike_crypto_openssl((struct ike_random){.fill = no_random});
    return x->keys != NULL && x->crypto != NULL;
}

static void print_help(void)
{
    (void)printf(
        "Usage: ikelab inspect FILE [--summary] [--keys FILE] [--port N]\n\n"
        "Reads a capture, pcap or pcapng, with the engine's own parser and prints the IKEv2 "
        "messages\n"
        "in it. FILE may be - for standard input. Exit status: 0 all is well, 1 a message is\n"
        "malformed, 2 the file is no capture or ends too early.\n\n"
        "Without --summary each message is followed by its payloads, with their offset in it; "
        "lines\n"
        "with ! explain what is wrong, those with ? what a receiver ignores.\n");
    options_help(OPTION_INSPECT);
}

int command_inspect(int argc, char **argv)
{
    struct options options;
    struct inspection x = {.options = &options};
    if (!options_read(&options, argc, argv, OPTION_INSPECT))
        return EXIT_USAGE;
    if (options.help) {
        print_help();
        return EXIT_DONE;
    }
    if (options.word_count != 1) {
        (void)fprintf(stderr, "ikelab inspect: name one capture\n");
        return EXIT_USAGE;
    }
    const char *const path = options.words[0];
    const bool standard = strcmp(path, "-") == 0;
    FILE *const file = standard ? stdin : fopen(path, "rb");
    if (file == NULL) {
        (void)fprintf(stderr, "ikelab: %s cannot be read: %s\n", path, strerror(errno));
        return EXIT_USAGE;
    }
    const bool ready = options.keys == NULL || keys_load(&x, options.keys);
    const int status = ready ? inspect_file(&x, file, path) : EXIT_USAGE;
    if (x.crypto != NULL)
        x.crypto->ops->close(x.crypto);
    results_keys_close(x.keys);
    if (!standard)
        (void)fclose(file);
    return status;
}
