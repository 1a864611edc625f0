/* SPDX-License-Identifier: MIT
 * The SELECT of the short table: at most some 100 columns of text, so not all
 * that `ikelab report` prints. */
#include "experiments/answer.h"

const char *answer_sql(struct study *study, bool marked)
{
    static const char of_clients[] = "\"success %\", \"setup p50 ms\" AS \"p50 ms\", \"p95 ms\", ";
    static const char of_requests[] = "\"refused %\", \"wait us\", ";
    const char *columns = "";
    for (uint32_t i = 0; i < study->sweep.axis_count; i++)
        columns =
            arena_format(&study->arena,
                         "%s(SELECT text FROM param AS p WHERE p.point = a.point AND p.path = "
                         "'%s') AS \"%s\", ",
                         columns, study->sweep.axes[i].path, study_axis_head(study, i));
    return arena_format(
        &study->arena,
        "SELECT %s%s\"half-open max\", \"cpu %%\", \"inbox drops\", "
        "round(\"memory KiB\" / 1024, 1) AS \"memory MiB\"%s FROM answer_of_points AS a",
        columns, study->base.client_count > 0 ? of_clients : of_requests, marked ? ", marks" : "");
}
