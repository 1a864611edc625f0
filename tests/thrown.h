/* SPDX-License-Identifier: MIT
 * An exception of C++, thrown from C: what the module with ns-3 in it throws
 * when there is no memory. It must be loaded. */
#ifndef TESTS_THROWN_H
#define TESTS_THROWN_H

#include "tests/test.h"

#include <dlfcn.h>
#include <string.h>

/* Throws std::bad_alloc through whoever called, as C++'s own library does. */
static inline void throw_bad_alloc(void)
{
    void *const library = dlopen("libstdc++.so.6", RTLD_NOW | RTLD_NOLOAD);
    void *const symbol = library != NULL ? dlsym(library, "_ZSt17__throw_bad_allocv") : NULL;
    void (*thrown)(void) = NULL;
    if (library != NULL)
        (void)dlclose(library); /* who has loaded it keeps it */
    if (!EXPECT(symbol != NULL))
        return;
    memcpy(&thrown, &symbol, sizeof thrown);
    thrown();
}

#endif
