/* SPDX-License-Identifier: MIT
 * What every crypto provider must do, as test functions that take one; and
 * streams of octets for it that a test chooses. */
#ifndef TESTS_CRYPTO_CASES_H
#define TESTS_CRYPTO_CASES_H

#include "ike/crypto.h"

/* Octets that repeat with the seed, after a script's: those first, as they stand. */
struct crypto_stream {
    uint64_t state;
    uint8_t script[128];
    size_t script_len;
    size_t script_at;
};
struct ike_random crypto_stream_random(struct crypto_stream *stream, uint64_t seed);
/* The next octets drawn, from hex. */
void crypto_stream_say(struct crypto_stream *stream, const char *hex);

/* Reads hex, blanks between octets allowed; how many octets. */
size_t crypto_hex(const char *hex, uint8_t *out, size_t max);
bool crypto_is_hex(const uint8_t *at, size_t len, const char *hex);

typedef struct ike_crypto *crypto_open_fn(struct ike_random random);

void crypto_case_what_is_sealed_opens(crypto_open_fn *open);
void crypto_case_any_changed_bit_is_refused(crypto_open_fn *open);
void crypto_case_wrong_keys_are_refused(crypto_open_fn *open);
void crypto_case_both_ends_get_one_secret(crypto_open_fn *open);
void crypto_case_bad_public_values_are_refused(crypto_open_fn *open);
void crypto_case_real_public_values_are_accepted(crypto_open_fn *open);
void crypto_case_one_stream_gives_one_outcome(crypto_open_fn *open);
void crypto_case_prf_parts_are_one_text(crypto_open_fn *open);
void crypto_case_prf_depends_on_each_bit(crypto_open_fn *open);
void crypto_case_many_keys_do_not_mix(crypto_open_fn *open);

#endif
