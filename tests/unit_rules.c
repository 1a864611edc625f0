/* SPDX-License-Identifier: MIT
 * Which messages are taken in which state, as the RFCs draw them: what must and
 * what may be in each, and that nothing else is. Written from the RFCs' figures,
 * not from the rules. */
#include "ike/v2/rules.h"
#include "tests/test.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *word;
    uint8_t type;
} words[] = {{"SA", PAYLOAD_SA},     {"KE", PAYLOAD_KE},     {"IDi", PAYLOAD_IDI},
             {"IDr", PAYLOAD_IDR},   {"CERT", PAYLOAD_CERT}, {"CERTREQ", PAYLOAD_CERTREQ},
             {"AUTH", PAYLOAD_AUTH}, {"Ni", PAYLOAD_NONCE},  {"N", PAYLOAD_NOTIFY},
             {"D", PAYLOAD_DELETE},  {"V", PAYLOAD_VENDOR},  {"TSi", PAYLOAD_TSI},
             {"TSr", PAYLOAD_TSR},   {"SK", PAYLOAD_SK},     {"CP", PAYLOAD_CP},
             {"EAP", PAYLOAD_EAP}};
enum { WORDS = sizeof words / sizeof words[0] };

static uint32_t read(const char *drawing)
{
    uint32_t bits = 0;
    for (const char *at = drawing; *at != '\0';) {
        const size_t len = strcspn(at, " ");
        bool known = false;
        for (size_t i = 0; i < WORDS; i++)
            if (strlen(words[i].word) == len && memcmp(words[i].word, at, len) == 0) {
                bits |= P(words[i].type);
                known = true;
            }
        EXPECT(known);
        at += len;
        at += strspn(at, " ");
    }
    return bits;
}

struct drawing {
    uint8_t exchange;
    uint8_t from;
    uint8_t state;
    const char *must;
    const char *may; /* beside N and V, which may stand in each */
    const char *rule;
};

/* clang-format off */
#define CHILD "SA TSi TSr"
static const struct drawing drawings[] = {
    /* RFC 7296 1.2 */
    { IKE_SA_INIT, REQUEST,  S_NONE,      "SA KE Ni", "CERTREQ", "init_request"  },
    { IKE_SA_INIT, RESPONSE, S_INIT_SENT, "SA KE Ni", "CERTREQ", "init_response" },
    { IKE_SA_INIT, RESPONSE, S_INIT_SENT, "N",        "",        "init_refused"  },
    { IKE_AUTH, REQUEST,  S_KEYED,     "IDi AUTH " CHILD, "CERT CERTREQ IDr CP", "auth_request"  },
    { IKE_AUTH, RESPONSE, S_AUTH_SENT, "IDr AUTH " CHILD, "CERT CP",             "auth_response" },
    { IKE_AUTH, RESPONSE, S_AUTH_SENT, "N",               "",                    "auth_refused"  },
    /* RFC 7296 1.2, 2.21.2: the Child SA is refused; RFC 6023 3: there is to be none */
    { IKE_AUTH, RESPONSE, S_AUTH_SENT, "IDr AUTH", "CERT CP",             "auth_without_child" },
    { IKE_AUTH, REQUEST,  S_KEYED,     "IDi AUTH", "CERT CERTREQ IDr CP", "childless_request"  },
    /* RFC 7296 2.16 */
    { IKE_AUTH, REQUEST,  S_KEYED,     "IDi " CHILD,  "CERT CERTREQ IDr CP", "eap_asked"         },
    { IKE_AUTH, REQUEST,  S_KEYED,     "IDi",         "CERT CERTREQ IDr CP", "childless_asked"   },
    { IKE_AUTH, RESPONSE, S_AUTH_SENT, "IDr EAP",     "CERT AUTH",           "eap_begun"         },
    { IKE_AUTH, REQUEST,  S_EAP,       "EAP",         "",                    "eap_request"       },
    { IKE_AUTH, RESPONSE, S_EAP,       "EAP",         "",                    "eap_response"      },
    { IKE_AUTH, RESPONSE, S_EAP,       "N",           "",                    "eap_refused"       },
    { IKE_AUTH, REQUEST,  S_EAP_DONE,  "AUTH",        "",                    "eap_proof"         },
    { IKE_AUTH, RESPONSE, S_EAP_DONE,  "AUTH " CHILD, "CP",                  "eap_granted"       },
    { IKE_AUTH, RESPONSE, S_EAP_DONE,  "AUTH N",      "CP",                  "eap_without_child" },
    { IKE_AUTH, RESPONSE, S_EAP_DONE,  "N",           "",                    "eap_refused"       },
    { INFORMATIONAL, REQUEST, S_EAP,      "", "D", "eap_given_up" },
    { INFORMATIONAL, REQUEST, S_EAP_DONE, "", "D", "eap_given_up" },
    { INFORMATIONAL, REQUEST, S_AGAIN,    "", "D", "eap_given_up" },
    { INFORMATIONAL, REQUEST, S_AWAY,     "", "D", "eap_given_up" },
    /* RFC 4739 2.1 */
    { IKE_AUTH, REQUEST,  S_AGAIN, "IDi",  "AUTH CERT CERTREQ IDr", "again_asked"    },
    { IKE_AUTH, RESPONSE, S_EAP_DONE, "AUTH", "",                   "eap_continued"  },
    { IKE_AUTH, RESPONSE, S_AGAIN, "EAP",  "",                      "again_begun"    },
    { IKE_AUTH, RESPONSE, S_AGAIN, CHILD,  "CP",                    "again_granted"  },
    { IKE_AUTH, RESPONSE, S_AGAIN, "N",    "",                      "again_refused"  },
    { IKE_AUTH, RESPONSE, S_AGAIN, "",     "",                      "again_answered" },
    /* RFC 5723 4.3.1 to 4.3.3 */
    { IKE_SESSION_RESUME, REQUEST,  S_NONE,        "Ni N", "", "resume_request"  },
    { IKE_SESSION_RESUME, RESPONSE, S_RESUME_SENT, "Ni",   "", "resume_response" },
    { IKE_SESSION_RESUME, RESPONSE, S_RESUME_SENT, "N",    "", "resume_refused"  },
    { IKE_AUTH, REQUEST,  S_RESUMED,    "IDi AUTH " CHILD, "CERTREQ IDr CP", "resumed_request"       },
    { IKE_AUTH, REQUEST,  S_RESUMED,    "IDi AUTH",        "CERTREQ IDr CP", "resumed_childless"     },
    { IKE_AUTH, RESPONSE, S_PROOF_SENT, "IDr AUTH " CHILD, "CP",             "resumed_response"      },
    { IKE_AUTH, RESPONSE, S_PROOF_SENT, "IDr AUTH",        "CP",             "resumed_without_child" },
    { IKE_AUTH, RESPONSE, S_PROOF_SENT, "N",               "",               "resumed_refused"       },
    /* RFC 7296 1.3.1 to 1.3.3, 2.25 */
    { CREATE_CHILD_SA, REQUEST,  S_ESTABLISHED, "Ni " CHILD, "KE",         "child_request"       },
    { CREATE_CHILD_SA, RESPONSE, S_ESTABLISHED, "Ni " CHILD, "KE",         "child_response"      },
    { CREATE_CHILD_SA, RESPONSE, S_ESTABLISHED, "N",         "",           "ike_create_refused"  },
    { CREATE_CHILD_SA, RESPONSE, S_REPLACED,    "N",         "",           "ike_create_refused"  },
    { CREATE_CHILD_SA, REQUEST,  S_DELETING,    "SA Ni",     "KE TSi TSr", "ike_create_too_late" },
    { CREATE_CHILD_SA, REQUEST,  S_REPLACED,    "SA Ni",     "KE TSi TSr", "ike_create_too_late" },
    { CREATE_CHILD_SA, REQUEST,  S_REDUNDANT,   "SA Ni",     "KE TSi TSr", "ike_create_too_late" },
    { CREATE_CHILD_SA, REQUEST,  S_ESTABLISHED, "SA Ni KE",  "",           "rekey_request"       },
    { CREATE_CHILD_SA, RESPONSE, S_ESTABLISHED, "SA Ni KE",  "",           "rekey_response"      },
    { CREATE_CHILD_SA, RESPONSE, S_REPLACED,    "SA Ni KE",  "",           "rekey_response"      },
    /* RFC 7296 1.4 */
    { INFORMATIONAL, REQUEST,  S_ESTABLISHED, "", "D CP", "info_request"  },
    { INFORMATIONAL, REQUEST,  S_DELETING,    "", "D CP", "info_request"  },
    { INFORMATIONAL, REQUEST,  S_RIVAL,       "", "D CP", "info_request"  },
    { INFORMATIONAL, REQUEST,  S_REDUNDANT,   "", "D CP", "info_request"  },
    { INFORMATIONAL, REQUEST,  S_REPLACED,    "", "D CP", "info_request"  },
    { INFORMATIONAL, RESPONSE, S_ESTABLISHED, "", "D CP", "info_response" },
    { INFORMATIONAL, RESPONSE, S_DELETING,    "", "D CP", "info_response" },
    { INFORMATIONAL, RESPONSE, S_REDUNDANT,   "", "D CP", "info_response" },
    { INFORMATIONAL, RESPONSE, S_REPLACED,    "", "D CP", "info_response" },
    /* RFC 9370 2.2.2, 2.2.4 */
    { IKE_INTERMEDIATE, REQUEST,  S_PART_KEYED,  "KE",   "",   "addke_request"      },
    { IKE_INTERMEDIATE, RESPONSE, S_ADDKE_SENT,  "KE",   "",   "addke_response"     },
    { IKE_INTERMEDIATE, RESPONSE, S_ADDKE_SENT,  "N",    "",   "addke_refused"      },
    { IKE_FOLLOWUP_KE,  REQUEST,  S_ESTABLISHED, "KE N", "",   "followup_request"   },
    { IKE_FOLLOWUP_KE,  RESPONSE, S_ESTABLISHED, "KE",   "",   "followup_response"  },
    { IKE_FOLLOWUP_KE,  RESPONSE, S_ESTABLISHED, "N",    "",   "ike_create_refused" },
    { IKE_FOLLOWUP_KE,  REQUEST,  S_DELETING,    "",     "KE", "followup_too_late"  },
    { IKE_FOLLOWUP_KE,  REQUEST,  S_REPLACED,    "",     "KE", "followup_too_late"  },
    { IKE_FOLLOWUP_KE,  REQUEST,  S_REDUNDANT,   "",     "KE", "followup_too_late"  },
};
/* clang-format on */

static struct ike_turn turn;

/* The rule for a message of these payloads; "": there is none, for `why`. */
static const char *rule_of(const struct drawing *d, uint32_t there, uint32_t twice,
                           enum ike_why *why)
{
    static struct ike_sa sa;
    memset(&turn.in, 0, sizeof turn.in);
    sa.state = d->state;
    turn.sa = d->state == S_NONE ? NULL : &sa;
    turn.rule = NULL;
    turn.in.head.exchange = d->exchange;
    turn.in.head.flags = d->from == RESPONSE ? FLAG_RESPONSE : 0;
    turn.in.there = there | (d->exchange == IKE_SA_INIT ? 0 : P(PAYLOAD_SK));
    turn.in.twice = twice;
    *why = ike_rule_find(&turn);
    return *why == WHY_OK ? turn.rule->name : "";
}

static bool is(const struct drawing *d, uint32_t there, uint32_t twice)
{
    enum ike_why why;
    const bool same = strcmp(rule_of(d, there, twice, &why), d->rule) == 0;
    return same;
}

static void say(const struct drawing *d, const char *what, const char *payload)
{
    if (what != NULL)
        (void)printf("# %s: %s %s\n", d->rule, what, payload);
}

static void test_a_message_is_taken_with_all_and_with_none_of_what_may_be_there(void)
{
    for (size_t i = 0; i < sizeof drawings / sizeof drawings[0]; i++) {
        const struct drawing *const d = &drawings[i];
        const uint32_t must = read(d->must), may = read(d->may);
        if (!EXPECT(is(d, must, 0)))
            say(d, "plain", "");
        if (!EXPECT(is(d, must | may, 0)))
            say(d, "with all", "");
        for (size_t k = 0; k < WORDS; k++)
            if ((may & P(words[k].type)) != 0 && !EXPECT(is(d, must | P(words[k].type), 0)))
                say(d, "with", words[k].word);
        const bool bare = strcmp(d->rule, "eap_continued") == 0 ||
                          strcmp(d->rule, "again_answered") == 0; /* a notify makes it another */
        EXPECT(is(d, must | may | P(PAYLOAD_VENDOR), P(PAYLOAD_VENDOR)));
        /* RFC 7296 3.10, 3.12 */
        EXPECT(bare || is(d, must | may | P(PAYLOAD_NOTIFY) | P(PAYLOAD_VENDOR),
                          P(PAYLOAD_NOTIFY) | P(PAYLOAD_VENDOR)));
    }
}

static void test_a_message_is_not_taken_without_what_must_be_there(void)
{
    for (size_t i = 0; i < sizeof drawings / sizeof drawings[0]; i++) {
        const struct drawing *const d = &drawings[i];
        const uint32_t must = read(d->must), may = read(d->may);
        for (size_t k = 0; k < WORDS; k++)
            if ((must & P(words[k].type)) != 0 &&
                !EXPECT(!is(d, (must | may) & ~P(words[k].type), 0)))
                say(d, "without", words[k].word);
    }
}

/* Nor with a second one of what may be there once. */
static void test_a_message_is_not_taken_with_anything_else(void)
{
    for (size_t i = 0; i < sizeof drawings / sizeof drawings[0]; i++) {
        const struct drawing *const d = &drawings[i];
        const uint32_t must = read(d->must), may = read(d->may);
        const uint32_t always = read("N V SK");
        const uint32_t many =
            read(d->exchange == INFORMATIONAL ? "N V CERT CERTREQ D CP" : "N V CERT CERTREQ D");
        for (size_t k = 0; k < WORDS; k++) {
            const uint32_t one = P(words[k].type);
            if (((must | may | always) & one) == 0 && !EXPECT(!is(d, must | one, 0)))
                say(d, "beside", words[k].word);
            if (((must | may) & one) != 0 && !EXPECT(is(d, must | one, one) == ((many & one) != 0)))
                say(d, "twice", words[k].word);
        }
    }
}

/* RFC 7296 2.21: why not. */
static void test_what_is_wrong_with_a_message_is_told(void)
{
    static const struct {
        struct drawing where;
        const char *there;
        enum ike_why why;
    } rows[] = {
        {{IKE_SA_INIT, REQUEST, S_NONE, "", "", ""}, "SA KE", WHY_MISSING_PAYLOAD},
        {{IKE_SA_INIT, REQUEST, S_NONE, "", "", ""}, "SA KE Ni AUTH", WHY_UNEXPECTED_PAYLOAD},
        {{IKE_AUTH, REQUEST, S_NONE, "", "", ""}, "IDi AUTH", WHY_EXCHANGE_TYPE},
        {{INFORMATIONAL, REQUEST, S_KEYED, "", "", ""}, "D", WHY_EXCHANGE_TYPE},
        {{INFORMATIONAL, REQUEST, S_ESTABLISHED, "", "", ""}, "KE", WHY_UNEXPECTED_PAYLOAD},
        {{IKE_SA_INIT, REQUEST, S_ESTABLISHED, "", "", ""}, "SA KE Ni", WHY_EXCHANGE_TYPE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        enum ike_why why;
        EXPECT_STR(rule_of(&rows[i].where, read(rows[i].there), 0, &why), "");
        EXPECT_EQ(why, rows[i].why);
    }
}

/* RFC 7296 3.6: while a message is held for an answer from outside, its copies are absorbed,
 * whatever they are. */
static void test_while_a_message_is_held_its_copies_are_absorbed(void)
{
    const struct drawing request = {IKE_AUTH, REQUEST, S_HELD, "", "", ""};
    const struct drawing response = {IKE_AUTH, RESPONSE, S_HELD, "", "", ""};
    enum ike_why why;
    for (size_t k = 0; k < WORDS; k++) {
        EXPECT_STR(rule_of(&request, P(words[k].type), 0, &why), "held_request");
        EXPECT_STR(rule_of(&response, P(words[k].type), 0, &why), "held_response");
    }
    EXPECT_STR(rule_of(&request, 0, 0, &why), "held_request");
    EXPECT_STR(rule_of(&response, 0, 0, &why), "held_response");
}

static void test_every_rule_is_drawn(void)
{
    const struct ike_rule *rule;
    for (size_t at = 0; (rule = ike_rule_at(at)) != NULL; at++) {
        bool drawn = rule->state == S_HELD;
        for (size_t i = 0; i < sizeof drawings / sizeof drawings[0]; i++)
            drawn = drawn ||
                    (drawings[i].state == rule->state && drawings[i].exchange == rule->exchange &&
                     drawings[i].from == rule->from && strcmp(drawings[i].rule, rule->name) == 0);
        if (!EXPECT(drawn))
            (void)printf("# %s\n", rule->name);
    }
    EXPECT(ike_rule_at(SIZE_MAX) == NULL);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_a_message_is_taken_with_all_and_with_none_of_what_may_be_there),
        TEST(test_a_message_is_not_taken_without_what_must_be_there),
        TEST(test_a_message_is_not_taken_with_anything_else),
        TEST(test_what_is_wrong_with_a_message_is_told),
        TEST(test_while_a_message_is_held_its_copies_are_absorbed),
        TEST(test_every_rule_is_drawn),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
