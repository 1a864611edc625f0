/* SPDX-License-Identifier: MIT
 * The datagram door at every state, behind the seal: two engines go through
 * their exchanges, with the features that the input switches on, and messages
 * between them are opened with their keys, changed payload by payload, and
 * sealed again; or made up, for any SA there is, of payloads seen before. The
 * owner's calls come in between. Nothing may crash, books must balance, and when
 * both ends have forgotten every SA nothing may be left.
 *
 * Input: features (3 octets), a variant (1; its highest bit but one: B begins),
 * then pieces as fuzz_mutator.c has them. */
#include "ike/engine.h"
#include "ike/v2/child.h"
#include "ike/v2/protect.h"
#include "tests/fuzz_features.h"
#include "tests/fuzz_pieces.h"
#include "tests/opened.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);
size_t fuzz_missed(char *out, size_t room);

/* LATER: units of 2 ms (2). EDIT: how many messages from now (1), edits. MAKE: enum making (1),
 * which SA (1), exchange (1), message id (1, added to the one awaited), template (1), edits. ACT:
 * call (1), side (1), SA (1).
 */
enum piece { LATER, EDIT, MAKE, ACT, PIECES };
enum making { TO_B = 1, AS_RESPONSE = 2, IN_CLEAR = 4, AS_FRAGMENT = 8, FRAGMENT_SHIFT = 4 };
enum act {
    CONNECT,
    REKEY,
    REKEY_CHILD,
    DELETE,
    DELETE_CHILD,
    CREATE,
    PROBE,
    INFORM,
    LIMIT,
    FORGET,
    PACKET,
    USED,
    RESUME,
    TICKET,
    ACTS
};
/* Of which payload (1), then what the edit needs. */
enum edit {
    DROP,
    DOUBLE,
    SWAP,   /* with (1) */
    SET,    /* offset (2), octets */
    CUT,    /* length (2) */
    APPEND, /* octets */
    TYPE,   /* type (1), flags (1) */
    BODY,   /* octets */
    INSERT, /* type (1), octets */
    HEAD,   /* exchange (1), flags (1, added by XOR), id (1, added) */
    NEXT,   /* the last one's "next payload" (1) */
    LOSE,
    EDITS
};
enum { WAITING_MAX = 16, SEEN_MAX = 16, PIECES_MAX = 48, EDITS_MAX = 16, LATER_MAX = 5000 };

const size_t fuzz_head = 4;
const size_t fuzz_piece_kinds = PIECES;

size_t fuzz_piece_skips(uint8_t kind)
{
    return kind % PIECES == EDIT ? 1 : kind % PIECES == MAKE ? 5 : SIZE_MAX - 64;
}

static struct pair p;
static struct opened message;
static struct waiting {
    int number; /* of the message */
    struct ike_bytes edits;
} waiting[WAITING_MAX];
static int waiting_count;
static struct seen {
    size_t len;
    uint8_t bytes[IKE_MESSAGE_MAX + 4];
} seen[SEEN_MAX];
static int seen_count;
static bool reached[2][S_STATES]; /* by who asked for the SA: responder, initiator */

static void demand(bool held)
{
    if (!held)
        abort();
}

/* A message that is not as the other end would have it goes to `to` now. */
static void note_states(enum pair_side to)
{
    const struct ike_engine *const e = p.end[to].engine;
    for (uint32_t place = 1; place <= e->sas.high; place++)
        reached[ike_sa_at(e, place)->initiator ? 1 : 0][ike_sa_at(e, place)->state] = true;
}

size_t fuzz_missed(char *out, size_t room)
{
    static const uint8_t initiators[] = {S_INIT_SENT, S_AUTH_SENT, S_ADDKE_SENT, S_RESUME_SENT,
                                         S_PROOF_SENT};
    size_t len = 0;
    out[0] = '\0';
    for (int side = 0; side < 2; side++)
        for (uint8_t state = S_INIT_SENT; state < S_STATES; state++) {
            const bool only_initiator = memchr(initiators, state, sizeof initiators) != NULL;
            const bool only_responder = state == S_KEYED || state == S_PART_KEYED ||
                                        state == S_RESUMED || state == S_AWAY || state == S_RIVAL;
            if ((side == 0 && only_initiator) || (side == 1 && only_responder))
                continue;
            if (!reached[side][state] && len < room)
                len +=
                    (size_t)snprintf(out + len, room - len, " %s %s",
                                     side == 1 ? "initiator" : "responder", ike_state_name(state));
        }
    return len;
}

/* ---- edits ---- */

static void insert(uint8_t type, struct ike_bytes body, size_t at)
{
    if (message.part_count == IKE_PAYLOADS_MAX)
        return;
    if (message.part_count > 0) {
        opened_double(&message, at);
    } else {
        message.part_count = 1;
        at = 0;
    }
    struct opened_part *const part = &message.parts[at];
    part->type = type;
    part->flags = 0;
    part->len = body.len < sizeof part->body ? body.len : sizeof part->body;
    memcpy(part->body, body.at, part->len);
}

static void set_octets(struct opened_part *part, size_t at, struct ike_bytes octets)
{
    at %= part->len + 1;
    const size_t most = sizeof part->body - at;
    const size_t len = octets.len < most ? octets.len : most;
    memcpy(part->body + at, octets.at, len);
    part->len = at + len > part->len ? at + len : part->len;
}

static void edit_part(enum edit edit, size_t which, struct ike_reader *r)
{
    static struct opened_part other;
    struct opened_part *const part = &message.parts[which];
    if (edit == DROP)
        opened_drop(&message, which);
    if (edit == DOUBLE)
        opened_double(&message, which);
    if (edit == SWAP) {
        struct opened_part *const with = &message.parts[rd_u8(r) % message.part_count];
        other = *part;
        *part = *with;
        *with = other;
    }
    if (edit == SET) {
        const size_t at = rd_u16(r);
        set_octets(part, at, rd_rest(r));
    }
    if (edit == CUT)
        part->len = rd_u16(r) % (part->len + 1);
    if (edit == APPEND)
        set_octets(part, part->len, rd_rest(r));
    if (edit == TYPE) {
        part->type = rd_u8(r);
        part->flags = rd_u8(r);
    }
    if (edit == BODY) {
        part->len = 0;
        set_octets(part, 0, rd_rest(r));
    }
}

/* False: the message is to be lost. */
static bool edit_once(enum edit edit, struct ike_bytes bytes)
{
    struct ike_reader r = rd_open(bytes);
    const size_t count = message.part_count;
    const size_t which = count > 0 ? rd_u8(&r) % count : 0;
    if (edit == LOSE)
        return false;
    if (edit == NEXT) {
        message.last_next = rd_u8(&r);
    } else if (edit == INSERT) {
        const uint8_t type = rd_u8(&r);
        insert(type, rd_rest(&r), which);
    } else if (edit == HEAD) {
        message.head.exchange = rd_u8(&r);
        message.head.flags ^= rd_u8(&r);
        message.head.id += rd_u8(&r);
    } else if (count > 0) {
        edit_part(edit, which, &r);
    }
    return true;
}

static bool edit_all(struct ike_bytes edits)
{
    struct ike_reader r = rd_open(edits);
    for (int i = 0; r.left > 2 && i < EDITS_MAX; i++) {
        const uint8_t edit = rd_u8(&r);
        const size_t wanted = rd_u16(&r);
        if (!edit_once((enum edit)(edit % EDITS), rd_bytes(&r, wanted < r.left ? wanted : r.left)))
            return false;
    }
    return true;
}

/* ---- messages under way ---- */

static bool touch(struct pair *pair, enum pair_side from, uint8_t *bytes, size_t *len, int number)
{
    static uint8_t out[IKE_MESSAGE_MAX];
    const size_t marker = *len > 4 && memcmp(bytes, "\0\0\0\0", 4) == 0 ? 4 : 0;
    const struct ike_bytes whole = {.at = bytes + marker, .len = *len - marker};
    struct seen *const slot = &seen[seen_count++ % SEEN_MAX];
    slot->len = whole.len;
    memcpy(slot->bytes, whole.at, whole.len);
    for (int i = 0; i < waiting_count; i++) {
        if (waiting[i].number != number || !opened_read(pair, whole, &message))
            continue;
        note_states(from == A ? B : A);
        if (!edit_all(waiting[i].edits))
            return false;
        const size_t made = opened_write(pair, &message, out);
        memcpy(bytes + marker, out, made);
        *len = made > 0 ? made + marker : *len;
        break;
    }
    return true;
}

static void wait_for(struct ike_bytes data)
{
    struct ike_reader r = rd_open(data);
    const uint8_t ahead = rd_u8(&r);
    if (waiting_count < WAITING_MAX)
        waiting[waiting_count++] =
            (struct waiting){.number = p.sent + ahead % 32, .edits = rd_rest(&r)};
}

/* ---- messages made up ---- */

static const struct ike_sa *some_sa(enum pair_side side, uint8_t which)
{
    const struct ike_engine *const e = p.end[side].engine;
    for (uint32_t i = 0; i < e->sas.high; i++) {
        const struct ike_sa *const sa = ike_sa_at(e, 1 + (which + i) % e->sas.high);
        if (sa->state != S_NONE)
            return sa;
    }
    return NULL;
}

/* The payloads of a message seen before, or none. */
static void begin_message(uint8_t template)
{
    const int count = seen_count < SEEN_MAX ? seen_count : SEEN_MAX;
    const struct seen *const slot = &seen[count > 0 ? template % count : 0];
    if (template == 0 || count == 0 ||
        !opened_read(&p, (struct ike_bytes){.at = slot->bytes, .len = slot->len}, &message))
        message.part_count = 0;
    message.last_next = 0;
}

/* What stands in `text`, a message in the clear, as the only content of a fragment. */
static size_t put_fragment(uint8_t making, struct ike_bytes text, uint8_t *out)
{
    const struct ike_seal_keys keys =
        ike_keys_of(&message.keys, (message.head.flags & FLAG_INITIATOR) != 0);
    const struct ike_fragment_head head = {
        .number = (uint16_t)(1 + (making >> FRAGMENT_SHIFT) % 4),
        .total = (uint16_t)(1 + (making >> FRAGMENT_SHIFT) / 4),
        .next = text.at[16],
    };
    struct ike_writer w = wr_open(out, IKE_MESSAGE_MAX);
    ike_put_header(&w, &message.head);
    const size_t begin = ike_begin_fragment(&w, &keys, &head);
    put_bytes(&w, (struct ike_bytes){.at = text.at + 28, .len = text.len - 28});
    ike_end_fragment(&w, begin, &keys, p.end[A].crypto, UINT64_C(1) << 41);
    return w.bad ? 0 : w.len;
}

static void make(struct ike_bytes data)
{
    static uint8_t room[2][IKE_MESSAGE_MAX];
    struct ike_reader r = rd_open(data);
    const uint8_t making = rd_u8(&r);
    const uint8_t which = rd_u8(&r);
    const uint8_t exchange = rd_u8(&r);
    const uint8_t id = rd_u8(&r);
    const uint8_t template = rd_u8(&r);
    const enum pair_side to = (making & TO_B) != 0 ? B : A;
    const struct ike_sa *const sa = some_sa(to, which);
    if (sa == NULL || r.bad)
        return;
    begin_message(template);
    const bool response = (making & AS_RESPONSE) != 0;
    message.head = (struct ike_header){
        .spi_i = sa->spi_i,
        .spi_r = sa->spi_r,
        .version = IKE_VERSION_2,
        .exchange = exchange != 0 ? exchange : message.head.exchange,
        .flags = (uint8_t)((sa->initiator ? 0 : FLAG_INITIATOR) | (response ? FLAG_RESPONSE : 0)),
        .id = (response ? sa->send_id - 1 : sa->take_id) + id};
    const bool keyed = ike_sa_keys(p.end[to].engine, sa->number, &message.keys);
    const bool fragment = keyed && (making & AS_FRAGMENT) != 0;
    message.is_sealed = keyed && !fragment && (making & IN_CLEAR) == 0;
    if (!edit_all(rd_rest(&r)))
        return;
    size_t len = opened_write(&p, &message, room[0]);
    if (fragment && len >= 28)
        len = put_fragment(making, (struct ike_bytes){.at = room[0], .len = len}, room[1]);
    note_states(to);
    if (len > 0)
        (void)pair_inject(&p, to, room[fragment ? 1 : 0], len);
}

/* ---- calls of the owner ---- */

static void act_on(enum act act, const struct ike_sa *sa, struct ike_engine *e)
{
    const uint8_t octets[] = {1, 2, 3, 4};
    const struct ike_note note = {.type = 1, .data = {.at = octets, .len = sizeof octets}};
    const struct ike_inform inform = {
        .notes = &note, .settings = &note, .note_count = 1, .setting_count = 1, .ask = true};
    const struct ike_packet packet = {.from = ike_addr_v4(0x0a010101, 7),
                                      .to = ike_addr_v4(0x0a020101, 9)};
    const struct ike_use use = {.bytes = 1000, .packets = 10};
    const uint32_t child = sa->child != 0 ? ike_child_at(e, sa->child)->spi_in : 0;
    const uint64_t number = sa->number;
    struct ike_child_sa carries;
    uint32_t spi;
    if (act == REKEY)
        (void)ike_rekey(e, p.now_ns, number);
    if (act == REKEY_CHILD)
        (void)ike_rekey_child(e, p.now_ns, number, child);
    if (act == DELETE)
        (void)ike_delete(e, p.now_ns, number);
    if (act == DELETE_CHILD)
        (void)ike_delete_child(e, p.now_ns, number, child);
    if (act == CREATE)
        (void)ike_create_child(e, p.now_ns, number,
                               sa->policy != NULL && sa->policy->child_count > 1, NULL);
    if (act == PROBE)
        (void)ike_probe(e, p.now_ns, number);
    if (act == INFORM)
        (void)ike_inform(e, p.now_ns, number, &inform);
    if (act == LIMIT)
        (void)ike_limit(e, p.now_ns, number, 3);
    if (act == FORGET && sa->state != S_FRESH)
        ike_forget(e, p.now_ns, number);
    if (act == PACKET && ike_packet_out(e, p.now_ns, number, &packet, &spi) == TRAFFIC_PASSES)
        demand(ike_child_sa(e, number, spi, &carries) && carries.spi_in == spi);
    if (act == USED) {
        (void)ike_child_used(e, p.now_ns, number, child, &use);
        (void)ike_tell_invalid_selectors(e, p.now_ns, number, child, note.data);
    }
    if (act == TICKET)
        (void)ike_want_ticket(e, p.now_ns, number);
}

static void call(struct ike_bytes data)
{
    struct ike_reader r = rd_open(data);
    const enum act act = (enum act)(rd_u8(&r) % ACTS);
    const enum pair_side side = (rd_u8(&r) & 1) != 0 ? B : A;
    const struct ike_sa *const sa = some_sa(side, rd_u8(&r));
    const enum pair_side initiator = p.options.initiator;
    if (act == CONNECT || (act == RESUME && p.end[side].ticket_len > 0)) {
        p.options.initiator = side;
        (void)(act == CONNECT ? pair_connect(&p) : pair_resume(&p));
        p.options.initiator = initiator;
    } else if (sa != NULL) {
        act_on(act, sa, p.end[side].engine);
    }
    pair_run_for(&p, 0);
}

/* ---- */

static void check_books(void)
{
    for (int i = 0; i < 2; i++) {
        const struct ike_engine *const e = p.end[i].engine;
        const struct ike_stats stats = ike_stats(e);
        demand(stats.half_open + stats.established <= e->sas.used);
        demand(stats.half_open <= e->config.half_open.limit);
        demand(e->setups.used <= e->sas.used + e->tasks.used && e->eaps.used <= e->setups.used);
        demand(e->holds.used <= e->setups.used && e->mixes.used <= e->setups.used + e->tasks.used);
        demand(ike_deadline(e) == IKE_NEVER || e->timers.count > 0 || e->fragments.pool.used > 0);
    }
}

static void take_piece(enum piece piece, struct ike_bytes data)
{
    struct ike_reader r = rd_open(data);
    if (piece == LATER)
        pair_run_for(&p, rd_u16(&r) % LATER_MAX * UINT64_C(2000000));
    if (piece == EDIT)
        wait_for(data);
    if (piece == MAKE)
        make(data);
    if (piece == ACT)
        call(data);
    check_books();
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    struct ike_reader r = rd_open((struct ike_bytes){.at = at, .len = len});
    const uint32_t mask = (uint32_t)rd_uint(&r, 3);
    const uint8_t variant = rd_u8(&r);
    pair_init(&p, (struct pair_options){.provider = PAIR_MODELLED,
                                        .initiator = (variant & 0x40) != 0 ? B : A,
                                        .lose = PAIR_NONE,
                                        .twice = PAIR_NONE,
                                        .quiet = true});
    fuzz_features(&p, mask, variant);
    p.touch = touch;
    waiting_count = seen_count = 0;
    pair_open(&p);
    for (int pieces = 0; r.left > 2 && pieces < PIECES_MAX; pieces++) {
        const uint8_t piece = rd_u8(&r);
        const size_t wanted = rd_u16(&r);
        const struct ike_bytes data = rd_bytes(&r, wanted < r.left ? wanted : r.left);
        if (pieces == 0 && piece % PIECES == EDIT)
            take_piece(EDIT, data); /* of the first message, too */
        if (pieces == 0)
            (void)pair_connect(&p);
        if (pieces > 0 || piece % PIECES != EDIT)
            take_piece((enum piece)(piece % PIECES), data);
    }
    pair_run_for(&p, UINT64_C(5000000000));
    check_books();
    pair_forget(&p);
    demand(pair_is_empty(&p));
    pair_close(&p);
    return 0;
}
