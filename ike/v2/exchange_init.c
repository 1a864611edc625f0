/* SPDX-License-Identifier: MIT
 * To be written. */
struct placeholder;
