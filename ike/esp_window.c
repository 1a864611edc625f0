/* SPDX-License-Identifier: MIT
 * The anti-replay window as a ring of words: moving it clears words and shifts
 * nothing, as RFC 6479 3 has it, but its size is exact. */
#include "ike/esp_window.h"

#include <assert.h>
#include <string.h>

void ike_esp_window_open(struct ike_esp_window *window, uint32_t size)
{
    const uint32_t least = (size + IKE_ESP_WINDOW_BITS - 1) / IKE_ESP_WINDOW_BITS + 1;
    uint32_t words = 1;
    assert(size <= IKE_ESP_WINDOW_MAX);
    while (words < least)
        words *= 2;
    assert(words <= IKE_ESP_WINDOW_WORDS);
    *window =
        (struct ike_esp_window){.top = 0, .size = (uint16_t)size, .mask = (uint16_t)(words - 1)};
    window->ring[0] = 1; /* number 0 */
}

uint64_t ike_esp_window_number(const struct ike_esp_window *window, uint32_t low, bool extended)
{
    if (!extended)
        return low;
    /* Who refuses no number must all the same guess half of it (RFC 4303 3.3.3). */
    const uint64_t size = window->size > 0 ? window->size : IKE_ESP_WINDOW;
    const uint64_t bottom = window->top >= size - 1 ? window->top - (size - 1) : 0;
    return bottom + (uint32_t)(low - (uint32_t)bottom);
}

static uint64_t *word_of(struct ike_esp_window *window, uint64_t number)
{
    return &window->ring[number / IKE_ESP_WINDOW_BITS & window->mask];
}

enum ike_esp_place ike_esp_window_look(const struct ike_esp_window *window, uint64_t number)
{
    if (window->size == 0 || number > window->top)
        return ESP_PLACE_NEW;
    if (window->top - number >= window->size)
        return ESP_PLACE_BELOW;
    const uint64_t word = window->ring[number / IKE_ESP_WINDOW_BITS & window->mask];
    return (word >> number % IKE_ESP_WINDOW_BITS & 1) != 0 ? ESP_PLACE_TAKEN : ESP_PLACE_NEW;
}

/* The words that the window enters are of numbers long gone. */
static void move_to(struct ike_esp_window *window, uint64_t number)
{
    const uint64_t last = number / IKE_ESP_WINDOW_BITS;
    uint64_t word = window->top / IKE_ESP_WINDOW_BITS;
    if (last - word > window->mask)
        word = last - window->mask - 1; /* all of them */
    while (word < last)
        window->ring[++word & window->mask] = 0;
    window->top = number;
}

void ike_esp_window_take(struct ike_esp_window *window, uint64_t number)
{
    assert(ike_esp_window_look(window, number) == ESP_PLACE_NEW);
    if (number > window->top)
        move_to(window, number);
    *word_of(window, number) |= UINT64_C(1) << number % IKE_ESP_WINDOW_BITS;
}
