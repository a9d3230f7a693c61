/* Forks while other threads are in the middle of everything: the child goes on.
 * Arguments: how many forks, and whether sounds come from this process. */
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>

#include "check.h"

static herald_manager *shared;
static atomic_bool is_over;

/* One of every kind of call. */
static void use(herald_manager *manager, const char *name) {
    herald_decision decision;
    bool truth;
    double number;
    char *text = NULL;
    OK(herald_admit(manager, 1, 1, &decision));
    OK(herald_is_throttled(manager, name, 3600, &truth));
    OK(herald_last_emitted(manager, name, &number));
    OK(herald_cancel(manager, &decision, &truth));
    OK(herald_reload_config(manager));
    OK(herald_play_audio(manager, "Stop", true, NULL, &truth, &text));
    herald_string_free(text);
    OK(herald_dispatch(manager, "PreToolUse", "{\"tool_name\": \"Bash\"}", &text, NULL));
    herald_string_free(text);
    OK(herald_get_notes(manager, &text));
    herald_string_free(text);
    OK(herald_mute(manager));
    OK(herald_unmute(manager));
    FAILS(HERALD_NO_SOUND, herald_play_and_wait(manager, "no such sound", 1));
}

static void *hammer(void *number) {
    for (unsigned n = 0; !is_over; n++) {
        char name[48];
        snprintf(name, sizeof name, "thread %zu, %u", (size_t)number, n % 16);
        use(shared, name);
        herald_manager *own;
        OK(herald_open(NULL, 0, &own));
        OK(herald_close(own));
    }
    return NULL;
}

static int child(int fork_number) {
    /* This is what ends one that hangs: an alarm is not inherited. */
    alarm(PATIENCE_SECONDS);
    char name[32];
    snprintf(name, sizeof name, "fork %d", fork_number);
    bool throttled;
    OK(herald_is_throttled(shared, name, 3600, &throttled));
    CHECK(!throttled);
    use(shared, name);
    herald_manager *own;
    OK(herald_open(NULL, 0, &own));
    OK(herald_is_throttled(own, name, 3600, &throttled));
    CHECK(throttled);
    OK(herald_close(own));
    OK(herald_wait_until_silent(shared, 1000, NULL));
    OK(herald_close(shared));
    CHECK(herald_close(shared) == HERALD_INVALID_HANDLE);
    return 0;
}

int main(int argc, char **argv) {
    alarm(PATIENCE_SECONDS);
    CHECK(argc == 3);
    int forks = atoi(argv[1]);
    CHECK(forks > 0);
    OK(herald_open(NULL, (uint32_t)atoi(argv[2]), &shared));
    pthread_t threads[3];
    for (size_t n = 0; n < 3; n++) {
        CHECK(pthread_create(&threads[n], NULL, hammer, (void *)n) == 0);
    }
    for (int n = 0; n < forks; n++) {
        alarm(PATIENCE_SECONDS);
        pid_t pid = fork();
        CHECK(pid >= 0);
        if (pid == 0) {
            _exit(child(n));
        }
        int status;
        CHECK(waitpid(pid, &status, 0) == pid);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
            fprintf(stderr, "the child of fork %d ended with %#x\n", n, (unsigned)status);
            _exit(1);
        }
    }
    is_over = true;
    for (int n = 0; n < 3; n++) {
        CHECK(pthread_join(threads[n], NULL) == 0);
    }
    OK(herald_close(shared));
    printf("%d children went on\n", forks);
    return 0;
}
