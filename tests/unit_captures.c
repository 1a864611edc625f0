/* SPDX-License-Identifier: MIT
 * To be written. */
#include "tests/test.h"

int main(int argc, char **argv)
{
    return test_main(argc, argv, NULL, 0);
}
