/* SPDX-License-Identifier: MIT
 * To be written. */
int main(void)
{
    return 0;
}
