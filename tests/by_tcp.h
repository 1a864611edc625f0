/* SPDX-License-Identifier: MIT
 * Flows by TCP: how their ends are prepared, and their arrows. Connections are
 * "opens" and "closes", messages by them A=B. */
#ifndef TESTS_BY_TCP_H
#define TESTS_BY_TCP_H

#include "tests/flow.h"

#define OPENS     "A=B  opens\n"
#define CLOSES    "A=B  closes\n"
#define INIT_REQ  "A=B  IKE_SA_INIT     req 0  SAi1 KEi Ni " NAT_D "\n"
#define INIT_RSP  "B=A  IKE_SA_INIT     rsp 0  SAr1 KEr Nr " NAT_D "\n"
#define AUTH_REQ  "A=B  IKE_AUTH        req 1  SK{IDi AUTH SAi2 TSi TSr}\n"
#define AUTH_RSP  "B=A  IKE_AUTH        rsp 1  SK{IDr AUTH SAr2 TSi TSr}\n"
#define HANDSHAKE INIT_REQ INIT_RSP AUTH_REQ AUTH_RSP
#define PROBE(id) "A=B  INFORMATIONAL   req " id "  SK{}\nB=A  INFORMATIONAL   rsp " id "  SK{}\n"

/* For flow.prepare: the initiator goes by TCP, and asks by nothing else. */
void at_once(struct pair *pair, enum pair_side i, enum pair_side r);
/* For flow.ended: they agree, and one connection is left. */
bool agree(const struct pair *pair, enum pair_side i, enum pair_side r);
/* A pair that is up by TCP, its trace empty. */
void begin_up(struct pair *pair);

#endif
