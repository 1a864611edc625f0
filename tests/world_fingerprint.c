/* SPDX-License-Identifier: MIT
 * One world built in C, and the fingerprint of its run, printed. With a word,
 * one thing in it is another: the seed, one octet of one datagram, one lost
 * datagram, one draw. Links without OpenSSL, SQLite and YAML. */
#include "models/keys.h"
#include "models/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TOUCHED = 500 }; /* which of the provider's random octets, or calls, is another */

static struct ike_random below;
static uint64_t calls;
static bool touch_octet, touch_draw;

/* One octet of what an engine takes for a nonce, key or SPI; or one draw more than the others. */
static void fill(void *owner, uint8_t *out, size_t len)
{
    uint8_t spare[8];
    (void)owner;
    below.fill(below.owner, out, len);
    calls++;
    if (calls == TOUCHED && touch_octet)
        out[len - 1] ^= 1;
    if (calls == TOUCHED && touch_draw)
        below.fill(below.owner, spare, sizeof spare);
}

static struct ike_crypto *provider(struct ike_random random)
{
    if (below.fill != NULL)
        return ike_crypto_modelled(random);
    below = random; /* the first engine's stream is the one touched */
    return ike_crypto_modelled((struct ike_random){.fill = fill});
}

static void complain(void *owner, const char *path, bool fatal, const char *text)
{
    (void)owner;
    (void)fprintf(stderr, "%s%s: %s\n", fatal ? "" : "warning: ", path, text);
}

static const struct {
    const char *path;
    const char *text;
} settings[] = {
    {"for", "8s"},
    {"links.wan.rate", "20Mbit/s"},
    {"links.wan.delay", "15ms"},
    {"links.wan.jitter", "2ms"},
    {"links.wan.loss", "0.5%"},
    {"links.wan.queue", "64"},
    {"gateways.vpn.cores", "2"},
    {"gateways.vpn.implementation", "strongswan-5.9"},
    {"gateways.vpn.sa_max", "10000"},
    {"gateways.vpn.cookies.at", "50"},
    {"gateways.vpn.half_open.timeout", "2s"},
    {"clients.honest.to", "vpn"},
    {"clients.honest.via", "wan"},
    {"clients.honest.arrivals", "poisson 40/s"},
    {"clients.honest.patience", "2s"},
    {"attackers.flood.to", "vpn"},
    {"attackers.flood.via", "wan"},
    {"attackers.flood.rate", "1500/s"},
    {"attackers.flood.from", "2s"},
    {"attackers.flood.until", "6s"},
};

int main(int argc, char **argv)
{
    static struct model_world_config config;
    const char *const change = argc > 1 ? argv[1] : "";
    char error[512] = "";
    char text[33];
    bool good = true;

    model_config_open(&config);
    good = model_config_add(&config, "links", "wan") &&
           model_config_add(&config, "gateways", "vpn") &&
           model_config_add(&config, "clients", "honest") &&
           model_config_add(&config, "attackers", "flood");
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
        good = good &&
               model_config_set(&config, settings[i].path, settings[i].text, error, sizeof error);
    config.seed = strcmp(change, "seed") == 0 ? 8 : 7;
    touch_octet = strcmp(change, "byte") == 0;
    touch_draw = strcmp(change, "draw") == 0;
    if (strcmp(change, "drop") == 0 && argc > 2) /* the share lost; 0.5% is no change */
        good = good && model_config_set(&config, "links.wan.loss", argv[2], error, sizeof error);
    if (!good || model_world_judge(&config, complain, NULL) > 0) {
        (void)fprintf(stderr, "world_fingerprint: %s\n", error);
        return 2;
    }
    struct model_world *const world =
        model_world_open(&config, provider, NULL, error, sizeof error);
    if (world == NULL || !model_world_run(world, NULL, NULL)) {
        (void)fprintf(stderr, "world_fingerprint: %s\n", error);
        return 1;
    }
    const struct sim_fingerprint f = model_world_fingerprint(world);
    sim_fingerprint_text(&f, text);
    (void)printf("%s\n", text);
    model_world_close(world);
    return 0;
}
