/* SPDX-License-Identifier: MIT
 * Calls of OpenSSL that may fail, for unit_library.c: a row each, by the number
 * of its arguments: what it returns, its name, what it takes. */
#ifndef TESTS_LIBRARY_CALLS_H
#define TESTS_LIBRARY_CALLS_H

/* clang-format off */
#define LIBRARY_CALLS \
    CALL0(ASN1_INTEGER *, ASN1_INTEGER_new) \
    CALL2(int, ASN1_INTEGER_set_uint64, ASN1_INTEGER *, uint64_t) \
    CALL3(int, ASN1_STRING_set, ASN1_STRING *, const void *, int) \
    CALL1(ASN1_STRING *, ASN1_STRING_type_new, int) \
    CALL2(ASN1_TIME *, ASN1_TIME_set, ASN1_TIME *, time_t) \
    CALL1(BIO *, BIO_new, const BIO_METHOD *) \
    CALL3(int, BIO_write, BIO *, const void *, int) \
    CALL0(BN_CTX *, BN_CTX_new) \
    CALL0(BN_MONT_CTX *, BN_MONT_CTX_new) \
    CALL3(int, BN_MONT_CTX_set, BN_MONT_CTX *, const BIGNUM *, BN_CTX *) \
    CALL3(BIGNUM *, BN_bin2bn, const unsigned char *, int, BIGNUM *) \
    CALL3(int, BN_bn2binpad, const BIGNUM *, unsigned char *, int) \
    CALL1(BIGNUM *, BN_get_rfc2409_prime_1024, BIGNUM *) \
    CALL1(BIGNUM *, BN_get_rfc3526_prime_2048, BIGNUM *) \
    CALL6(int, BN_mod_exp_mont, BIGNUM *, const BIGNUM *, const BIGNUM *, const BIGNUM *, \
          BN_CTX *, BN_MONT_CTX *) \
    CALL6(int, BN_mod_exp_mont_consttime, BIGNUM *, const BIGNUM *, const BIGNUM *, \
          const BIGNUM *, BN_CTX *, BN_MONT_CTX *) \
    CALL0(BIGNUM *, BN_new) \
    CALL0(BIGNUM *, BN_secure_new) \
    CALL2(int, BN_set_word, BIGNUM *, unsigned long) \
    CALL0(ECDSA_SIG *, ECDSA_SIG_new) \
    CALL3(int, ECDSA_SIG_set0, ECDSA_SIG *, BIGNUM *, BIGNUM *) \
    CALL1(EC_GROUP *, EC_GROUP_new_by_curve_name, int) \
    CALL5(int, EC_POINT_get_affine_coordinates, const EC_GROUP *, const EC_POINT *, BIGNUM *, \
          BIGNUM *, BN_CTX *) \
    CALL6(int, EC_POINT_mul, const EC_GROUP *, EC_POINT *, const BIGNUM *, const EC_POINT *, \
          const BIGNUM *, BN_CTX *) \
    CALL1(EC_POINT *, EC_POINT_new, const EC_GROUP *) \
    CALL5(int, EC_POINT_oct2point, const EC_GROUP *, EC_POINT *, const unsigned char *, \
          size_t, BN_CTX *) \
    CALL6(size_t, EC_POINT_point2oct, const EC_GROUP *, const EC_POINT *, \
          point_conversion_form_t, unsigned char *, size_t, BN_CTX *) \
    CALL0(EVP_CIPHER_CTX *, EVP_CIPHER_CTX_new) \
    CALL2(int, EVP_CIPHER_CTX_set_padding, EVP_CIPHER_CTX *, int) \
    CALL3(EVP_CIPHER *, EVP_CIPHER_fetch, OSSL_LIB_CTX *, const char *, const char *) \
    CALL3(int, EVP_DigestFinal_ex, EVP_MD_CTX *, unsigned char *, unsigned int *) \
    CALL3(int, EVP_DigestInit_ex, EVP_MD_CTX *, const EVP_MD *, ENGINE *) \
    CALL3(int, EVP_DigestInit_ex2, EVP_MD_CTX *, const EVP_MD *, const OSSL_PARAM *) \
    CALL5(int, EVP_DigestSign, EVP_MD_CTX *, unsigned char *, size_t *, \
          const unsigned char *, size_t) \
    CALL3(int, EVP_DigestSignFinal, EVP_MD_CTX *, unsigned char *, size_t *) \
    CALL7(int, EVP_DigestSignInit_ex, EVP_MD_CTX *, EVP_PKEY_CTX **, const char *, \
          OSSL_LIB_CTX *, const char *, EVP_PKEY *, const OSSL_PARAM *) \
    CALL3(int, EVP_DigestSignUpdate, EVP_MD_CTX *, const void *, size_t) \
    CALL3(int, EVP_DigestUpdate, EVP_MD_CTX *, const void *, size_t) \
    CALL5(int, EVP_DigestVerify, EVP_MD_CTX *, const unsigned char *, size_t, \
          const unsigned char *, size_t) \
    CALL3(int, EVP_DigestVerifyFinal, EVP_MD_CTX *, const unsigned char *, size_t) \
    CALL7(int, EVP_DigestVerifyInit_ex, EVP_MD_CTX *, EVP_PKEY_CTX **, const char *, \
          OSSL_LIB_CTX *, const char *, EVP_PKEY *, const OSSL_PARAM *) \
    CALL3(int, EVP_DigestVerifyUpdate, EVP_MD_CTX *, const void *, size_t) \
    CALL5(int, EVP_EncryptInit_ex2, EVP_CIPHER_CTX *, const EVP_CIPHER *, \
          const unsigned char *, const unsigned char *, const OSSL_PARAM *) \
    CALL5(int, EVP_EncryptUpdate, EVP_CIPHER_CTX *, unsigned char *, int *, \
          const unsigned char *, int) \
    CALL0(EVP_MD_CTX *, EVP_MD_CTX_new) \
    CALL3(EVP_MD *, EVP_MD_fetch, OSSL_LIB_CTX *, const char *, const char *) \
    CALL3(EVP_PKEY_CTX *, EVP_PKEY_CTX_new_from_name, OSSL_LIB_CTX *, const char *, \
          const char *) \
    CALL3(EVP_PKEY_CTX *, EVP_PKEY_CTX_new_from_pkey, OSSL_LIB_CTX *, EVP_PKEY *, const char *) \
    CALL2(int, EVP_PKEY_CTX_set_rsa_padding, EVP_PKEY_CTX *, int) \
    CALL2(int, EVP_PKEY_CTX_set_rsa_pss_saltlen, EVP_PKEY_CTX *, int) \
    CALL3(int, EVP_PKEY_derive, EVP_PKEY_CTX *, unsigned char *, size_t *) \
    CALL1(int, EVP_PKEY_derive_init, EVP_PKEY_CTX *) \
    CALL3(int, EVP_PKEY_derive_set_peer_ex, EVP_PKEY_CTX *, EVP_PKEY *, int) \
    CALL4(int, EVP_PKEY_fromdata, EVP_PKEY_CTX *, EVP_PKEY **, int, OSSL_PARAM *) \
    CALL1(int, EVP_PKEY_fromdata_init, EVP_PKEY_CTX *) \
    CALL4(int, EVP_PKEY_get_group_name, const EVP_PKEY *, char *, size_t, size_t *) \
    CALL5(int, EVP_PKEY_get_octet_string_param, const EVP_PKEY *, const char *, \
          unsigned char *, size_t, size_t *) \
    CALL3(int, EVP_PKEY_get_raw_public_key, const EVP_PKEY *, unsigned char *, size_t *) \
    CALL1(int, EVP_PKEY_get_size, const EVP_PKEY *) \
    CALL7(int, EVP_Q_digest, OSSL_LIB_CTX *, const char *, const char *, const void *, \
          size_t, unsigned char *, size_t *) \
    CALL2(int, EVP_RAND_CTX_set_params, EVP_RAND_CTX *, const OSSL_PARAM *) \
    CALL0(GENERAL_NAMES *, GENERAL_NAMES_new) \
    CALL0(GENERAL_NAME *, GENERAL_NAME_new) \
    CALL0(OPENSSL_STACK *, OPENSSL_sk_new_null) \
    CALL2(int, OPENSSL_sk_push, OPENSSL_STACK *, const void *) \
    CALL0(OSSL_LIB_CTX *, OSSL_LIB_CTX_new) \
    CALL3(int, OSSL_PROVIDER_add_builtin, OSSL_LIB_CTX *, const char *, OSSL_provider_init_fn *) \
    CALL2(OSSL_PROVIDER *, OSSL_PROVIDER_load, OSSL_LIB_CTX *, const char *) \
    CALL3(OSSL_PROVIDER *, OSSL_PROVIDER_try_load, OSSL_LIB_CTX *, const char *, int) \
    CALL1(EVP_RAND_CTX *, RAND_get0_primary, OSSL_LIB_CTX *) \
    CALL1(EVP_RAND_CTX *, RAND_get0_private, OSSL_LIB_CTX *) \
    CALL1(EVP_RAND_CTX *, RAND_get0_public, OSSL_LIB_CTX *) \
    CALL5(int, RAND_set_DRBG_type, OSSL_LIB_CTX *, const char *, const char *, const char *, \
          const char *) \
    CALL4(long, SSL_CTX_ctrl, SSL_CTX *, int, long, void *) \
    CALL1(SSL_CTX *, SSL_CTX_new, const SSL_METHOD *) \
    CALL2(int, SSL_CTX_set_cipher_list, SSL_CTX *, const char *) \
    CALL2(int, SSL_CTX_set_ciphersuites, SSL_CTX *, const char *) \
    CALL2(int, SSL_CTX_set_num_tickets, SSL_CTX *, size_t) \
    CALL2(int, SSL_CTX_use_PrivateKey, SSL_CTX *, EVP_PKEY *) \
    CALL2(int, SSL_CTX_use_certificate, SSL_CTX *, X509 *) \
    CALL8(int, SSL_export_keying_material, SSL *, unsigned char *, size_t, const char *, \
          size_t, const unsigned char *, size_t, int) \
    CALL1(SSL *, SSL_new, SSL_CTX *) \
    CALL3(int, SSL_write, SSL *, const void *, int) \
    CALL4(X509_EXTENSION *, X509V3_EXT_conf_nid, struct lhash_st_CONF_VALUE *, X509V3_CTX *, \
          int, const char *) \
    CALL2(int, X509_CRL_add0_revoked, X509_CRL *, X509_REVOKED *) \
    CALL2(X509_CRL *, X509_CRL_new_ex, OSSL_LIB_CTX *, const char *) \
    CALL2(int, X509_CRL_set1_lastUpdate, X509_CRL *, const ASN1_TIME *) \
    CALL2(int, X509_CRL_set1_nextUpdate, X509_CRL *, const ASN1_TIME *) \
    CALL2(int, X509_CRL_set_issuer_name, X509_CRL *, const X509_NAME *) \
    CALL2(int, X509_CRL_set_version, X509_CRL *, long) \
    CALL2(int, X509_CRL_sign_ctx, X509_CRL *, EVP_MD_CTX *) \
    CALL7(int, X509_NAME_add_entry_by_txt, X509_NAME *, const char *, int, \
          const unsigned char *, int, int, int) \
    CALL0(X509_REVOKED *, X509_REVOKED_new) \
    CALL2(int, X509_REVOKED_set_revocationDate, X509_REVOKED *, ASN1_TIME *) \
    CALL2(int, X509_REVOKED_set_serialNumber, X509_REVOKED *, ASN1_INTEGER *) \
    CALL4(int, X509_STORE_CTX_init, X509_STORE_CTX *, X509_STORE *, X509 *, \
          struct stack_st_X509 *) \
    CALL2(X509_STORE_CTX *, X509_STORE_CTX_new_ex, OSSL_LIB_CTX *, const char *) \
    CALL2(int, X509_STORE_add_cert, X509_STORE *, X509 *) \
    CALL2(int, X509_STORE_add_crl, X509_STORE *, X509_CRL *) \
    CALL0(X509_STORE *, X509_STORE_new) \
    CALL5(int, X509_add1_ext_i2d, X509 *, int, void *, int, unsigned long) \
    CALL3(int, X509_add_ext, X509 *, X509_EXTENSION *, int) \
    CALL1(EVP_PKEY *, X509_get0_pubkey, const X509 *) \
    CALL1(EVP_PKEY *, X509_get_pubkey, X509 *) \
    CALL2(X509 *, X509_new_ex, OSSL_LIB_CTX *, const char *) \
    CALL2(int, X509_set_issuer_name, X509 *, const X509_NAME *) \
    CALL2(int, X509_set_pubkey, X509 *, EVP_PKEY *) \
    CALL2(int, X509_set_version, X509 *, long) \
    CALL2(int, X509_sign_ctx, X509 *, EVP_MD_CTX *) \
    CALL1(int, X509_verify_cert, X509_STORE_CTX *) \
    CALL3(EVP_PKEY *, d2i_AutoPrivateKey, EVP_PKEY **, const unsigned char **, long) \
    CALL5(EVP_PKEY *, d2i_AutoPrivateKey_ex, EVP_PKEY **, const unsigned char **, long, \
          OSSL_LIB_CTX *, const char *) \
    CALL3(ECDSA_SIG *, d2i_ECDSA_SIG, ECDSA_SIG **, const unsigned char **, long) \
    CALL3(X509 *, d2i_X509, X509 **, const unsigned char **, long) \
    CALL3(X509_CRL *, d2i_X509_CRL, X509_CRL **, const unsigned char **, long) \
    CALL2(int, i2d_ECDSA_SIG, const ECDSA_SIG *, unsigned char **) \
    CALL2(int, i2d_PrivateKey, const EVP_PKEY *, unsigned char **) \
    CALL2(int, i2d_X509, const X509 *, unsigned char **) \
    CALL2(int, i2d_X509_CRL, const X509_CRL *, unsigned char **) \
    CALL2(int, i2d_X509_PUBKEY, const X509_PUBKEY *, unsigned char **)
/* clang-format on */

#endif
