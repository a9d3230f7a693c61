/* Times throttle checks through herald.h: check key|name
 *
 * Reads lines such as "suppressed 100" (what to ask, and for how many milliseconds), and answers
 * each with the nanoseconds that one check took in the median batch.
 */
#define _POSIX_C_SOURCE 200809L

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "herald.h"

/* As many as on the Rust side. */
#define BATCH 2000
#define MAX_BATCHES 100000
#define HOUR_S 3600

static herald_manager *manager;
static uint64_t stop;
static double times[MAX_BATCHES];

static void expect(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "%s: %s\n", what, herald_last_error());
        exit(1);
    }
}

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int order(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

__attribute__((noinline)) static bool nothing(uint64_t key, uint64_t window_ms)
{
    __asm__ volatile("" : "+r"(key), "+r"(window_ms));
    return false;
}

static inline bool admits_key(uint64_t window_ms)
{
    herald_decision decision;
    if (herald_admit(manager, stop, window_ms, &decision) != HERALD_OK)
        return false;
    return decision.admitted;
}

static inline bool throttles_name(void)
{
    bool throttled;
    return herald_is_throttled(manager, "Stop", HOUR_S, &throttled) == HERALD_OK && throttled;
}

static inline bool admits_name(void)
{
    herald_decision decision;
    uint64_t key;
    if (herald_key_of("Stop", &key) != HERALD_OK)
        return false;
    return herald_admit(manager, key, 0, &decision) == HERALD_OK && decision.admitted;
}

/* A macro, so that no call through a pointer is measured, too. */
#define MEASURE(check, answer)                                                                     \
    do {                                                                                           \
        int64_t first = now_ns(), end;                                                             \
        do {                                                                                       \
            int yes = 0;                                                                           \
            int64_t start = now_ns();                                                              \
            for (int n = 0; n < BATCH; n++)                                                        \
                yes += (check);                                                                    \
            end = now_ns();                                                                        \
            expect(yes == ((answer) ? BATCH : 0), #check);                                         \
            times[batches++] = (double)(end - start) / BATCH;                                      \
        } while (end - first < limit_ns && batches < MAX_BATCHES);                                \
    } while (0)

int main(int argc, char **argv)
{
    bool by_name = argc > 1 && strcmp(argv[1], "name") == 0;
    char what[16];
    long long limit_ms;

    expect(herald_open(NULL, 0, &manager) == HERALD_OK, "herald_open");
    expect(herald_key_of("Stop", &stop) == HERALD_OK, "herald_key_of");
    expect(admits_key(0), "the first check");
    while (scanf("%15s %lld", what, &limit_ms) == 2) {
        int64_t limit_ns = limit_ms * 1000000;
        size_t batches = 0;
        if (strcmp(what, "nothing") == 0)
            MEASURE(nothing(stop, 0), false);
        else if (strcmp(what, "suppressed") == 0 && by_name)
            MEASURE(throttles_name(), true);
        else if (strcmp(what, "suppressed") == 0)
            MEASURE(admits_key(HOUR_S * 1000), false);
        else if (by_name)
            MEASURE(admits_name(), true);
        else
            MEASURE(admits_key(0), true);
        qsort(times, batches, sizeof *times, order);
        printf("%f\n", times[batches / 2]);
        fflush(stdout);
    }
    expect(herald_close(manager) == HERALD_OK, "herald_close");
    return 0;
}
