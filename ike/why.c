/* SPDX-License-Identifier: MIT
 * The rows of why.h as a table. */
#include "ike/why.h"

#include <assert.h>

static const struct ike_why_row rows[IKE_WHY_COUNT] = {
#define ROW(id, name, clear, sealed, notify, source) \
    [WHY_##id] = {name, ACTION_##clear, ACTION_##sealed, notify, source},
    IKE_WHY_ROWS(ROW)
#undef ROW
};

const struct ike_why_row *ike_why_row(enum ike_why why)
{
    assert((unsigned)why < IKE_WHY_COUNT);
    return &rows[why];
}
