/* SPDX-License-Identifier: MIT
 * What runs say of themselves (notes.h): by a mark what happened, where it is
 * seen, and what would help. */
#include "experiments/notes.h"

#include "experiments/json.h"

#include <stdio.h>

/* `of`: the metric whose greatest value, in milliseconds, stands between the two halves; NULL: none
 * does. */
static const struct {
    const char *mark;
    const char *before; /* "in 2 of 9 runs " */
    const char *of;
    const char *after;
} notes[] = {
    {"late", "more than a thousandth of all events came later than network.lag_limit, at worst by ",
     "lag_max",
     " ms (metrics late_share, lag_p99): lower rates, or a machine with less else to do, would "
     "help; with `network: {late: fail}` such a run fails"},
    {"stand-in", "a stand-in answered a daemon for what the kernel lacks (metric stand_in)", NULL,
     ": that it works is seen so, what it costs is not; a kernel that has it needs no stand-in, "
     "and `ikelab live list` says what each daemon wants"},
    {"shared CPUs", "a daemon had no CPUs to itself (metric cpus_shared)", NULL,
     ": its load ran beside it, and has a part in its times; lower rates would help, or a machine "
     "with more CPUs than `cores` of all real gateways together"},
};

bool notes_say(struct results_db *db, const char *path, bool json)
{
    bool any = false;
    for (size_t i = 0; i < sizeof notes / sizeof notes[0]; i++) {
        const struct results_marked marked = results_marked(db, notes[i].mark, notes[i].of);
        char most[32] = "";
        if (marked.runs == 0)
            continue;
        any = true;
        if (notes[i].of != NULL)
            (void)snprintf(most, sizeof most, "%.1f", (double)marked.most / 1e6);
        (void)fprintf(stderr, "ikelab: note: in %u of %u run%s %s%s%s\n", marked.runs, marked.of,
                      marked.of == 1 ? "" : "s", notes[i].before, most, notes[i].after);
        if (!json)
            continue;
        json_open("note");
        json_text("mark", notes[i].mark);
        json_count("runs", marked.runs);
        json_count("of", marked.of);
        json_close();
    }
    if (any)
        (void)fprintf(stderr, "ikelab: note: in which: ikelab report %s 'SELECT * FROM marks'\n",
                      path);
    return any;
}
