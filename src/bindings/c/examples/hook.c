/* A program with hooks of its own: it asks the throttle, plays, and does what a hook does.
 *
 *     cargo build --release -p herald-c
 *     cc -Isrc/bindings/c src/bindings/c/examples/hook.c -Ltarget/release -lherald -o hook
 *     LD_LIBRARY_PATH=target/release ./hook
 */
#include <stdio.h>
#include <string.h>

#include "herald.h"

/* What an agent would write to a hook's standard input. */
static const char *const PAYLOAD = "{\"hook_event_name\": \"Notification\","
                                   " \"session_id\": \"1\","
                                   " \"notification_type\": \"permission_prompt\","
                                   " \"message\": \"Claude is waiting for your input\"}";

/* Every function that can fail returns a status. The message says what is wrong and how to
 * fix it; it belongs to this thread. */
static int failed(const char *what, herald_status status) {
    if (status == HERALD_OK) {
        return 0;
    }
    fprintf(stderr, "%s: %s\n", what, herald_last_error());
    return 1;
}

/* Makes a sound, if there was none for the same reason in the last minute: in this process or
 * any other one of this user. */
static int tell_that_it_is_built(herald_manager *manager) {
    /* A name is hashed once. From then on a check takes nanoseconds. */
    uint64_t key;
    if (failed("key", herald_key_of("build finished", &key))) {
        return 1;
    }
    herald_decision decision;
    if (failed("throttle", herald_admit(manager, key, 60000, &decision))) {
        return 1;
    }
    if (!decision.admitted) {
        printf("suppressed: again in %d s\n", (int)((decision.retry_after_ms + 999) / 1000));
        return 0;
    }
    bool played = false;
    if (failed("play", herald_play_audio(manager, "Stop", true, NULL, &played, NULL))) {
        return 1;
    }
    /* What did not sound shall not throttle. */
    if (!played && failed("cancel", herald_cancel(manager, &decision, NULL))) {
        return 1;
    }
    printf("admitted, %s\n", played ? "played" : "not played");
    return 0;
}

/* Does all that a hook does: the sound, its throttle, and the reply to the agent. */
static int answer_the_agent(herald_manager *manager) {
    char *reply = NULL;
    char *report = NULL;
    if (failed("dispatch", herald_dispatch(manager, NULL, PAYLOAD, &reply, &report))) {
        return 1;
    }
    printf("reply: %s", reply);
    if (strchr(reply, '\n') == NULL) {
        printf("\n");
    }
    printf("report: %s\n", report);
    /* Strings that Herald returns are the caller's. */
    herald_string_free(reply);
    herald_string_free(report);
    return 0;
}

int main(void) {
    printf("herald %s\n", herald_version());

    /* The config of the project around the working directory, the user's throttle, the resident
     * player. One manager serves all threads. */
    herald_manager *manager;
    if (failed("open", herald_open(NULL, 0, &manager))) {
        return 1;
    }
    int wrong = tell_that_it_is_built(manager);
    wrong |= tell_that_it_is_built(manager);
    wrong |= answer_the_agent(manager);
    wrong |= failed("close", herald_close(manager));

    /* A manager that is closed is an error, and no crash. */
    if (herald_close(manager) != HERALD_OK) {
        printf("closed twice: %s\n", herald_last_error());
    }
    return wrong;
}
