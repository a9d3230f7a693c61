/* Of many processes one wins. They have the manager from before the fork, or one of their own.
 * Argument: how many rounds. */
#define _POSIX_C_SOURCE 200809L
#include <sys/wait.h>

#include "check.h"

#define PROCESSES 8

static int child(herald_manager *inherited, bool opens, const char *name, int start) {
    alarm(PATIENCE_SECONDS);
    herald_manager *manager = inherited;
    if (opens) {
        OK(herald_open(NULL, 0, &manager));
    }
    uint64_t key;
    OK(herald_key_of(name, &key));
    /* The end of the pipe is the start of the race. */
    char nothing;
    CHECK(read(start, &nothing, 1) == 0);
    herald_decision decision;
    OK(herald_admit(manager, key, 3600000, &decision));
    OK(herald_close(manager));
    if (opens) {
        OK(herald_close(inherited));
    }
    return decision.admitted ? 10 : 20;
}

static void race(herald_manager *manager, int round) {
    char name[32];
    snprintf(name, sizeof name, "round %d", round);
    int start[2];
    CHECK(pipe(start) == 0);
    pid_t children[PROCESSES];
    for (int n = 0; n < PROCESSES; n++) {
        children[n] = fork();
        CHECK(children[n] >= 0);
        if (children[n] == 0) {
            close(start[1]);
            _exit(child(manager, n % 2 == 0, name, start[0]));
        }
    }
    close(start[0]);
    close(start[1]);
    int winners = 0;
    for (int n = 0; n < PROCESSES; n++) {
        int status;
        CHECK(waitpid(children[n], &status, 0) == children[n]);
        CHECK(WIFEXITED(status));
        CHECK(WEXITSTATUS(status) == 10 || WEXITSTATUS(status) == 20);
        winners += WEXITSTATUS(status) == 10;
    }
    CHECK(winners == 1);
}

int main(int argc, char **argv) {
    alarm(PATIENCE_SECONDS);
    CHECK(argc == 2);
    int rounds = atoi(argv[1]);
    CHECK(rounds > 0);
    herald_manager *manager;
    OK(herald_open(NULL, 0, &manager));
    for (int round = 0; round < rounds; round++) {
        alarm(PATIENCE_SECONDS);
        race(manager, round);
    }
    OK(herald_close(manager));
    printf("one winner in each of %d rounds\n", rounds);
    return 0;
}
