/* SPDX-License-Identifier: MIT
 * The anti-replay window of one inbound ESP SA, and what a sequence number of
 * which 32 bits were sent must have been (RFC 4303 3.4.3, Appendix A). Packets
 * and keys are esp.h's. Number 0 is never sent, and counts as one that came. */
#ifndef IKE_ESP_WINDOW_H
#define IKE_ESP_WINDOW_H

#include "ike/limits.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    IKE_ESP_WINDOW_BITS = 64,
    /* A power of two, and one word more than the window fills: it ends in the midst of one. */
    IKE_ESP_WINDOW_WORDS = IKE_ESP_WINDOW_MAX / IKE_ESP_WINDOW_BITS + 1,
};

struct ike_esp_window {
    uint64_t top; /* the highest number that was authenticated */
    uint16_t size;
    uint16_t mask;                       /* words of the ring in use, less one */
    uint64_t ring[IKE_ESP_WINDOW_WORDS]; /* bit n % 64 of word n / 64 & mask: n has come */
};

enum ike_esp_place { ESP_PLACE_NEW, ESP_PLACE_TAKEN, ESP_PLACE_BELOW };

/* `size` numbers are told apart, up to IKE_ESP_WINDOW_MAX; 0: all count as new. */
void ike_esp_window_open(struct ike_esp_window *window, uint32_t size);
/* The number of a packet that carries these 32 bits, most likely: with an extended one the lowest
 * that is not below the window (RFC 4303 A.2.2). */
uint64_t ike_esp_window_number(const struct ike_esp_window *window, uint32_t low, bool extended);
/* Where it stands; changes nothing. */
enum ike_esp_place ike_esp_window_look(const struct ike_esp_window *window, uint64_t number);
/* It is authentic, and has come now. It was new. */
void ike_esp_window_take(struct ike_esp_window *window, uint64_t number);

#endif
