/* SPDX-License-Identifier: MIT
 * A library context of OpenSSL whose random octets come from the stream given
 * at open and from nowhere else, so that keys and signatures repeat: a small
 * provider with one generator. The process-wide generator is left alone. */
#include "ike/crypto_openssl.h"

#include <assert.h>
#include <stdlib.h>

#include <openssl/core.h>
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <openssl/rand.h>

#define NAME "IKE-STREAM"

enum { REQUEST_MAX = 1 << 16, STRENGTH = 256 };

/* One of the library's generators: they all draw from one stream. */
struct generator {
    const struct ike_random *random; /* NULL: not told yet */
};

static void *generator_new(void *provider, void *parent, const OSSL_DISPATCH *parent_calls)
{
    (void)provider;
    (void)parent;
    (void)parent_calls;
    return calloc(1, sizeof(struct generator));
}

static void generator_free(void *g)
{
    free(g);
}

/* The library's, with its constants. NOLINTNEXTLINE(readability-function-size) */
static int generator_instantiate(void *g, unsigned strength, int resistance,
                                 const unsigned char *label, size_t label_len,
                                 const OSSL_PARAM *params)
{
    (void)g;
    (void)resistance;
    (void)label;
    (void)label_len;
    (void)params;
    return strength <= STRENGTH;
}

static int generator_uninstantiate(void *g)
{
    (void)g;
    return 1;
}

/* NOLINTNEXTLINE(readability-function-size): the library's */
static int generator_generate(void *g, unsigned char *out, size_t len, unsigned strength,
                              int resistance, const unsigned char *more, size_t more_len)
{
    const struct ike_random *const random = ((struct generator *)g)->random;
    (void)strength;
    (void)resistance;
    (void)more;
    (void)more_len;
    if (random == NULL)
        return 0;
    random->fill(random->owner, out, len);
    return 1;
}

static int generator_lock(void *g)
{
    (void)g;
    return 1;
}

static void generator_unlock(void *g)
{
    (void)g;
}

static int generator_get(void *g, OSSL_PARAM params[])
{
    OSSL_PARAM *p;
    (void)g;
    if ((p = OSSL_PARAM_locate(params, OSSL_RAND_PARAM_STATE)) != NULL &&
        !OSSL_PARAM_set_int(p, EVP_RAND_STATE_READY))
        return 0;
    if ((p = OSSL_PARAM_locate(params, OSSL_RAND_PARAM_STRENGTH)) != NULL &&
        !OSSL_PARAM_set_uint(p, STRENGTH))
        return 0;
    p = OSSL_PARAM_locate(params, OSSL_RAND_PARAM_MAX_REQUEST);
    return p == NULL || OSSL_PARAM_set_size_t(p, REQUEST_MAX);
}

static const OSSL_PARAM *generator_gettable(void *g, void *provider)
{
    static const OSSL_PARAM known[] = {OSSL_PARAM_int(OSSL_RAND_PARAM_STATE, NULL),
                                       OSSL_PARAM_uint(OSSL_RAND_PARAM_STRENGTH, NULL),
                                       OSSL_PARAM_size_t(OSSL_RAND_PARAM_MAX_REQUEST, NULL),
                                       OSSL_PARAM_END};
    (void)g;
    (void)provider;
    return known;
}

static int generator_set(void *g, const OSSL_PARAM params[])
{
    const OSSL_PARAM *const p = OSSL_PARAM_locate_const(params, NAME);
    const void *random = NULL;
    size_t len = 0;
    if (p == NULL)
        return 1;
    if (!OSSL_PARAM_get_octet_ptr(p, &random, &len))
        return 0;
    ((struct generator *)g)->random = random;
    return 1;
}

static const OSSL_PARAM *generator_settable(void *g, void *provider)
{
    static const OSSL_PARAM known[] = {OSSL_PARAM_octet_ptr(NAME, NULL, 0), OSSL_PARAM_END};
    (void)g;
    (void)provider;
    return known;
}

static const OSSL_ALGORITHM *query(void *provider, int operation, int *no_cache)
{
    static const OSSL_DISPATCH calls[] = {
        {OSSL_FUNC_RAND_NEWCTX, (void (*)(void))generator_new},
        {OSSL_FUNC_RAND_FREECTX, (void (*)(void))generator_free},
        {OSSL_FUNC_RAND_INSTANTIATE, (void (*)(void))generator_instantiate},
        {OSSL_FUNC_RAND_UNINSTANTIATE, (void (*)(void))generator_uninstantiate},
        {OSSL_FUNC_RAND_GENERATE, (void (*)(void))generator_generate},
        {OSSL_FUNC_RAND_ENABLE_LOCKING, (void (*)(void))generator_lock},
        {OSSL_FUNC_RAND_LOCK, (void (*)(void))generator_lock},
        {OSSL_FUNC_RAND_UNLOCK, (void (*)(void))generator_unlock},
        {OSSL_FUNC_RAND_GET_CTX_PARAMS, (void (*)(void))generator_get},
        {OSSL_FUNC_RAND_GETTABLE_CTX_PARAMS, (void (*)(void))generator_gettable},
        {OSSL_FUNC_RAND_SET_CTX_PARAMS, (void (*)(void))generator_set},
        {OSSL_FUNC_RAND_SETTABLE_CTX_PARAMS, (void (*)(void))generator_settable},
        {0, NULL},
    };
    static const OSSL_ALGORITHM algorithms[] = {
        {NAME, "provider=ikelab", calls, "octets of a named stream"},
        {NULL, NULL, NULL, NULL},
    };
    (void)provider;
    *no_cache = 0;
    return operation == OSSL_OP_RAND ? algorithms : NULL;
}

static int provider_open(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in,
                         const OSSL_DISPATCH **out, void **context)
{
    static const OSSL_DISPATCH calls[] = {
        {OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))query},
        {0, NULL},
    };
    (void)in;
    *out = calls;
    (void)handle;
    *context = NULL;
    return 1;
}

static bool tell(EVP_RAND_CTX *generator, const struct ike_random *random)
{
    /* The library hands the pointer on and never looks behind it. */
    const void *at = random;
    void *pointer;
    memcpy(&pointer, &at, sizeof pointer);
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_octet_ptr(NAME, &pointer, sizeof *random),
        OSSL_PARAM_construct_end(),
    };
    return generator != NULL && EVP_RAND_CTX_set_params(generator, params) == 1;
}

bool openssl_library_open(struct openssl_library *library, const struct ike_random *random)
{
    *library = (struct openssl_library){.context = OSSL_LIB_CTX_new()};
    OSSL_LIB_CTX *const context = library->context;
    if (context == NULL || OSSL_PROVIDER_add_builtin(context, "ikelab", provider_open) != 1)
        return false;
    library->stream = OSSL_PROVIDER_load(context, "ikelab");
    library->standard = OSSL_PROVIDER_load(context, "default");
    return library->stream != NULL && library->standard != NULL &&
           RAND_set_DRBG_type(context, NAME, "provider=ikelab", NULL, NULL) == 1 &&
           tell(RAND_get0_primary(context), random) && tell(RAND_get0_public(context), random) &&
           tell(RAND_get0_private(context), random);
}

void openssl_library_close(struct openssl_library *library)
{
    if (library->stream != NULL)
        (void)OSSL_PROVIDER_unload(library->stream);
    if (library->standard != NULL)
        (void)OSSL_PROVIDER_unload(library->standard);
    OSSL_LIB_CTX_free(library->context);
}
