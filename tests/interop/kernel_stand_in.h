/* SPDX-License-Identifier: MIT
 * The stand-in for the kernel, in parts: its database of SAs (kernel_stand_in.c)
 * and messages in TCP (stream_stand_in.c). */
#ifndef TESTS_INTEROP_KERNEL_STAND_IN_H
#define TESTS_INTEROP_KERNEL_STAND_IN_H

/* What a function is called that this one stands in front of. */
void *stand_in_real(const char *name);

/* From now on messages are read from and written to this socket, as after the kernel's "espintcp".
 * 0, or -1 and errno. */
int stand_in_frame(int fd);

#endif
