/* What is wrong with an argument is told, and does no harm. */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <pthread.h>

#include "check.h"

#define MAX_OPEN 256

static const char *const NO_TEXT = "\xff\xfe";

/* Every function that takes a manager. */
static void all_fail(herald_status status, herald_manager *manager) {
    uint64_t key = 1;
    double number = 7;
    bool truth = true;
    char *text = NULL;
    herald_decision decision = {.admitted = 7};
    herald_controls controls = {.volume = 7};
    FAILS(status, herald_admit(manager, key, 1000, &decision));
    FAILS(status, herald_cancel(manager, &decision, &truth));
    FAILS(status, herald_is_throttled(manager, "Stop", 1, &truth));
    FAILS(status, herald_should_throttle(manager, "Stop", 1, &truth));
    FAILS(status, herald_mark_emitted(manager, "Stop", 0));
    FAILS(status, herald_last_emitted(manager, "Stop", &number));
    FAILS(status, herald_reset(manager, "Stop", &truth));
    FAILS(status, herald_play_audio(manager, "Stop", true, NULL, &truth, &text));
    FAILS(status, herald_play_and_wait(manager, "Stop", 1000));
    FAILS(status, herald_wait_until_silent(manager, 1000, &truth));
    FAILS(status, herald_dispatch(manager, "Stop", "{}", &text, &text));
    FAILS(status, herald_get_throttle_window(manager, "Stop", 1, &number));
    FAILS(status, herald_resolve_file(manager, "Stop", &text));
    FAILS(status, herald_get_config(manager, "sound_files", &text));
    FAILS(status, herald_reload_config(manager));
    FAILS(status, herald_get_notes(manager, &text));
    FAILS(status, herald_get_controls(manager, &controls));
    FAILS(status, herald_mute(manager));
    FAILS(status, herald_unmute(manager));
    FAILS(status, herald_snooze(manager, 1));
    FAILS(status, herald_set_volume(manager, 1));
    FAILS(status, herald_close(manager));
    /* Nothing was written. */
    CHECK(decision.admitted == 7 && controls.volume == 7 && number == 7 && truth && text == NULL);
}

static void *all_fail_in_another_thread(void *manager) {
    CHECK(strcmp(herald_last_error(), "") == 0);
    all_fail(HERALD_INVALID_HANDLE, manager);
    return NULL;
}

static void handles(void) {
    herald_manager *manager;
    OK(herald_open(NULL, 0, &manager));
    uintptr_t number = (uintptr_t)manager;
    all_fail(HERALD_NULL_ARGUMENT, NULL);
    /* Made up, damaged, and pointers to other things. */
    int local;
    void *allocated = malloc(64);
    uintptr_t made_up[] = {1,           number + 1,           number + 256,
                           ~number,     UINTPTR_MAX,          number ^ ((uintptr_t)1 << 40),
                           number >> 8, (uintptr_t)allocated, (uintptr_t)&local};
    for (size_t n = 0; n < sizeof made_up / sizeof *made_up; n++) {
        all_fail(HERALD_INVALID_HANDLE, (herald_manager *)made_up[n]);
    }
    free(allocated);
    OK(herald_close(manager));
    all_fail(HERALD_INVALID_HANDLE, manager);
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, all_fail_in_another_thread, manager) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    /* Its place is taken by another one, and it is still closed. */
    herald_manager *next;
    OK(herald_open(NULL, 0, &next));
    CHECK(next != manager);
    all_fail(HERALD_INVALID_HANDLE, manager);
    OK(herald_close(next));
}

static void pointers(herald_manager *manager) {
    herald_status null = HERALD_NULL_ARGUMENT;
    uint64_t key;
    double number;
    bool truth;
    FAILS(null, herald_open(NULL, 0, NULL));
    FAILS(null, herald_key_of(NULL, &key));
    FAILS(null, herald_key_of("Stop", NULL));
    FAILS(null, herald_admit(manager, 1, 1000, NULL));
    FAILS(null, herald_cancel(manager, NULL, &truth));
    FAILS(null, herald_is_throttled(manager, NULL, 1, &truth));
    FAILS(null, herald_is_throttled(manager, "Stop", 1, NULL));
    FAILS(null, herald_should_throttle(manager, NULL, 1, &truth));
    FAILS(null, herald_should_throttle(manager, "Stop", 1, NULL));
    FAILS(null, herald_mark_emitted(manager, NULL, 0));
    FAILS(null, herald_last_emitted(manager, NULL, &number));
    FAILS(null, herald_last_emitted(manager, "Stop", NULL));
    FAILS(null, herald_reset(manager, NULL, &truth));
    FAILS(null, herald_play_audio(manager, NULL, true, NULL, NULL, NULL));
    FAILS(null, herald_play_and_wait(manager, NULL, 1000));
    FAILS(null, herald_dispatch(manager, "Stop", NULL, NULL, NULL));
    FAILS(null, herald_get_throttle_window(manager, NULL, 1, &number));
    FAILS(null, herald_get_throttle_window(manager, "Stop", 1, NULL));
    FAILS(null, herald_resolve_file(manager, "Stop", NULL));
    FAILS(null, herald_get_config(manager, "sound_files", NULL));
    FAILS(null, herald_get_notes(manager, NULL));
    FAILS(null, herald_get_controls(manager, NULL));
    CHECK(strstr(herald_last_error(), "controls must not be NULL") != NULL);
    herald_string_free(NULL);
    /* A check that cannot answer marks nothing. */
    OK(herald_should_throttle(manager, "Stop", 1000, &truth));
    CHECK(!truth);
}

static void texts(herald_manager *manager) {
    herald_status utf8 = HERALD_INVALID_UTF8;
    herald_status json = HERALD_INVALID_JSON;
    herald_manager *opened = NULL;
    uint64_t key;
    bool truth;
    char *text = NULL;
    FAILS(utf8, herald_open(NO_TEXT, 0, &opened));
    FAILS(utf8, herald_key_of(NO_TEXT, &key));
    FAILS(utf8, herald_is_throttled(manager, NO_TEXT, 1, &truth));
    FAILS(utf8, herald_play_audio(manager, "Stop", true, NO_TEXT, NULL, &text));
    FAILS(utf8, herald_dispatch(manager, NO_TEXT, "{}", &text, NULL));
    FAILS(utf8, herald_get_config(manager, NO_TEXT, &text));
    const char *no_object[] = {"", "{", "[]", "7", "{} {}"};
    for (size_t n = 0; n < sizeof no_object / sizeof *no_object; n++) {
        FAILS(json, herald_play_audio(manager, "Stop", true, no_object[n], NULL, &text));
        FAILS(json, herald_dispatch(manager, "Stop", no_object[n], &text, NULL));
    }
    CHECK(opened == NULL && text == NULL);
    FAILS(HERALD_NO_SOUND, herald_play_and_wait(manager, "no such sound", 1000));
}

static void numbers(herald_manager *manager) {
    herald_status range = HERALD_OUT_OF_RANGE;
    herald_manager *opened = NULL;
    bool truth;
    double number;
    FAILS(range, herald_open(NULL, 2, &opened));
    FAILS(range, herald_open(NULL, HERALD_IN_PROCESS | 0x80000000U, &opened));
    FAILS(range, herald_is_throttled(manager, "Stop", NAN, &truth));
    FAILS(range, herald_should_throttle(manager, "Stop", INFINITY, &truth));
    FAILS(range, herald_mark_emitted(manager, "Stop", INFINITY));
    FAILS(range, herald_mark_emitted(manager, "Stop", 1e30));
    FAILS(range, herald_get_throttle_window(manager, "Stop", -1, &number));
    FAILS(range, herald_get_throttle_window(manager, "Stop", NAN, &number));
    FAILS(range, herald_snooze(manager, NAN));
    FAILS(range, herald_snooze(manager, -1));
    FAILS(range, herald_snooze(manager, 0));
    FAILS(range, herald_snooze(manager, 1e9));
    FAILS(range, herald_set_volume(manager, NAN));
    FAILS(range, herald_set_volume(manager, 1.5));
    FAILS(range, herald_set_volume(manager, -0.5));
    /* No window is no error: nothing is throttled, and nothing marked. */
    OK(herald_is_throttled(manager, "Stop", -INFINITY, &truth));
    CHECK(!truth);
    OK(herald_is_throttled(manager, "Stop", 0, &truth));
    CHECK(!truth);
    OK(herald_last_emitted(manager, "Stop", &number));
    CHECK(number == 0);
    /* A decision that was made up takes nothing back. */
    herald_decision made_up = {.mark = UINT64_MAX, .slot = UINT32_MAX, .admitted = 1};
    OK(herald_cancel(manager, &made_up, &truth));
    CHECK(!truth);
}

static void too_many(void) {
    static herald_manager *managers[MAX_OPEN];
    herald_manager *more = NULL;
    for (int n = 0; n < MAX_OPEN; n++) {
        OK(herald_open(NULL, 0, &managers[n]));
    }
    FAILS(HERALD_TOO_MANY_OPEN, herald_open(NULL, 0, &more));
    CHECK(more == NULL);
    OK(herald_close(managers[77]));
    OK(herald_open(NULL, 0, &managers[77]));
    for (int n = 0; n < MAX_OPEN; n++) {
        OK(herald_close(managers[n]));
    }
}

int main(void) {
    alarm(PATIENCE_SECONDS);
    CHECK(strcmp(herald_last_error(), "") == 0);
    handles();
    herald_manager *manager;
    OK(herald_open(NULL, 0, &manager));
    pointers(manager);
    texts(manager);
    numbers(manager);
    OK(herald_close(manager));
    too_many();
    puts("misuse does no harm");
    return 0;
}
