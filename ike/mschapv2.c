/* SPDX-License-Identifier: MIT
 * The functions of RFC 2759 8 and RFC 3079 3.4, one by one, on SHA-1, MD4 and
 * DES of the provider. */
#include "ike/mschapv2.h"

#include "ike/limits.h"

enum { SHA1 = 20, DES_KEY = 7, DES_BLOCK = 8, START_KEY = 16 };

static struct ike_bytes text(const char *of)
{
    return (struct ike_bytes){.at = (const uint8_t *)of, .len = strlen(of)};
}

/* RFC 2759 4: the challenge is made of the name without its domain. */
static struct ike_bytes without_domain(struct ike_bytes user)
{
    for (size_t i = user.len; i > 0; i--)
        if (user.at[i - 1] == '\\')
            return (struct ike_bytes){.at = user.at + i, .len = user.len - i};
    return user;
}

void ike_mschapv2_challenge(struct ike_crypto *c, const struct ike_mschapv2 *m, uint8_t *out)
{
    const struct ike_bytes parts[] = {
        {.at = m->peer_challenge, .len = MSCHAPV2_CHALLENGE},
        {.at = m->server_challenge, .len = MSCHAPV2_CHALLENGE},
        without_domain(m->user),
    };
    uint8_t digest[SHA1];
    c->ops->sha1(c, parts, 3, digest);
    memcpy(out, digest, DES_BLOCK);
}

/* The next character of UTF-8 text; an octet that begins none stands for itself. */
static uint16_t next_character(struct ike_reader *r)
{
    const uint8_t first = rd_u8(r);
    const size_t more = first >= 0xe0 && first < 0xf0 ? 2 : first >= 0xc0 && first < 0xe0 ? 1 : 0;
    if (more == 0 || r->left < more)
        return first;
    uint32_t value = first & (more == 2 ? 0x0fu : 0x1fu);
    for (size_t i = 0; i < more; i++)
        value = value << 6 | (rd_u8(r) & 0x3fu);
    return (uint16_t)value;
}

bool ike_mschapv2_hash(struct ike_crypto *c, struct ike_bytes password, uint8_t *out)
{
    uint8_t unicode[2 * IKE_EAP_PASSWORD_MAX];
    struct ike_writer w = wr_open(unicode, sizeof unicode);
    struct ike_reader r = rd_open(password);
    while (r.left > 0 && !w.bad) {
        const uint16_t character = next_character(&r);
        put_u8(&w, (uint8_t)character); /* little-endian, RFC 2759 8.3 */
        put_u8(&w, (uint8_t)(character >> 8));
    }
    const struct ike_bytes whole = wr_done(&w);
    const bool good = !w.bad && c->ops->digest(c, DIGEST_MD4, &whole, 1, out);
    ike_secret_wipe(unicode, sizeof unicode);
    return good;
}

bool ike_mschapv2_hash_hash(struct ike_crypto *c, struct ike_bytes password, uint8_t *out)
{
    uint8_t hash[MSCHAPV2_HASH];
    const struct ike_bytes view = {.at = hash, .len = sizeof hash};
    const bool good =
        ike_mschapv2_hash(c, password, hash) && c->ops->digest(c, DIGEST_MD4, &view, 1, out);
    ike_secret_wipe(hash, sizeof hash);
    return good;
}

void ike_mschapv2_spread(const uint8_t *raw, uint8_t *out)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < DES_KEY; i++)
        bits = bits << 8 | raw[i];
    for (size_t i = 0; i < DES_BLOCK; i++)
        out[i] = (uint8_t)((bits >> (49 - 7 * i) & 0x7f) << 1);
}

/* RFC 2759 8.5: three keys out of 16 octets and five of nought. */
static bool challenge_response(struct ike_crypto *c, const uint8_t *challenge, const uint8_t *hash,
                               uint8_t *out)
{
    uint8_t keys[3 * DES_KEY] = {0};
    uint8_t spread[DES_BLOCK];
    bool good = true;
    memcpy(keys, hash, MSCHAPV2_HASH);
    for (size_t i = 0; i < 3 && good; i++) {
        ike_mschapv2_spread(keys + i * DES_KEY, spread);
        good = c->ops->des(c, spread, challenge, out + i * DES_BLOCK);
    }
    ike_secret_wipe(keys, sizeof keys);
    ike_secret_wipe(spread, sizeof spread);
    return good;
}

bool ike_mschapv2_response(struct ike_crypto *c, const struct ike_mschapv2 *m, uint8_t *out)
{
    uint8_t challenge[DES_BLOCK];
    uint8_t hash[MSCHAPV2_HASH];
    ike_mschapv2_challenge(c, m, challenge);
    const bool good =
        ike_mschapv2_hash(c, m->password, hash) && challenge_response(c, challenge, hash, out);
    ike_secret_wipe(hash, sizeof hash);
    return good;
}

bool ike_mschapv2_proof(struct ike_crypto *c, const struct ike_mschapv2 *m, const uint8_t *response,
                        uint8_t *out)
{
    static const char digits[] = "0123456789ABCDEF";
    uint8_t hash[MSCHAPV2_HASH];
    uint8_t challenge[DES_BLOCK];
    uint8_t digest[SHA1];
    if (!ike_mschapv2_hash_hash(c, m->password, hash))
        return false;
    const struct ike_bytes first[] = {{.at = hash, .len = sizeof hash},
                                      {.at = response, .len = MSCHAPV2_RESPONSE},
                                      text("Magic server to client signing constant")};
    c->ops->sha1(c, first, 3, digest);
    ike_mschapv2_challenge(c, m, challenge);
    const struct ike_bytes second[] = {{.at = digest, .len = sizeof digest},
                                       {.at = challenge, .len = sizeof challenge},
                                       text("Pad to make it do more than one iteration")};
    uint8_t last[SHA1];
    c->ops->sha1(c, second, 3, last);
    out[0] = 'S';
    out[1] = '=';
    for (size_t i = 0; i < SHA1; i++) {
        out[2 + 2 * i] = (uint8_t)digits[last[i] >> 4];
        out[3 + 2 * i] = (uint8_t)digits[last[i] & 0xf];
    }
    ike_secret_wipe(hash, sizeof hash);
    return true;
}

/* RFC 3079 3.4: GetAsymmetricStartKey for 128 bits. */
static void start_key(struct ike_crypto *c, struct ike_bytes master, const char *magic,
                      uint8_t *out)
{
    uint8_t noughts[40] = {0};
    uint8_t pads[40];
    uint8_t digest[SHA1];
    memset(pads, 0xf2, sizeof pads);
    const struct ike_bytes parts[] = {master,
                                      {.at = noughts, .len = sizeof noughts},
                                      text(magic),
                                      {.at = pads, .len = sizeof pads}};
    c->ops->sha1(c, parts, 4, digest);
    memcpy(out, digest, START_KEY);
}

bool ike_mschapv2_msk(struct ike_crypto *c, struct ike_bytes password, const uint8_t *response,
                      uint8_t *out)
{
    uint8_t hash[MSCHAPV2_HASH];
    uint8_t digest[SHA1];
    if (!ike_mschapv2_hash_hash(c, password, hash))
        return false;
    const struct ike_bytes parts[] = {{.at = hash, .len = sizeof hash},
                                      {.at = response, .len = MSCHAPV2_RESPONSE},
                                      text("This is the MPPE Master Key")};
    c->ops->sha1(c, parts, 3, digest);
    const struct ike_bytes master = {.at = digest, .len = START_KEY};
    memset(out, 0, MSCHAPV2_MSK);
    start_key(c, master,
              "On the client side, this is the send key; on the server side, it is the receive "
              "key.",
              out);
    start_key(c, master,
              "On the client side, this is the receive key; on the server side, it is the send "
              "key.",
              out + START_KEY);
    ike_secret_wipe(hash, sizeof hash);
    ike_secret_wipe(digest, sizeof digest);
    return true;
}
