/* Of many threads one wins; and closing while others call harms nobody. Argument: how many rounds. */
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>

#include "check.h"

#define THREADS 8
#define CHECKS 50

static pthread_barrier_t barrier;
static int rounds;
static herald_manager *shared;
/* Under the barrier: written by the one thread that it picks. */
static uint64_t key;
static int admitted[THREADS];

/* Waits for the others, and lets one do something while they wait. */
static int all_here(void) { return pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD; }

static void *race(void *number) {
    int *mine = &admitted[(size_t)number];
    for (int round = 0; round < rounds; round++) {
        if (all_here()) {
            alarm(PATIENCE_SECONDS);
            char name[32];
            snprintf(name, sizeof name, "round %d", round);
            OK(herald_key_of(name, &key));
            memset(admitted, 0, sizeof admitted);
        }
        all_here();
        for (int n = 0; n < CHECKS; n++) {
            herald_decision decision;
            OK(herald_admit(shared, key, 3600000, &decision));
            *mine += (int)decision.admitted;
            CHECK(decision.admitted || decision.retry_after_ms > 0);
        }
        if (all_here()) {
            int sum = 0;
            for (int n = 0; n < THREADS; n++) {
                sum += admitted[n];
            }
            CHECK(sum == 1);
        }
        all_here();
    }
    return NULL;
}

/* Whether a call was answered, by a manager that any thread may close at any moment. */
static bool answered(herald_status status) {
    CHECK(status == HERALD_OK || status == HERALD_INVALID_HANDLE);
    return status == HERALD_OK;
}

static void *close_while_others_call(void *unused) {
    (void)unused;
    for (int round = 0; round < rounds; round++) {
        if (all_here()) {
            alarm(PATIENCE_SECONDS);
            OK(herald_open(NULL, 0, &shared));
        }
        all_here();
        herald_decision decision;
        bool truth;
        char *text = NULL;
        while (answered(herald_admit(shared, 1, 3600000, &decision))) {
            if (answered(herald_should_throttle(shared, "Stop", 1, &truth)) &&
                answered(herald_get_config(shared, "audio_settings", &text))) {
                herald_string_free(text);
            }
            /* Of those that close it, one does. */
            if (answered(herald_close(shared))) {
                break;
            }
        }
        all_here();
        CHECK(herald_close(shared) == HERALD_INVALID_HANDLE);
        all_here();
    }
    return NULL;
}

static void run(void *(*role)(void *)) {
    pthread_t threads[THREADS];
    for (size_t n = 0; n < THREADS; n++) {
        CHECK(pthread_create(&threads[n], NULL, role, (void *)n) == 0);
    }
    for (int n = 0; n < THREADS; n++) {
        CHECK(pthread_join(threads[n], NULL) == 0);
    }
}

int main(int argc, char **argv) {
    alarm(PATIENCE_SECONDS);
    CHECK(argc == 2);
    rounds = atoi(argv[1]);
    CHECK(rounds > 0);
    CHECK(pthread_barrier_init(&barrier, NULL, THREADS) == 0);
    OK(herald_open(NULL, 0, &shared));
    run(race);
    OK(herald_close(shared));
    run(close_while_others_call);
    pthread_barrier_destroy(&barrier);
    printf("one winner in each of %d rounds\n", rounds);
    return 0;
}
