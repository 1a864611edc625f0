/* SPDX-License-Identifier: MIT
 * Passports: one place for each that is kept, in address space reserved. */
#include "models/passports.h"

#include "ike/pool.h"
#include "ike/v2/bundle.h"

#include <assert.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* The certificate stands in `octets`, and where all of the chain is had as one that after it. */
struct passport {
    struct ike_credential credential;
    uint32_t serial; /* 0: none yet */
    char url[MODEL_URL_MAX];
    uint8_t octets[];
};

static struct passport *at(const struct model_passports *p, uint32_t serial)
{
    return (void *)(p->room + serial % p->count * p->size);
}

/* Of a bundle: heads of its items, and its own. */
static size_t bundle_max(const struct model_papers *papers)
{
    enum { HEAD = 4 };
    return (papers->links + 1U) * (model_papers_cert_max(papers) + HEAD) + HEAD;
}

bool model_passports_open(struct model_passports *passports, struct model_papers *papers,
                          enum model_urls urls, uint32_t count)
{
    size_t size = sizeof(struct passport) + model_papers_cert_max(papers);
    size += urls == MODEL_URL_BUNDLE ? bundle_max(papers) : 0;
    *passports = (struct model_passports){
        .papers = papers, .urls = urls, .count = count, .size = (size + 15) / 16 * 16};
    (void)snprintf(passports->prefix, sizeof passports->prefix, "http://%s.test/", papers->name);
    for (uint8_t i = 0; i < papers->links; i++)
        (void)snprintf(passports->links[i], MODEL_URL_MAX, "http://%s.test/ca-%d", papers->name,
                       i + 1);
    passports->room = ike_reserve(count, passports->size);
    return passports->room != NULL;
}

void model_passports_close(struct model_passports *passports)
{
    ike_unreserve(passports->room, passports->count, passports->size);
    *passports = (struct model_passports){.papers = NULL};
}

static bool put_bundle(struct ike_writer *w, struct ike_credential *credential)
{
    const size_t before = w->len;
    const size_t begin = ike_bundle_begin(w);
    for (uint8_t i = 0; i < credential->chain_count; i++)
        ike_bundle_put(w, BUNDLE_CERT, credential->chain[i]);
    ike_bundle_end(w, begin);
    credential->bundle = (struct ike_bytes){.at = w->base + before, .len = w->len - before};
    return !w->bad;
}

/* Where what was made is to be had. */
static void name(const struct model_passports *p, struct passport *one)
{
    (void)snprintf(one->url, sizeof one->url, "%s%u", p->prefix, one->serial);
    if (p->urls == MODEL_URL_BUNDLE)
        one->credential.bundle_url = one->url;
    if (p->urls != MODEL_URL_EACH)
        return;
    one->credential.urls[0] = one->url;
    for (uint8_t i = 1; i < one->credential.chain_count; i++)
        one->credential.urls[i] = p->links[i - 1];
}

const struct ike_credential *model_passports_of(struct model_passports *passports, uint32_t serial,
                                                const struct ike_id *id)
{
    assert(serial != 0);
    if (passports->papers == NULL)
        return NULL;
    struct passport *const one = at(passports, serial);
    if (one->serial == serial)
        return &one->credential;
    const size_t len = passports->size - offsetof(struct passport, octets);
    struct ike_writer w = wr_open(one->octets, len);
    bool done = model_papers_issue(passports->papers, id, serial, &w, &one->credential);
    if (done && passports->urls == MODEL_URL_BUNDLE)
        done = put_bundle(&w, &one->credential);
    one->serial = done ? serial : 0;
    if (done)
        name(passports, one);
    return done ? &one->credential : NULL;
}

static bool is_named(struct ike_bytes url, const char *name)
{
    return ike_bytes_equal(url, (struct ike_bytes){.at = (const uint8_t *)name, strlen(name)});
}

/* The number after the prefix; 0: there is none. */
static uint32_t serial_in(const struct model_passports *p, struct ike_bytes url)
{
    struct ike_reader r = rd_open(url);
    const struct ike_bytes prefix = {.at = (const uint8_t *)p->prefix, .len = strlen(p->prefix)};
    uint64_t serial = 0;
    if (!ike_bytes_equal(rd_bytes(&r, prefix.len), prefix))
        return 0;
    while (r.left > 0 && serial < UINT32_MAX) {
        const uint8_t digit = rd_u8(&r);
        if (digit < '0' || digit > '9')
            return 0;
        serial = serial * 10 + digit - '0';
    }
    return serial <= UINT32_MAX ? (uint32_t)serial : 0;
}

struct ike_bytes model_passports_fetch(const struct model_passports *passports,
                                       struct ike_bytes url)
{
    static const struct ike_bytes nothing = {.at = NULL, .len = 0};
    const struct model_papers *const papers = passports->papers;
    for (uint8_t i = 0; i < papers->links; i++)
        if (is_named(url, passports->links[i]))
            return papers->credential.chain[i + 1];
    const uint32_t serial = serial_in(passports, url);
    const struct passport *const one = at(passports, serial);
    if (serial == 0 || one->serial != serial || passports->urls == MODEL_NO_URLS)
        return nothing;
    return passports->urls == MODEL_URL_BUNDLE ? one->credential.bundle : one->credential.chain[0];
}
