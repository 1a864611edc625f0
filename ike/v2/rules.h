/* SPDX-License-Identifier: MIT
 * The state machine as a table: which message may come in which state, what
 * must and may be in it, who handles it, and what is true afterwards. The rows
 * stand beside their handlers, in the exchange_*.c files. */
#ifndef IKE_V2_RULES_H
#define IKE_V2_RULES_H

#include "ike/v2/turn.h"

enum ike_direction { REQUEST, RESPONSE };

typedef enum ike_why ike_handler_fn(struct ike_turn *turn);

struct ike_rule {
    uint8_t exchange;
    uint8_t from;  /* enum ike_direction */
    uint8_t state; /* enum ike_state in which it applies */
    uint32_t must; /* P() bits */
    uint32_t may;
    ike_handler_fn *run;
    uint8_t then; /* state after WHY_OK */
    const char *name;
};

extern const struct ike_rule ike_init_rules[];
extern const size_t ike_init_rule_count;
extern const struct ike_rule ike_resume_rules[];
extern const size_t ike_resume_rule_count;
extern const struct ike_rule ike_followup_rules[];
extern const size_t ike_followup_rule_count;
extern const struct ike_rule ike_intermediate_rules[];
extern const size_t ike_intermediate_rule_count;
extern const struct ike_rule ike_auth_rules[];
extern const size_t ike_auth_rule_count;
extern const struct ike_rule ike_eap_rules[];
extern const size_t ike_eap_rule_count;
extern const struct ike_rule ike_rounds_rules[];
extern const size_t ike_rounds_rule_count;
extern const struct ike_rule ike_hold_rules[];
extern const size_t ike_hold_rule_count;
extern const struct ike_rule ike_child_rules[];
extern const size_t ike_child_rule_count;
extern const struct ike_rule ike_rekey_rules[];
extern const size_t ike_rekey_rule_count;
extern const struct ike_rule ike_info_rules[];
extern const size_t ike_info_rule_count;

/* All rules in the order they are tried; NULL past the last. */
const struct ike_rule *ike_rule_at(size_t index);

/* Finds the rule for the message at hand in turn->rule: the first whose exchange, direction and
 * state fit and whose payloads do. WHY_EXCHANGE_TYPE, WHY_MISSING_PAYLOAD or
 * WHY_UNEXPECTED_PAYLOAD. */
enum ike_why ike_rule_find(struct ike_turn *turn);

#endif
