/* SPDX-License-Identifier: MIT
 * libFuzzer's door to everything that reads a datagram: headers, payloads in
 * the clear and as if they had been sealed, proposals, selectors, identities,
 * and their description. What is put again must read back as it was. */
#include "ike/v2/describe.h"
#include "ike/v2/payload.h"
#include "ike/v2/proposal.h"
#include "ike/v2/selector.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

static void require(bool held)
{
    if (!held)
        abort();
}

static void eat_sa(struct ike_bytes body, uint8_t protocol)
{
    static const struct ike_offer offers[] = {
        {.algos = {ALGO_AES256GCM16, ALGO_AES128, ALGO_SHA256, ALGO_PRFSHA256, ALGO_X25519,
                   ALGO_MODP2048, ALGO_MLKEM768, ALGO_NONE},
         .addke = {0, 0, 0, 0, 0, 0, 1, 1},
         .count = 8},
        {.algos = {ALGO_CHACHA20POLY1305, ALGO_PRFSHA512, ALGO_ECP384, ALGO_ESN, ALGO_NOESN},
         .count = 5},
    };
    const struct ike_wish wish = {
        .protocol = protocol,
        .spi_size = protocol == PROTOCOL_IKE ? 0 : 4,
        .offers = offers,
        .offer_count = 2,
        .addke = ADDKE_NEGOTIATED,
        .no_ke = protocol != PROTOCOL_IKE,
    };
    struct ike_choice choice;
    struct ike_choice again;
    uint8_t room[512] = {0};
    struct ike_writer w = wr_open(room, sizeof room);
    size_t link = 0;
    (void)ike_proposal_accept(body, &wish, &choice);
    if (ike_proposal_choose(body, &wish, &choice) != WHY_OK)
        return;
    require(choice.suite.encr != 0 &&
            (choice.suite.integ != 0 || ike_algo_is_aead(&ike_algos[choice.suite.encr])));
    choice.number = 1;
    put_u8(&w, 0);
    ike_put_choice(&w, &link, &wish, &choice, choice.spi);
    require(!w.bad);
    const struct ike_bytes put = {room + 1 + IKE_PAYLOAD_HEAD, w.len - 1 - IKE_PAYLOAD_HEAD};
    require(ike_proposal_choose(put, &wish, &again) == WHY_OK);
    require(memcmp(&again.suite, &choice.suite, sizeof choice.suite) == 0);
}

static void eat_selectors(struct ike_bytes a, struct ike_bytes b)
{
    struct ike_selectors asked;
    struct ike_selectors allowed;
    struct ike_selectors out;
    if (ike_selectors_parse(a, &asked) != WHY_OK || ike_selectors_parse(b, &allowed) != WHY_OK)
        return;
    if (ike_selectors_narrow(&asked, &allowed, &out) != WHY_OK)
        return;
    require(out.count > 0);
    require(ike_selectors_within(&out, &asked) && ike_selectors_within(&out, &allowed));
}

static void eat_payloads(const struct ike_message *m)
{
    struct ike_ke ke;
    struct ike_bytes nonce;
    struct ike_auth auth;
    struct ike_id id;
    const struct ike_bytes tsi = ike_message_body(m, PAYLOAD_TSI);
    const struct ike_bytes tsr = ike_message_body(m, PAYLOAD_TSR);
    eat_sa(ike_message_body(m, PAYLOAD_SA), PROTOCOL_IKE);
    eat_sa(ike_message_body(m, PAYLOAD_SA), PROTOCOL_ESP);
    (void)ike_ke_parse(ike_message_body(m, PAYLOAD_KE), &ke);
    (void)ike_nonce_parse(ike_message_body(m, PAYLOAD_NONCE), &nonce);
    (void)ike_auth_parse(ike_message_body(m, PAYLOAD_AUTH), &auth);
    if (ike_id_parse(ike_message_body(m, PAYLOAD_IDI), &id) == WHY_OK)
        require(id.len <= IKE_ID_MAX && ike_id_matches(&id, &id));
    (void)ike_id_parse(ike_message_body(m, PAYLOAD_IDR), &id);
    eat_selectors(tsi, tsr);
    eat_selectors(tsr, tsi);
    (void)ike_message_error(m);
    (void)ike_message_notify(m, N_COOKIE);
    require(m->notify_count <= IKE_NOTIFIES_MAX && m->delete_count <= IKE_DELETES_MAX);
    require(m->type_count <= IKE_PAYLOADS_MAX && (m->twice & ~m->there) == 0);
}

static void eat_text(struct ike_bytes datagram, bool port_nat)
{
    char text[IKE_DETAILS_TEXT];
    require(ike_describe(datagram, port_nat, NULL, NULL, text) == strlen(text));
    require(strlen(text) > 0 && strlen(text) < IKE_DESCRIBE_TEXT);
    require(ike_describe_details(datagram, port_nat, NULL, NULL, text) == strlen(text));
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    /* A copy that ends where its memory ends. */
    uint8_t *const copy = malloc(len > 0 ? len : 1);
    struct ike_message m;
    if (copy == NULL)
        abort();
    if (len > 0)
        memcpy(copy, at, len);
    const struct ike_bytes datagram = {copy, len};
    if (ike_message_parse(datagram, &m) == WHY_OK) {
        eat_payloads(&m);
        /* Past the seal: what a peer who has keys may send. */
        if ((m.there & P(PAYLOAD_SK)) != 0 &&
            ike_message_parse_sealed(&m, ike_message_body(&m, PAYLOAD_SK)) == WHY_OK)
            eat_payloads(&m);
    }
    eat_text(datagram, false);
    eat_text(datagram, true);
    free(copy);
    return 0;
}
