/* SPDX-License-Identifier: MIT
 * What the system asks for each datagram: recvfrom and sendto on a loopback
 * socket, 200 octets, CPU time of this process. With bench_engine this is where
 * the numbers of the implementation profile `ikelab` come from. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 100, BATCHES = 2000, PAYLOAD = 200, ROUNDS = 9 };

static double seconds(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int bound(struct sockaddr_in *at)
{
    socklen_t len = sizeof *at;
    const int s = socket(AF_INET, SOCK_DGRAM, 0);
    *at = (struct sockaddr_in){.sin_family = AF_INET};
    at->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (s < 0 || bind(s, (struct sockaddr *)at, sizeof *at) != 0 ||
        getsockname(s, (struct sockaddr *)at, &len) != 0) {
        perror("bench_udp");
        exit(1);
    }
    return s;
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return x < y ? -1 : x > y ? 1 : 0;
}

int main(void)
{
    static char bytes[2048];
    struct sockaddr_in a, b;
    double sent[ROUNDS] = {0};
    double received[ROUNDS] = {0};
    const int from = bound(&a);
    const int to = bound(&b);
    for (int r = 0; r < ROUNDS; r++) {
        for (int i = 0; i < BATCHES / ROUNDS; i++) {
            double t = seconds();
            for (int k = 0; k < BATCH; k++)
                if (sendto(from, bytes, PAYLOAD, 0, (struct sockaddr *)&b, sizeof b) != PAYLOAD)
                    abort();
            sent[r] += seconds() - t;
            t = seconds();
            for (int k = 0; k < BATCH; k++)
                if (recvfrom(to, bytes, sizeof bytes, 0, NULL, NULL) != PAYLOAD)
                    abort();
            received[r] += seconds() - t;
        }
        sent[r] *= 1e9 / (BATCHES / ROUNDS) / BATCH;
        received[r] *= 1e9 / (BATCHES / ROUNDS) / BATCH;
    }
    qsort(sent, ROUNDS, sizeof sent[0], by_value);
    qsort(received, ROUNDS, sizeof received[0], by_value);
    (void)printf("udp_sendto    %.0f ns (%.0f to %.0f), the loopback's delivery included\n",
                 sent[ROUNDS / 2], sent[0], sent[ROUNDS - 1]);
    (void)printf("udp_recvfrom  %.0f ns (%.0f to %.0f)\n", received[ROUNDS / 2], received[0],
                 received[ROUNDS - 1]);
    (void)close(from);
    (void)close(to);
    return 0;
}
