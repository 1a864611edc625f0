/* SPDX-License-Identifier: MIT
 * The maximums of this room. */
#ifndef RESULTS_LIMITS_H
#define RESULTS_LIMITS_H

enum results_limits {
    RESULTS_SCHEMA = 2,      /* user_version of the database */
    RESULTS_ERROR_MAX = 512, /* a line of error text */
    RESULTS_PATH_MAX = 4096,
};

#endif
