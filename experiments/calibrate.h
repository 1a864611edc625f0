/* SPDX-License-Identifier: MIT
 * `ikelab calibrate`: measures the cryptographic primitives of this machine
 * and prints them as the machine half of a cost profile. */
#ifndef EXPERIMENTS_CALIBRATE_H
#define EXPERIMENTS_CALIBRATE_H

/* argv[0] is the command's own name, "calibrate"; its options follow. The exit status. */
int experiments_calibrate(int argc, char **argv);

#endif
