/* SPDX-License-Identifier: MIT
 * A peer that has the keys and says one thing wrong: a message under way has one
 * payload changed, and whoever takes it gives the reason that belongs to that. */
#include "ike/eap.h"
#include "ike/engine.h"
#include "ike/v2/payload.h"
#include "ike/v2/selector.h"
#include "tests/opened.h"
#include "tests/test.h"

#include <stdio.h>
#include <string.h>

struct row {
    const char *name;
    void (*prepare)(void); /* NULL: nothing */
    void (*act)(void);     /* once the SA is up; the message counts from there. NULL: from
                              the beginning */
    int number;            /* of the message */
    void (*edit)(struct opened *m);
    enum pair_side at; /* who says */
    enum ike_why why;
};

static struct pair p;
static struct opened message;
static const struct row *row;
static int first; /* the message counted as 0 */

static bool touch(struct pair *pair, enum pair_side from, uint8_t *bytes, size_t *len, int number)
{
    static uint8_t out[IKE_MESSAGE_MAX];
    (void)from;
    if (number != first + row->number)
        return true;
    EXPECT(opened_read(pair, (struct ike_bytes){.at = bytes, .len = *len}, &message));
    row->edit(&message);
    *len = opened_write(pair, &message, out);
    memcpy(bytes, out, *len);
    return true;
}

static struct opened_part *part(struct opened *m, uint8_t type)
{
    for (size_t i = 0; i < m->part_count; i++)
        if (m->parts[i].type == type)
            return &m->parts[i];
    EXPECT(false);
    return &m->parts[0];
}

static struct opened_part *notify(struct opened *m, uint16_t type)
{
    for (size_t i = 0; i < m->part_count; i++)
        if (m->parts[i].type == PAYLOAD_NOTIFY &&
            (m->parts[i].body[2] << 8 | m->parts[i].body[3]) == type)
            return &m->parts[i];
    EXPECT(false);
    return &m->parts[0];
}

static void drop(struct opened *m, uint8_t type)
{
    opened_drop(m, (size_t)(part(m, type) - m->parts));
}

/* Nothing but one notify. */
static void say_only(struct opened *m, uint16_t type, size_t data_len)
{
    const uint8_t head[] = {0, 0, (uint8_t)(type >> 8), (uint8_t)type};
    m->part_count = 1;
    m->parts[0] = (struct opened_part){.type = PAYLOAD_NOTIFY, .len = sizeof head + data_len};
    memcpy(m->parts[0].body, head, sizeof head);
}

/* ---- IKE_SA_INIT ---- */

static void spi_zero(struct opened *m)
{
    m->head.spi_r = 0;
}

static void spi_of_nobody(struct opened *m)
{
    m->head.spi_r = 77;
}

static void id_one(struct opened *m)
{
    m->head.id = 1;
}

static void status_only(struct opened *m)
{
    say_only(m, 40960, 0);
}

static void cookie_of_nothing(struct opened *m)
{
    say_only(m, N_COOKIE, 0);
}

static void cookie_too_long(struct opened *m)
{
    say_only(m, N_COOKIE, IKE_COOKIE_MAX + 1);
}

static void group_of_one_octet(struct opened *m)
{
    say_only(m, N_INVALID_KE_PAYLOAD, 1);
}

static void group_of_three_octets(struct opened *m)
{
    say_only(m, N_INVALID_KE_PAYLOAD, 3);
}

static void takes_redirects(void)
{
    p.end[A].policy.takes_redirects = true;
}

/* Of a gateway whose address is as long as the other family's. */
static void redirect_of(struct opened *m, uint8_t type, uint8_t len)
{
    say_only(m, N_REDIRECT, 2U + len + IKE_NONCE_OURS);
    m->parts[0].body[4] = type;
    m->parts[0].body[5] = len;
    const struct ike_engine *const e = p.end[A].engine;
    memcpy(m->parts[0].body + 6 + len, ike_setup_of(e, ike_sa_at(e, 1))->nonce, IKE_NONCE_OURS);
}

static void redirect_to_half_an_address(struct opened *m)
{
    redirect_of(m, 2, 4);
}

static void redirect_to_four_addresses(struct opened *m)
{
    redirect_of(m, 1, 16);
}

/* ---- IKE_AUTH ---- */

static void asks_for_b(void)
{
    EXPECT(ike_id_from_text("b.test", &p.end[A].policy.remote_id));
}

static void another_name(struct opened *m)
{
    part(m, PAYLOAD_IDR)->body[4] = 'c';
}

static void name_cut(struct opened *m)
{
    part(m, PAYLOAD_IDR)->len = 3;
}

static void auth_cut(struct opened *m)
{
    part(m, PAYLOAD_AUTH)->len = 3;
}

/* Of two alike the one that accepts the proof is looked for. */
static void two_policies(void)
{
    static struct ike_policy policies[2];
    policies[0] = policies[1] = p.end[B].policy;
    p.end[B].config.policies = policies;
    p.end[B].config.policy_count = 2;
}

static void auth_of_no_method(struct opened *m)
{
    part(m, PAYLOAD_AUTH)->body[0] = 77;
}

static void add_notify(struct opened *m, uint16_t type, const void *data, size_t len)
{
    const uint8_t head[] = {0, 0, (uint8_t)(type >> 8), (uint8_t)type};
    struct opened_part *const last = &m->parts[m->part_count++];
    *last = (struct opened_part){.type = PAYLOAD_NOTIFY, .len = sizeof head + len};
    memcpy(last->body, head, sizeof head);
    memcpy(last->body + sizeof head, data, len);
}

static void transport(struct opened *m)
{
    add_notify(m, N_USE_TRANSPORT_MODE, "", 0);
}

static void compression(struct opened *m)
{
    add_notify(m, N_IPCOMP_SUPPORTED, "\x12\x34\x02", 3);
}

static void compression_by_nothing(struct opened *m)
{
    add_notify(m, N_IPCOMP_SUPPORTED, "\x12\x34\0", 3);
}

static void windows(void)
{
    p.end[A].config.window = p.end[B].config.window = 3;
}

static void window_of_none(struct opened *m)
{
    memset(notify(m, N_SET_WINDOW_SIZE)->body + 4, 0, 4);
}

static void window_cut(struct opened *m)
{
    notify(m, N_SET_WINDOW_SIZE)->len--;
}

static void window_longer(struct opened *m)
{
    notify(m, N_SET_WINDOW_SIZE)->len++;
}

static void by_eap_only(void)
{
    struct ike_eap_config eap = {.methods = {EAP_MSCHAPV2}, .method_count = 1};
    eap.user_len = eap.password_len = 4;
    memcpy(eap.user, "user", 4);
    memcpy(eap.password, "pass", 4);
    asks_for_b();
    for (int i = 0; i < 2; i++) {
        p.end[i].policy.eap = eap;
        p.end[i].policy.eap_only = true;
    }
}

/* A method that nobody has is not begun, and does not go alone. */
static void by_no_method(void)
{
    by_eap_only();
    p.end[B].policy.eap.methods[0] = 99;
}

static void by_eap_without_nats(void)
{
    by_eap_only();
    for (int i = 0; i < 2; i++)
        p.end[i].policy.mobike.on = p.end[i].policy.mobike.no_nats = true;
}

static void other_ends(struct opened *m)
{
    notify(m, N_NO_NATS_ALLOWED)->body[4] ^= 1;
}

static void two_rounds(void)
{
    static struct ike_policy second[2];
    for (int i = 0; i < 2; i++) {
        second[i] = p.end[i].policy;
        p.end[i].policy.next_auth = &second[i];
    }
}

/* By EAP, where the round is by a key. */
static void eap_instead(struct opened *m)
{
    static const uint8_t body[] = {1, 1, 0, 5, EAP_MD5};
    m->part_count = 1;
    m->parts[0] = (struct opened_part){.type = PAYLOAD_EAP, .len = sizeof body};
    memcpy(m->parts[0].body, body, sizeof body);
}

/* The Child SA is refused, and the time of authentication cannot be read. */
static void refused_for_no_time(struct opened *m)
{
    drop(m, PAYLOAD_SA);
    drop(m, PAYLOAD_TSI);
    drop(m, PAYLOAD_TSR);
    add_notify(m, N_NO_PROPOSAL_CHOSEN, "", 0);
    add_notify(m, N_AUTH_LIFETIME, "\0\0\1", 3);
}

/* ---- CREATE_CHILD_SA ---- */

static void rekey(void)
{
    EXPECT(ike_rekey(p.end[A].engine, p.now_ns, p.end[A].sa));
}

static void rekey_child(void)
{
    EXPECT(ike_rekey_child(p.end[A].engine, p.now_ns, p.end[A].sa, p.end[A].child));
}

/* RFC 7296 3.3.1: the SPI stands after eight octets of the proposal. */
static void new_spi_zero(struct opened *m)
{
    memset(part(m, PAYLOAD_SA)->body + 8, 0, 8);
}

static void two_groups(void)
{
    pair_offer(&p, A, "aes256gcm16-prfsha256-x25519-ecp256", "aes256gcm16");
    pair_offer(&p, B, "aes256gcm16-prfsha256-x25519-ecp256", "aes256gcm16");
}

static void no_more_groups(void)
{
    two_groups();
    p.end[A].config.groups_max = 0;
}

/* The other one that was offered. */
static void wants_other_group(struct opened *m)
{
    say_only(m, N_INVALID_KE_PAYLOAD, 2);
    m->parts[0].body[5] = 19;
}

/* The transform of KE in the answer: the last one, its number in the last two octets. */
static void other_group(struct opened *m)
{
    struct opened_part *const sa = part(m, PAYLOAD_SA);
    EXPECT_EQ(sa->body[sa->len - 1], 31);
    sa->body[sa->len - 1] = 19;
}

static void no_share(struct opened *m)
{
    drop(m, PAYLOAD_KE);
}

static void share_cut(struct opened *m)
{
    part(m, PAYLOAD_KE)->len = 3;
}

static void rekeyed_spi_missing(struct opened *m)
{
    struct opened_part *const n = notify(m, N_REKEY_SA);
    n->body[1] = 0;
    n->len = 4;
}

static void rekeyed_spi_too_long(struct opened *m)
{
    struct opened_part *const n = notify(m, N_REKEY_SA);
    n->body[1] = 8;
    n->len += 4;
}

static void rekeyed_spi_of_ah(struct opened *m)
{
    notify(m, N_REKEY_SA)->body[0] = PROTOCOL_AH;
}

static void more_exchanges(void)
{
    static const char ike[] = "aes256gcm16-prfsha256-x25519-ke1_ecp256";
    pair_offer(&p, A, ike, "aes256gcm16-x25519-ke1_ecp256");
    pair_offer(&p, B, ike, "aes256gcm16-x25519-ke1_ecp256");
}

static void no_link(struct opened *m)
{
    drop(m, PAYLOAD_NOTIFY);
}

/* ---- traffic ---- */

static void single_pairs(void)
{
    p.end[B].policy.child[0].single_pair = true;
}

static void unchanged(struct opened *m)
{
    (void)m;
}

/* ---- what belongs to something else ---- */

static void probe(void)
{
    EXPECT(ike_probe(p.end[A].engine, p.now_ns, p.end[A].sa));
}

static void other_exchange(struct opened *m)
{
    m->head.exchange = CREATE_CHILD_SA;
}

static void with_groups(void)
{
    pair_offer(&p, A, "aes256gcm16-prfsha256-x25519", "aes256gcm16-x25519");
    pair_offer(&p, B, "aes256gcm16-prfsha256-x25519", "aes256gcm16-x25519");
}

static void without_selectors(struct opened *m)
{
    drop(m, PAYLOAD_TSI);
    drop(m, PAYLOAD_TSR);
}

static void no_flags(struct opened *m)
{
    m->head.flags = 0;
}

static void both_flags(struct opened *m)
{
    m->head.flags = FLAG_INITIATOR | FLAG_RESPONSE;
}

static void other_initiator(struct opened *m)
{
    m->head.spi_i ^= 1;
}

/* ---- PPK, puzzles, hashes ---- */

static void quantum_keys(void)
{
    const struct ike_ppk ppk = {.id = "the key", .id_len = 7, .key = "0123456789", .key_len = 10};
    for (int i = 0; i < 2; i++) {
        p.end[i].policy.ppk[0] = ppk;
        p.end[i].policy.ppk_count = 1;
        p.end[i].policy.ppk_required = true;
    }
}

static void quantum_keys_at_one_end(void)
{
    quantum_keys();
    p.end[A].policy.ppk_count = 0;
    p.end[A].policy.ppk_required = p.end[B].policy.ppk_required = false;
}

/* RFC 8784 3: as if it had been agreed on that there is one. */
static void names_a_key(struct opened *m)
{
    add_notify(m, N_PPK_IDENTITY, "\x02the key", 8);
}

static void name_of_another_kind(struct opened *m)
{
    notify(m, N_PPK_IDENTITY)->body[4] = 1;
}

static void puzzles(void)
{
    p.end[B].config.puzzles = (struct ike_puzzle_config){.bits = 2, .bits_max = 6};
    p.end[A].config.puzzle_bits = 4;
}

static void puzzle_cut(struct opened *m)
{
    notify(m, N_PUZZLE)->len--;
}

static void puzzle_longer(struct opened *m)
{
    notify(m, N_PUZZLE)->len++;
}

static void puzzle_of_no_prf(struct opened *m)
{
    notify(m, N_PUZZLE)->body[4] = 0xff;
}

static void keys_cut(struct opened *m)
{
    part(m, PAYLOAD_PS)->len--;
}

static void keys_too_long(struct opened *m)
{
    struct opened_part *const keys = part(m, PAYLOAD_PS);
    memset(keys->body, 1, 4 * 200);
    keys->len = (size_t)4 * 200;
}

static void same_key_four_times(struct opened *m)
{
    memset(part(m, PAYLOAD_PS)->body, 7, part(m, PAYLOAD_PS)->len);
}

static void tickets(void)
{
    static const uint8_t secret[IKE_TICKET_SECRET] = {1};
    p.end[A].policy.tickets = true;
    p.end[B].config.tickets =
        (struct ike_ticket_config){.kind = TICKET_VALUE, .secret = secret, .remembered = 16};
}

static void tickets_of_b(void)
{
    tickets();
    asks_for_b();
}

static void tickets_and_redirects(void)
{
    tickets();
    takes_redirects();
}

static void ticket_cut(struct opened *m)
{
    notify(m, N_TICKET_LT_OPAQUE)->len = 4 + 3;
}

static void ticket_too_long(struct opened *m)
{
    notify(m, N_TICKET_OPAQUE)->len = 4 + IKE_TICKET_MAX + 1;
}

static void resume(void)
{
    ike_forget(p.end[A].engine, p.now_ns, p.end[A].sa);
    EXPECT(pair_resume(&p) != 0);
}

static void no_child(struct opened *m)
{
    drop(m, PAYLOAD_SA);
    drop(m, PAYLOAD_TSI);
    drop(m, PAYLOAD_TSR);
}

static void run(const struct row *r)
{
    row = r;
    first = 0;
    pair_init(&p, (struct pair_options){
                      .provider = PAIR_MODELLED, .lose = PAIR_NONE, .twice = PAIR_NONE});
    if (r->prepare != NULL)
        r->prepare();
    p.touch = r->act == NULL ? touch : NULL;
    pair_open(&p);
    (void)pair_connect(&p);
    if (r->act != NULL) {
        pair_run_for(&p, UINT64_C(1000000000));
        EXPECT(pair_agrees(&p, 1));
        first = p.sent;
        p.touch = touch;
        r->act();
    }
    pair_run_for(&p, UINT64_C(500000000));
    if (!EXPECT(p.end[r->at].reasons[r->why] > 0))
        (void)printf("# %s\n%s", r->name, p.trace);
    pair_run(&p);
    pair_forget(&p);
    EXPECT(pair_is_empty(&p));
    pair_close(&p);
}

/* clang-format off */
static const struct row rows[] = {
    { "INIT with a responder's SPI",       NULL, NULL, 0, spi_of_nobody,               B, WHY_UNKNOWN_SPI },
    { "INIT with an id",                   NULL, NULL, 0, id_one,                      B, WHY_UNKNOWN_SPI },
    { "INIT answered without an SPI",      NULL, NULL, 1, spi_zero,                    A, WHY_SPI_ZERO },
    { "INIT answered by a status",         NULL, NULL, 1, status_only,                 A, WHY_MISSING_PAYLOAD },
    { "an empty cookie",                   NULL, NULL, 1, cookie_of_nothing,           A, WHY_SYNTAX },
    { "too long a cookie",                 NULL, NULL, 1, cookie_too_long,             A, WHY_SYNTAX },
    { "half a group",                      NULL, NULL, 1, group_of_one_octet,          A, WHY_SYNTAX },
    { "a group and a half",                NULL, NULL, 1, group_of_three_octets,       A, WHY_SYNTAX },
    { "a gateway of half an address",      takes_redirects, NULL, 1, redirect_to_half_an_address, A, WHY_REDIRECT_GATEWAY },
    { "a gateway of four addresses",       takes_redirects, NULL, 1, redirect_to_four_addresses,  A, WHY_REDIRECT_GATEWAY },
    { "AUTH asks for a cut name",          asks_for_b, NULL, 2, name_cut,              B, WHY_SYNTAX },
    { "AUTH of another name",              asks_for_b, NULL, 3, another_name,          A, WHY_PEER_UNKNOWN },
    { "AUTH answered by a status",         NULL, NULL, 3, status_only,                 A, WHY_MISSING_PAYLOAD },
    { "AUTH cut",                          NULL, NULL, 2, auth_cut,                    B, WHY_SYNTAX },
    { "EAP alone of another name",         by_eap_only, NULL, 3, another_name,         A, WHY_PEER_UNKNOWN },
    { "EAP alone of a cut name",           by_eap_only, NULL, 3, name_cut,             A, WHY_SYNTAX },
    { "AUTH cut, for one of two policies", two_policies, NULL, 2, auth_cut,            B, WHY_SYNTAX },
    { "AUTH of no method, and two policies", two_policies, NULL, 2, auth_of_no_method, B, WHY_AUTH_METHOD },
    { "transport mode not asked for",      NULL, NULL, 3, transport,                   A, WHY_CHOICE_NOT_OFFERED },
    { "IPComp not asked for",              NULL, NULL, 3, compression,                 A, WHY_CHOICE_NOT_OFFERED },
    { "IPComp by nothing",                 NULL, NULL, 3, compression_by_nothing,      A, WHY_CHOICE_NOT_OFFERED },
    { "a group too many",                  no_more_groups, rekey, 1, wants_other_group, A, WHY_OK },
    { "a PPK named and not agreed on",     quantum_keys_at_one_end, NULL, 2, names_a_key, B, WHY_OK },
    { "a ticket cut",                      tickets, NULL, 3, ticket_cut,               A, WHY_SYNTAX },
    { "a ticket too long",                 tickets, resume, 0, ticket_too_long,        B, WHY_TICKET_SYNTAX },
    { "resumed and sent nowhere",          tickets_and_redirects, resume, 1, redirect_to_half_an_address, A, WHY_REDIRECT_GATEWAY },
    { "a Child SA refused and no time told", NULL, NULL, 3, refused_for_no_time,       A, WHY_SYNTAX },
    { "a method that there is none of",    by_no_method, NULL, 2, unchanged,           B, WHY_EAP_METHOD },
    { "a NAT before EAP",                  by_eap_without_nats, NULL, 2, other_ends,   B, WHY_NAT_FORBIDDEN },
    { "EAP where a key is due",            two_rounds, NULL, 5, eap_instead,           A, WHY_AUTH_METHOD },
    { "a window of none",                  windows, NULL, 4, window_of_none,           A, WHY_SYNTAX },
    { "a window cut",                      windows, NULL, 4, window_cut,               A, WHY_SYNTAX },
    { "a window too long",                 windows, NULL, 4, window_longer,            A, WHY_SYNTAX },
    { "an IKE SA asked for without SPI",   NULL, rekey, 0, new_spi_zero,               B, WHY_SYNTAX },
    { "an IKE SA granted without SPI",     NULL, rekey, 1, new_spi_zero,               A, WHY_SPI_ZERO },
    { "another group granted",             two_groups, rekey, 1, other_group,          A, WHY_CHOICE_NOT_OFFERED },
    { "no share granted",                  NULL, rekey, 1, no_share,                   A, WHY_MISSING_PAYLOAD },
    { "a share cut",                       NULL, rekey, 0, share_cut,                  B, WHY_SYNTAX },
    { "rekeyed without SPI",               NULL, rekey_child, 0, rekeyed_spi_missing,  B, WHY_SYNTAX },
    { "rekeyed with too long an SPI",      NULL, rekey_child, 0, rekeyed_spi_too_long, B, WHY_SYNTAX },
    { "rekeyed of another protocol",       NULL, rekey_child, 0, rekeyed_spi_of_ah,    B, WHY_CHILD_NOT_FOUND },
    { "a rekeying answered by a status",   NULL, rekey, 1, status_only,                A, WHY_MISSING_PAYLOAD },
    { "a follow-up without link",          more_exchanges, rekey, 2, no_link,          B, WHY_MISSING_PAYLOAD },
    { "a follow-up answered by a status",  more_exchanges, rekey, 3, status_only,      A, WHY_MISSING_PAYLOAD },
    { "a follow-up with half a share",     more_exchanges, rekey, 2, share_cut,        B, WHY_SYNTAX },
    { "a follow-up answered with half",    more_exchanges, rekey, 3, share_cut,        A, WHY_SYNTAX },
    { "an exchange more, cut",             more_exchanges, NULL, 2, share_cut,         B, WHY_SYNTAX },
    { "an exchange more answered by less", more_exchanges, NULL, 3, share_cut,         A, WHY_SYNTAX },
    { "an exchange more, and a status",    more_exchanges, NULL, 3, status_only,       A, WHY_MISSING_PAYLOAD },
    { "a probe answered by another exchange", NULL, probe, 1, other_exchange,          A, WHY_NOT_AWAITED },
    { "a Child SA answered as an IKE SA",  with_groups, rekey_child, 1, without_selectors,    A, WHY_UNEXPECTED_PAYLOAD },
    { "INIT asked by a responder",         NULL, NULL, 1, no_flags,                    A, WHY_UNKNOWN_SPI },
    { "INIT answered by an initiator",     NULL, NULL, 0, both_flags,                  B, WHY_UNKNOWN_SPI },
    { "AUTH of another SPI",               NULL, NULL, 2, other_initiator,             B, WHY_UNKNOWN_SPI },
    { "a PPK by another kind of name",     quantum_keys, NULL, 2, name_of_another_kind, B, WHY_PPK_UNKNOWN },
    { "a puzzle cut",                      puzzles, NULL, 1, puzzle_cut,               A, WHY_PUZZLE_SYNTAX },
    { "a puzzle too long",                 puzzles, NULL, 1, puzzle_longer,            A, WHY_PUZZLE_SYNTAX },
    { "a puzzle of a PRF nobody has",      puzzles, NULL, 1, puzzle_of_no_prf,         B, WHY_PUZZLE_WANTED },
    { "a solution cut",                    puzzles, NULL, 2, keys_cut,                 B, WHY_PUZZLE_WRONG },
    { "a solution of keys too long",       puzzles, NULL, 2, keys_too_long,            B, WHY_PUZZLE_WRONG },
    { "a solution four times the same",    puzzles, NULL, 2, same_key_four_times,      B, WHY_PUZZLE_WRONG },
    { "resumed by an answer without SPI",  tickets, resume, 1, spi_zero,               A, WHY_SPI_ZERO },
    { "resumed by a status",               tickets, resume, 1, status_only,            A, WHY_MISSING_PAYLOAD },
    { "resumed with a cut name asked for", tickets_of_b, resume, 2, name_cut,          B, WHY_SYNTAX },
    { "resumed with another asked for",    tickets_of_b, resume, 2, another_name,      B, WHY_TICKET_IDENTITY },
    { "resumed, and no Child SA asked for", tickets, resume, 2, no_child,              B, WHY_MISSING_PAYLOAD },
    { "a proof answered by a status",      tickets, resume, 3, status_only,            A, WHY_MISSING_PAYLOAD },
    { "networks where pairs are wanted",   single_pairs, NULL, 2, unchanged,           A, WHY_OK },
};
/* clang-format on */

static void test_each_wrong_thing_has_its_reason(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        run(&rows[i]);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_each_wrong_thing_has_its_reason),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
