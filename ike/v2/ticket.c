/* SPDX-License-Identifier: MIT
 * Tickets, after RFC 5723 A.1 and A.2:
 *
 *     by value        version (1) | 0 (3) | key id (8) | IV (8) | sealed session | ICV (16)
 *     by reference    version (1) | 0 (3) | key id (8) | name (8) | until (4) | MAC (16)
 *
 * The key id is the number of a period, for each of which another key is made of
 * the secret, and some octets that only who has the secret can know. */
#include "ike/v2/ticket.h"

#include "ike/engine.h"
#include "ike/v2/keymat.h"

#include <assert.h>
#include <string.h>

enum {
    BY_VALUE = 1, /* versions */
    BY_REFERENCE = 2,
    HEAD_LEN = 12,
    PRINT_LEN = 4,
    KEY_LEN = 32 + 4, /* with its salt */
    MAC_LEN = 16,
    REFERENCE_LEN = HEAD_LEN + 8 + 4 + MAC_LEN,
};
static const uint64_t second_ns = 1000000000;

/* A name of a ticket by value has this bit, one by reference has not. */
static const uint64_t value_bit = UINT64_C(1) << 63;

/* One in the table. Its name is a serial number and its place. */
struct kept {
    uint32_t older, newer;
    uint64_t name; /* 0: the place is free */
    uint64_t until_s;
    uint16_t len;
    uint8_t session[IKE_SESSION_MAX];
};
enum { PLACE_BITS = 24, PLACE_MASK = (1 << PLACE_BITS) - 1 };

/* ---- sessions as octets ---- */

static void put_short(struct ike_writer *w, struct ike_bytes octets)
{
    put_u8(w, (uint8_t)octets.len);
    put_bytes(w, octets);
}

static void put_id(struct ike_writer *w, const struct ike_id *id)
{
    put_u8(w, id->type);
    put_short(w, (struct ike_bytes){.at = id->data, .len = id->len});
}

/*  SPIi (8) | SPIr (8) | until (8) | policy (2) | method (1) | algorithms (5) | SK_d | IDi | IDr
 *  | authenticated as, those with their lengths */
void ike_put_session(struct ike_writer *w, const struct ike_session *session)
{
    const struct ike_suite *const suite = &session->suite;
    const uint8_t rows[] = {suite->encr, suite->prf, suite->integ, suite->ke, suite->esn};
    put_u64(w, session->spi_i);
    put_u64(w, session->spi_r);
    put_u64(w, session->until_s);
    put_u16(w, session->policy);
    put_u8(w, session->method);
    put_bytes(w, (struct ike_bytes){.at = rows, .len = sizeof rows});
    put_short(w, (struct ike_bytes){.at = session->sk_d, .len = session->sk_d_len});
    put_id(w, &session->id_i);
    put_id(w, &session->id_r);
    put_id(w, &session->known_as);
}

static struct ike_id read_id(struct ike_reader *r)
{
    struct ike_id id = {.type = rd_u8(r)};
    const struct ike_bytes data = rd_bytes(r, rd_u8(r));
    r->bad = r->bad || data.len > sizeof id.data;
    if (r->bad)
        return (struct ike_id){.type = 0};
    id.len = (uint8_t)data.len;
    if (data.len > 0)
        memcpy(id.data, data.at, data.len);
    return id;
}

static bool is_row(uint8_t row, uint8_t type)
{
    return row < ike_algo_count && ike_algos[row].type == type;
}

/* Algorithms as an IKE SA has them, with a key of the right length. */
static bool is_whole(const struct ike_session *s)
{
    const struct ike_suite *const suite = &s->suite;
    if (!is_row(suite->encr, TRANSFORM_ENCR) || !is_row(suite->prf, TRANSFORM_PRF))
        return false;
    const bool aead = ike_algo_is_aead(&ike_algos[suite->encr]);
    return (aead ? suite->integ == 0 : is_row(suite->integ, TRANSFORM_INTEG)) &&
           s->sk_d_len == ike_algos[suite->prf].key_len;
}

enum ike_why ike_session_parse(struct ike_reader *r, struct ike_session *out)
{
    *out = (struct ike_session){.spi_i = rd_u64(r)};
    out->spi_r = rd_u64(r);
    out->until_s = rd_u64(r);
    out->policy = rd_u16(r);
    out->method = rd_u8(r);
    out->suite.encr = rd_u8(r);
    out->suite.prf = rd_u8(r);
    out->suite.integ = rd_u8(r);
    out->suite.ke = rd_u8(r);
    out->suite.esn = rd_u8(r);
    const struct ike_bytes sk_d = rd_bytes(r, rd_u8(r));
    out->id_i = read_id(r);
    out->id_r = read_id(r);
    out->known_as = read_id(r);
    if (r->bad || sk_d.len > sizeof out->sk_d || out->method >= SESSION_METHODS)
        return WHY_TICKET_SYNTAX;
    out->sk_d_len = (uint8_t)sk_d.len;
    if (sk_d.len == 0)
        return WHY_OK;
    memcpy(out->sk_d, sk_d.at, sk_d.len);
    return is_whole(out) ? WHY_OK : WHY_TICKET_SYNTAX;
}

/* ---- keys ---- */

static uint64_t lifetime_ns(const struct ike_engine *engine)
{
    const uint64_t ns = engine->config.tickets.lifetime_ns;
    return ns != 0 ? ns : IKE_TICKET_LIFE_NS;
}

static uint64_t period_ns(const struct ike_engine *engine)
{
    const uint64_t ns = engine->config.tickets.key_ns;
    return ns != 0 ? ns : lifetime_ns(engine);
}

static uint32_t period_of(const struct ike_engine *engine, uint64_t now_ns)
{
    return (uint32_t)((engine->config.epoch_s * second_ns + now_ns) / period_ns(engine));
}

/* Of one period and version: what shows the secret, and the key with its salt. */
struct key {
    uint8_t octets[PRINT_LEN + KEY_LEN];
};

static void derive(struct ike_engine *engine, const uint8_t *secret, uint8_t version,
                   uint32_t period, struct key *out)
{
    static const char label[] = "IKEv2 ticket";
    uint8_t room[sizeof label - 1 + 5];
    struct ike_writer w = wr_open(room, sizeof room);
    put_bytes(&w, (struct ike_bytes){.at = (const uint8_t *)label, .len = sizeof label - 1});
    put_u8(&w, version);
    put_u32(&w, period);
    const struct ike_bytes seed = wr_done(&w);
    const struct ike_prf_plus_input plus = {.prf = &ike_algos[ALGO_PRFSHA256],
                                            .key = {.at = secret, .len = IKE_TICKET_SECRET},
                                            .seed = &seed,
                                            .seed_count = 1};
    ike_prf_plus(engine->crypto, &plus, out->octets, sizeof out->octets);
}

static struct ike_seal_keys seal_keys(const struct key *key)
{
    return (struct ike_seal_keys){.encr = &ike_algos[ALGO_AES256GCM16],
                                  .encr_key = {.at = key->octets + PRINT_LEN, .len = KEY_LEN}};
}

static void put_head(struct ike_writer *w, uint8_t version, uint32_t period, const struct key *key)
{
    put_u8(w, version);
    put_u8(w, 0);
    put_u16(w, 0);
    put_u32(w, period);
    put_bytes(w, (struct ike_bytes){.at = key->octets, .len = PRINT_LEN});
}

/* The key that a ticket names; WHY_TICKET_KEY, WHY_TICKET_EXPIRED: none of ours, or of a time all
 * of whose tickets are over. */
static enum ike_why find_key(struct ike_turn *t, uint8_t version, struct ike_reader *r,
                             struct key *out)
{
    struct ike_engine *const engine = t->engine;
    const uint8_t *const secrets[] = {engine->config.tickets.secret, engine->config.tickets.before};
    const uint32_t now = period_of(engine, t->now_ns);
    const uint32_t period = rd_u32(r);
    const struct ike_bytes print = rd_bytes(r, PRINT_LEN);
    if (r->bad)
        return WHY_TICKET_SYNTAX;
    if (period > now)
        return WHY_TICKET_KEY;
    if ((uint64_t)(now - period) > 1 + lifetime_ns(engine) / period_ns(engine))
        return WHY_TICKET_EXPIRED;
    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++) {
        if (secrets[i] == NULL)
            continue;
        derive(engine, secrets[i], version, period, out);
        if (ike_secret_equal(out->octets, print.at, PRINT_LEN))
            return WHY_OK;
    }
    return WHY_TICKET_KEY;
}

/* ---- by reference: the table ---- */

static struct kept *kept_at(const struct ike_engine *engine, uint32_t place)
{
    return ike_pool_at(&engine->tickets.pool, place);
}

/* Place of the one of that name; 0: it is not there. */
static uint32_t find(const struct ike_engine *engine, uint64_t name)
{
    const uint64_t place = name & PLACE_MASK;
    if (name == 0 || place == 0 || place > engine->tickets.pool.high)
        return 0;
    return kept_at(engine, (uint32_t)place)->name == name ? (uint32_t)place : 0;
}

static void remove_kept(struct ike_engine *engine, uint32_t place)
{
    struct ike_tickets *const tickets = &engine->tickets;
    struct kept *const kept = kept_at(engine, place);
    *(kept->older != 0 ? &kept_at(engine, kept->older)->newer : &tickets->oldest) = kept->newer;
    *(kept->newer != 0 ? &kept_at(engine, kept->newer)->older : &tickets->newest) = kept->older;
    ike_secret_wipe(kept, sizeof *kept);
    ike_pool_give(&tickets->pool, place);
}

static uint64_t add_kept(struct ike_turn *t, const struct ike_session *session,
                         struct ike_bytes octets)
{
    struct ike_engine *const engine = t->engine;
    struct ike_tickets *const tickets = &engine->tickets;
    const uint64_t now_s = ike_ticket_now_s(engine, t->now_ns);
    while (tickets->oldest != 0 && kept_at(engine, tickets->oldest)->until_s <= now_s)
        remove_kept(engine, tickets->oldest);
    const uint32_t place = ike_pool_take(&tickets->pool);
    if (place == 0)
        return 0;
    struct kept *const kept = kept_at(engine, place);
    *kept = (struct kept){.older = tickets->newest,
                          .name = ++tickets->serial << PLACE_BITS | place,
                          .until_s = session->until_s,
                          .len = (uint16_t)octets.len};
    memcpy(kept->session, octets.at, octets.len);
    *(kept->older != 0 ? &kept_at(engine, kept->older)->newer : &tickets->oldest) = place;
    tickets->newest = place;
    return kept->name;
}

static void compute_mac(struct ike_engine *engine, const struct key *key, struct ike_bytes covered,
                        uint8_t *out)
{
    const struct ike_bytes view = {.at = key->octets + PRINT_LEN, .len = KEY_LEN};
    engine->crypto->ops->prf(engine->crypto, &ike_algos[ALGO_PRFSHA256], view, &covered, 1, out);
}

static void put_reference(struct ike_turn *t, struct ike_writer *w, const struct key *key,
                          const struct kept *kept)
{
    uint8_t mac[IKE_PRF_MAX];
    put_u64(w, kept->name);
    put_u32(w, (uint32_t)kept->until_s);
    compute_mac(t->engine, key, wr_done(w), mac);
    put_bytes(w, (struct ike_bytes){.at = mac, .len = MAC_LEN});
}

/* RFC 5723 6.1: nothing is looked up that we did not write. */
static enum ike_why open_reference(struct ike_turn *t, struct ike_bytes ticket,
                                   const struct key *key, struct ike_session *session,
                                   uint64_t *name)
{
    struct ike_reader r = rd_open(ticket);
    uint8_t mac[IKE_PRF_MAX];
    if (ticket.len != REFERENCE_LEN)
        return WHY_TICKET_SYNTAX;
    const struct ike_bytes covered = rd_bytes(&r, REFERENCE_LEN - MAC_LEN);
    compute_mac(t->engine, key, covered, mac);
    if (!ike_secret_equal(rd_rest(&r).at, mac, MAC_LEN))
        return WHY_TICKET_FORGED;
    r = rd_open(covered);
    rd_skip(&r, HEAD_LEN);
    *name = rd_u64(&r);
    if (rd_u32(&r) <= ike_ticket_now_s(t->engine, t->now_ns))
        return WHY_TICKET_EXPIRED;
    const uint32_t place = find(t->engine, *name);
    if (place == 0)
        return WHY_TICKET_UNKNOWN;
    const struct kept *const kept = kept_at(t->engine, place);
    r = rd_open((struct ike_bytes){.at = kept->session, .len = kept->len});
    return ike_session_parse(&r, session);
}

/* ---- by value: what is remembered of those used ---- */

static bool is_remembered(const struct ike_engine *engine, uint64_t name)
{
    const struct ike_tickets *const tickets = &engine->tickets;
    if (tickets->remembered == 0)
        return false;
    uint32_t place = ike_index_first(&tickets->known, name);
    while (place != 0 && tickets->names[place] != name)
        place = ike_index_next(&tickets->known, place);
    return place != 0;
}

static void remember(struct ike_engine *engine, uint64_t name)
{
    struct ike_tickets *const tickets = &engine->tickets;
    const uint32_t max = engine->config.tickets.remembered;
    if (max == 0 || is_remembered(engine, name))
        return;
    const uint32_t place = (uint32_t)(tickets->remembered++ % max) + 1;
    if (tickets->names[place] != 0)
        ike_index_remove(&tickets->known, tickets->names[place], place);
    tickets->names[place] = name;
    ike_index_add(&tickets->known, name, place);
}

/* The checksum is as good as chance, and nobody else's. */
static uint64_t name_of_value(struct ike_bytes ticket)
{
    struct ike_reader r = rd_open(ticket);
    rd_skip(&r, ticket.len - MAC_LEN);
    return rd_u64(&r) | value_bit;
}

static void put_value(struct ike_turn *t, struct ike_writer *w, const struct key *key,
                      struct ike_bytes octets)
{
    struct ike_crypto *const crypto = t->engine->crypto;
    const struct ike_seal_keys keys = seal_keys(key);
    uint8_t *const iv = put_room(w, keys.encr->iv_len);
    assert(iv != NULL); /* IKE_TICKET_MAX is more than all of it */
    crypto->ops->random(crypto, iv, keys.encr->iv_len);
    put_bytes(w, octets);
    (void)put_room(w, keys.encr->icv_len);
    assert(!w->bad);
    crypto->ops->seal(crypto, &keys, w->base, HEAD_LEN, octets.len);
}

static enum ike_why open_value(struct ike_turn *t, struct ike_bytes ticket, const struct key *key,
                               struct ike_session *session, uint64_t *name)
{
    struct ike_crypto *const crypto = t->engine->crypto;
    const struct ike_seal_keys keys = seal_keys(key);
    const size_t around = HEAD_LEN + (size_t)keys.encr->iv_len + keys.encr->icv_len;
    if (ticket.len <= around || ticket.len > IKE_TICKET_MAX)
        return WHY_TICKET_SYNTAX;
    *name = name_of_value(ticket);
    uint8_t *const copy = ike_turn_scratch(t, ticket.len);
    memcpy(copy, ticket.at, ticket.len);
    if (!crypto->ops->open(crypto, &keys, copy, HEAD_LEN, ticket.len - around))
        return WHY_TICKET_FORGED;
    struct ike_reader r = rd_open((struct ike_bytes){.at = copy, .len = ticket.len - MAC_LEN});
    rd_skip(&r, HEAD_LEN + keys.encr->iv_len);
    const enum ike_why why = ike_session_parse(&r, session);
    if (why != WHY_OK)
        return why;
    if (session->until_s <= ike_ticket_now_s(t->engine, t->now_ns))
        return WHY_TICKET_EXPIRED;
    return is_remembered(t->engine, *name) ? WHY_TICKET_USED : WHY_OK;
}

/* ---- both ---- */

static uint32_t table_size(const struct ike_config *config)
{
    const uint32_t stored = config->tickets.stored != 0 ? config->tickets.stored : config->sa_max;
    return stored < PLACE_MASK ? stored : PLACE_MASK;
}

/* After a crash no name comes again that may still be out. */
static uint64_t first_serial(struct ike_engine *engine)
{
    uint8_t octets[8];
    engine->crypto->ops->random(engine->crypto, octets, sizeof octets);
    struct ike_reader r = rd_open((struct ike_bytes){.at = octets, .len = sizeof octets});
    return rd_u64(&r) >> (PLACE_BITS + 2);
}

bool ike_tickets_open(struct ike_engine *engine)
{
    const struct ike_ticket_config *const config = &engine->config.tickets;
    struct ike_tickets *const tickets = &engine->tickets;
    if (config->kind == TICKET_NONE)
        return true;
    assert(config->secret != NULL);
    bool good = true;
    if (config->kind == TICKET_REFERENCE) {
        good = ike_pool_open(&tickets->pool, sizeof(struct kept), table_size(&engine->config));
        tickets->serial = first_serial(engine);
    }
    if (config->remembered > 0) {
        tickets->names = ike_reserve((size_t)config->remembered + 1, sizeof *tickets->names);
        good =
            ike_index_open(&tickets->known, config->remembered) && tickets->names != NULL && good;
    }
    return good;
}

void ike_tickets_close(struct ike_engine *engine)
{
    struct ike_tickets *const tickets = &engine->tickets;
    ike_pool_close(&tickets->pool);
    if (tickets->known.heads != NULL)
        ike_index_close(&tickets->known);
    ike_unreserve(tickets->names, (size_t)engine->config.tickets.remembered + 1,
                  sizeof *tickets->names);
}

void ike_tickets_forget(struct ike_engine *engine)
{
    struct ike_tickets *const tickets = &engine->tickets;
    while (tickets->oldest != 0)
        remove_kept(engine, tickets->oldest);
    for (uint32_t i = 1; tickets->names != NULL && i <= engine->config.tickets.remembered; i++) {
        if (tickets->names[i] == 0)
            break; /* they are filled in order */
        ike_index_remove(&tickets->known, tickets->names[i], i);
        tickets->names[i] = 0;
    }
    tickets->remembered = 0;
}

uint64_t ike_tickets_memory(const struct ike_engine *engine)
{
    return (uint64_t)engine->tickets.pool.used * engine->tickets.pool.item;
}

uint64_t ike_ticket_now_s(const struct ike_engine *engine, uint64_t now_ns)
{
    return engine->config.epoch_s + now_ns / second_ns;
}

size_t ike_ticket_len(const struct ike_engine *engine, size_t len)
{
    const struct ike_algo *const encr = &ike_algos[ALGO_AES256GCM16];
    return engine->config.tickets.kind == TICKET_REFERENCE
               ? REFERENCE_LEN
               : HEAD_LEN + (size_t)encr->iv_len + len + encr->icv_len;
}

struct ike_bytes ike_ticket_make(struct ike_turn *turn, const struct ike_session *session,
                                 uint64_t *name)
{
    struct ike_engine *const engine = turn->engine;
    const struct ike_bytes none = {.at = NULL, .len = 0};
    const bool by_reference = engine->config.tickets.kind == TICKET_REFERENCE;
    const uint8_t version = by_reference ? BY_REFERENCE : BY_VALUE;
    const uint32_t period = period_of(engine, turn->now_ns);
    struct ike_writer s = wr_open(ike_turn_scratch(turn, IKE_SESSION_MAX), IKE_SESSION_MAX);
    struct ike_writer w = wr_open(ike_turn_scratch(turn, IKE_TICKET_MAX), IKE_TICKET_MAX);
    struct key key;

    ike_put_session(&s, session);
    assert(!s.bad);
    derive(engine, engine->config.tickets.secret, version, period, &key);
    put_head(&w, version, period, &key);
    if (by_reference) {
        *name = add_kept(turn, session, wr_done(&s));
        if (*name != 0)
            put_reference(turn, &w, &key, kept_at(engine, find(engine, *name)));
    } else {
        put_value(turn, &w, &key, wr_done(&s));
        *name = name_of_value(wr_done(&w));
    }
    ike_secret_wipe(&key, sizeof key);
    assert(!w.bad);
    return *name != 0 ? wr_done(&w) : none;
}

enum ike_why ike_ticket_open(struct ike_turn *turn, struct ike_bytes ticket,
                             struct ike_session *session, uint64_t *name)
{
    struct ike_reader r = rd_open(ticket);
    struct key key;
    const uint8_t version = rd_u8(&r);
    rd_skip(&r, 3);
    if (r.bad || (version != BY_VALUE && version != BY_REFERENCE))
        return WHY_TICKET_SYNTAX;
    enum ike_why why = find_key(turn, version, &r, &key);
    if (why == WHY_OK)
        why =
            (version == BY_VALUE ? open_value : open_reference)(turn, ticket, &key, session, name);
    ike_secret_wipe(&key, sizeof key);
    return why;
}

bool ike_ticket_is_good(const struct ike_engine *engine, uint64_t name)
{
    return (name & value_bit) != 0 ? !is_remembered(engine, name) : find(engine, name) != 0;
}

void ike_ticket_revoke(struct ike_engine *engine, uint64_t name)
{
    const uint32_t place = (name & value_bit) == 0 ? find(engine, name) : 0;
    if ((name & value_bit) != 0)
        remember(engine, name);
    else if (place != 0)
        remove_kept(engine, place);
}
