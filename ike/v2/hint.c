/* SPDX-License-Identifier: MIT
 * Hints: whom one is about, and whether it is worth a question. */
#include "ike/v2/hint.h"

#include "ike/engine.h"
#include "ike/v2/task.h"
#include "ike/v2/wire.h"

/* ---- by address ---- */

static bool are_kept(const struct ike_engine *engine)
{
    return engine->peers.digests != NULL;
}

bool ike_peers_open(struct ike_engine *engine)
{
    struct ike_peers *const peers = &engine->peers;
    if (engine->config.hint_ns == 0)
        return true;
    peers->digests = ike_reserve((size_t)engine->config.sa_max + 1, sizeof *peers->digests);
    return ike_index_open(&peers->index, engine->config.sa_max) && peers->digests != NULL;
}

void ike_peers_close(struct ike_engine *engine)
{
    struct ike_peers *const peers = &engine->peers;
    if (peers->index.heads != NULL)
        ike_index_close(&peers->index);
    ike_unreserve(peers->digests, (size_t)engine->config.sa_max + 1, sizeof *peers->digests);
}

/* Never nought, by a bit that tells no chains apart. */
static uint64_t digest_of(const struct ike_engine *engine, const struct ike_addr *peer)
{
    const uint8_t octets[2] = {(uint8_t)(peer->port >> 8), (uint8_t)peer->port};
    const struct ike_bytes port = {.at = octets, .len = sizeof octets};
    return ike_digest(engine, ike_addr_ip(peer), port) | UINT64_C(1) << 63;
}

void ike_peers_enter(struct ike_engine *engine, const struct ike_sa *sa)
{
    const uint32_t place = ike_sa_place(sa);
    if (!are_kept(engine))
        return;
    ike_peers_leave(engine, sa);
    engine->peers.digests[place] = digest_of(engine, &sa->remote);
    ike_index_add(&engine->peers.index, engine->peers.digests[place], place);
}

void ike_peers_leave(struct ike_engine *engine, const struct ike_sa *sa)
{
    const uint32_t place = ike_sa_place(sa);
    if (!are_kept(engine) || engine->peers.digests[place] == 0)
        return;
    ike_index_remove(&engine->peers.index, engine->peers.digests[place], place);
    engine->peers.digests[place] = 0;
}

/* ---- a hint ---- */

static bool same_end(const struct ike_addr *said, const struct ike_addr *ours)
{
    return ike_addr_same_ip(said, ours) && (said->port == 0 || said->port == ours->port);
}

/* It is about what this SA may have sent. */
static bool is_about(const struct ike_datagram *about, const struct ike_sa *sa)
{
    return !sa->tcp && same_end(&about->local, &sa->local) && same_end(&about->remote, &sa->remote);
}

/* RFC 7296 2.4: a request that is under way tells more than a hint can, and of who was heard
 * lately by messages that nobody can forge a hint says nothing; which is the limit to how often. */
static enum ike_why judge(const struct ike_engine *engine, const struct ike_sa *sa, uint64_t now_ns)
{
    if (sa->state != S_ESTABLISHED || ike_tasks_under_way(engine, sa) > 0)
        return WHY_HINT_BUSY;
    return now_ns - sa->heard_ns < engine->config.hint_ns ? WHY_HINT_EARLY : WHY_OK;
}

/* What the octets of ours that are quoted tell: *spi_i and *spi_r of an IKE message, with *ours
 * among them, or all 0, since they are too few, ESP, or a keepalive. */
struct quote {
    uint64_t spi_i, spi_r;
    uint64_t ours;
};

static enum ike_why quote_read(const struct ike_datagram *about, struct quote *out)
{
    struct ike_reader r = rd_open(about->bytes);
    *out = (struct quote){0};
    if (about->local.port == 0) /* ESP, not in UDP */
        return WHY_OK;
    if (about->local.port == IKE_PORT_NAT && (rd_u32(&r) != 0 || r.bad))
        return WHY_OK;
    const uint64_t spi_i = rd_u64(&r);
    const uint64_t spi_r = rd_u64(&r);
    rd_skip(&r, 1);
    const uint8_t version = rd_u8(&r);
    rd_skip(&r, 1);
    const uint8_t flags = rd_u8(&r);
    if (r.bad)
        return WHY_OK;
    if (version >> 4 != IKE_VERSION_2 >> 4 || spi_i == 0)
        return WHY_HINT_SYNTAX;
    *out = (struct quote){
        .spi_i = spi_i, .spi_r = spi_r, .ours = (flags & FLAG_INITIATOR) != 0 ? spi_i : spi_r};
    return out->ours != 0 ? WHY_OK : WHY_HINT_UNKNOWN; /* a refusal of ours, say */
}

/* In the first message the responder's SPI is not there yet (RFC 7296 2.6). */
static enum ike_why by_spis(const struct ike_engine *engine, const struct ike_datagram *about,
                            const struct quote *quote, struct ike_sa **out)
{
    struct ike_sa *const sa = ike_sa_by_spi(engine, quote->ours);
    if (sa == NULL || sa->spi_i != quote->spi_i ||
        (quote->spi_r != 0 && sa->spi_r != quote->spi_r) || !is_about(about, sa))
        return WHY_HINT_UNKNOWN;
    *out = sa;
    return WHY_OK;
}

/* The first SA between these ends that may be asked; else why the last one may not. */
static enum ike_why by_address(const struct ike_engine *engine, uint64_t now_ns,
                               const struct ike_datagram *about, struct ike_sa **out)
{
    const uint64_t digest = digest_of(engine, &about->remote);
    enum ike_why why = WHY_HINT_UNKNOWN;
    uint32_t place = ike_index_first(&engine->peers.index, digest);
    for (uint32_t looks = 0; place != 0 && looks < IKE_HINT_LOOKS;) {
        struct ike_sa *const sa = ike_sa_at(engine, place);
        place = ike_index_next(&engine->peers.index, place);
        if (!is_about(about, sa))
            continue;
        looks++;
        *out = sa;
        if ((why = judge(engine, sa, now_ns)) == WHY_OK)
            return WHY_OK;
    }
    return why;
}

/* Of ESP without UDP it is not said by which ports its IKE SA goes. */
static enum ike_why by_any_port(const struct ike_engine *engine, uint64_t now_ns,
                                const struct ike_datagram *about, struct ike_sa **out)
{
    static const uint16_t ports[] = {IKE_PORT_NAT, IKE_PORT};
    struct ike_datagram with = *about;
    enum ike_why why = WHY_HINT_UNKNOWN;
    if (about->remote.port != 0)
        return by_address(engine, now_ns, about, out);
    for (size_t i = 0; i < sizeof ports / sizeof ports[0] && why == WHY_HINT_UNKNOWN; i++) {
        with.remote.port = ports[i];
        why = by_address(engine, now_ns, &with, out);
    }
    return why;
}

enum ike_why ike_hint(struct ike_engine *engine, uint64_t now_ns, const struct ike_datagram *about)
{
    struct quote quote;
    struct ike_sa *sa = NULL;
    if (engine->config.hint_ns == 0)
        return WHY_HINT_UNHEEDED;
    enum ike_why why = quote_read(about, &quote);
    if (why == WHY_OK && quote.ours == 0)
        why = by_any_port(engine, now_ns, about, &sa);
    else if (why == WHY_OK && (why = by_spis(engine, about, &quote, &sa)) == WHY_OK)
        why = judge(engine, sa, now_ns);
    if (why != WHY_OK)
        return why;
    return ike_probe(engine, now_ns, sa->number) ? WHY_OK : WHY_SA_TABLE_FULL;
}
