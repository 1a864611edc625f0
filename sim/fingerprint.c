/* SPDX-License-Identifier: MIT
 * The trace hash: two lanes of 64 bits, each a chain of steps that are one to
 * one in the word and in the lane, so a single change can never cancel out. */
#include "sim/fingerprint.h"

#define STEP_A UINT64_C(0x9e3779b97f4a7c15)
#define STEP_B UINT64_C(0xd6e8feb86659fd93)

static uint64_t turned(uint64_t value, unsigned int by)
{
    return value << by | value >> (64 - by);
}

static uint64_t step_a(uint64_t lane, uint64_t word)
{
    return turned((lane ^ word) * STEP_A, 29);
}

static uint64_t step_b(uint64_t lane, uint64_t word)
{
    return turned((lane ^ word) * STEP_B, 31);
}

/* Little-endian whatever the machine; compilers make one load of it where they can. */
static uint64_t word_at(const uint8_t *at)
{
    return (uint64_t)at[0] | (uint64_t)at[1] << 8 | (uint64_t)at[2] << 16 | (uint64_t)at[3] << 24 |
           (uint64_t)at[4] << 32 | (uint64_t)at[5] << 40 | (uint64_t)at[6] << 48 |
           (uint64_t)at[7] << 56;
}

/* The last octets, at most 7; their number is hashed elsewhere. */
static uint64_t word_short(const uint8_t *at, size_t len)
{
    uint64_t word = 0;
    for (size_t i = 0; i < len; i++)
        word |= (uint64_t)at[i] << (8 * i);
    return word;
}

void sim_fingerprint_open(struct sim_fingerprint *f, uint64_t seed)
{
    *f = (struct sim_fingerprint){.lane = {step_a(STEP_B, seed), step_b(STEP_A, seed)}};
}

void sim_fingerprint_add(struct sim_fingerprint *f, enum sim_trace kind, uint64_t at_ns,
                         uint64_t value)
{
    f->count++;
    f->lane[0] = step_a(f->lane[0], at_ns ^ (uint64_t)kind << 56);
    f->lane[1] = step_b(f->lane[1], value + f->count * STEP_A);
}

void sim_fingerprint_bytes(struct sim_fingerprint *f, enum sim_trace kind, uint64_t at_ns,
                           const uint8_t *at, size_t len)
{
    sim_fingerprint_add(f, kind, at_ns, len);
    uint64_t a = f->lane[0];
    uint64_t b = f->lane[1];
    size_t done = 0;
    for (; len - done >= 16; done += 16) {
        a = step_a(a, word_at(at + done));
        b = step_b(b, word_at(at + done + 8));
    }
    if (len - done >= 8) {
        a = step_a(a, word_at(at + done));
        done += 8;
    }
    if (len > done)
        b = step_b(b, word_short(at + done, len - done));
    f->lane[0] = a;
    f->lane[1] = b;
}

/* Spreads every bit of both lanes over all digits. */
static uint64_t finished(uint64_t value)
{
    value = (value ^ value >> 32) * STEP_A;
    value = (value ^ value >> 29) * STEP_B;
    return value ^ value >> 32;
}

void sim_fingerprint_text(const struct sim_fingerprint *f, char out[33])
{
    static const char digits[] = "0123456789abcdef";
    const uint64_t low = finished(f->lane[0] + f->count);
    const uint64_t high = finished(f->lane[1] ^ low);
    for (unsigned int i = 0; i < 16; i++) {
        out[i] = digits[high >> (60 - 4 * i) & 15];
        out[16 + i] = digits[low >> (60 - 4 * i) & 15];
    }
    out[32] = '\0';
}
