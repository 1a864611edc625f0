/* SPDX-License-Identifier: MIT
 * Looking a message up in the rules. */
#include "ike/v2/rules.h"

/* The counts stand in other files, so that only their addresses are known here. */
static const struct {
    const struct ike_rule *rules;
    const size_t *count;
} groups[] = {
    {ike_init_rules, &ike_init_rule_count},
    {ike_resume_rules, &ike_resume_rule_count},
    {ike_auth_rules, &ike_auth_rule_count},
    {ike_eap_rules, &ike_eap_rule_count},
    {ike_child_rules, &ike_child_rule_count},
    {ike_rekey_rules, &ike_rekey_rule_count},
    {ike_rounds_rules, &ike_rounds_rule_count},
    {ike_hold_rules, &ike_hold_rule_count},
    {ike_info_rules, &ike_info_rule_count},
    {ike_intermediate_rules, &ike_intermediate_rule_count},
    {ike_followup_rules, &ike_followup_rule_count},
};
enum { GROUPS = sizeof groups / sizeof groups[0] };

const struct ike_rule *ike_rule_at(size_t index)
{
    for (size_t i = 0; i < GROUPS; i++) {
        if (index < *groups[i].count)
            return &groups[i].rules[index];
        index -= *groups[i].count;
    }
    return NULL;
}

/* Payloads that may stand in any message, any number of times (RFC 7296 3.10, 3.12), and SK itself.
 */
static const uint32_t always = P(PAYLOAD_NOTIFY) | P(PAYLOAD_VENDOR) | P(PAYLOAD_SK);
static const uint32_t repeatable = P(PAYLOAD_NOTIFY) | P(PAYLOAD_VENDOR) | P(PAYLOAD_CERT) |
                                   P(PAYLOAD_CERTREQ) | P(PAYLOAD_DELETE);

/* Whether the payloads of the message fit the rule. */
static enum ike_why judge(const struct ike_message *in, const struct ike_rule *rule)
{
    const uint32_t there = ike_message_failed(in) ? in->there & always : in->there;
    const uint32_t many = rule->exchange == INFORMATIONAL ? repeatable | P(PAYLOAD_CP) : repeatable;
    if ((there & rule->must) != rule->must)
        return WHY_MISSING_PAYLOAD;
    if ((there & ~(rule->must | rule->may | always)) != 0 || (in->twice & ~many) != 0)
        return WHY_UNEXPECTED_PAYLOAD;
    return WHY_OK;
}

enum ike_why ike_rule_find(struct ike_turn *turn)
{
    const struct ike_message *const in = &turn->in;
    const uint8_t exchange = in->head.exchange;
    const uint8_t from = (in->head.flags & FLAG_RESPONSE) != 0 ? RESPONSE : REQUEST;
    const uint8_t state = turn->sa == NULL ? S_NONE : turn->sa->state;
    enum ike_why why = WHY_EXCHANGE_TYPE;

    for (size_t i = 0; i < GROUPS; i++) {
        const struct ike_rule *const end = groups[i].rules + *groups[i].count;
        for (const struct ike_rule *rule = groups[i].rules; rule < end; rule++) {
            if (rule->exchange != exchange || rule->from != from || rule->state != state)
                continue;
            if ((why = judge(in, rule)) != WHY_OK)
                continue;
            turn->rule = rule;
            return WHY_OK;
        }
    }
    return why;
}
