/* SPDX-License-Identifier: MIT
 * What made this program: for `--version` and the record of every run. */
#ifndef EXPERIMENTS_VERSION_H
#define EXPERIMENTS_VERSION_H

#include "commit.h" /* IKELAB_COMMIT; made by the build */

#if defined __clang__
#define IKELAB_COMPILER "clang " __clang_version__
#else
#define IKELAB_COMPILER "gcc " __VERSION__
#endif

#endif
