/* Every function, as it is meant. Argument: the flags to open with. */
#define _POSIX_C_SOURCE 200809L
#include <time.h>

#include "check.h"

/* Whether `text` says `part`; frees it. */
static bool says(char *text, const char *part) {
    bool found = text != NULL && strstr(text, part) != NULL;
    if (!found) {
        fprintf(stderr, "it says %s\n", text == NULL ? "nothing" : text);
    }
    herald_string_free(text);
    return found;
}

static void throttle(herald_manager *manager) {
    bool truth;
    double number;
    uint64_t key;
    uint64_t same;
    OK(herald_key_of("SubagentStop", &key));
    OK(herald_key_of("subagent-stop", &same));
    CHECK(key == same);
    OK(herald_key_of("Stop", &same));
    CHECK(key != same);

    herald_decision first;
    herald_decision second;
    OK(herald_admit(manager, key, 3600000, &first));
    CHECK(first.admitted && first.retry_after_ms == 0);
    OK(herald_admit(manager, key, 3600000, &second));
    CHECK(!second.admitted && second.retry_after_ms > 3500000 && second.retry_after_ms <= 3600000);
    /* By name it is the same throttle. */
    OK(herald_should_throttle(manager, "SubagentStop", 3600, &truth));
    CHECK(truth);
    OK(herald_cancel(manager, &second, &truth));
    CHECK(!truth);
    OK(herald_cancel(manager, &first, &truth));
    CHECK(truth);
    OK(herald_cancel(manager, &first, NULL));
    OK(herald_admit(manager, key, 3600000, &second));
    CHECK(second.admitted);
    OK(herald_admit(manager, key, 0, &second));
    CHECK(second.admitted);

    OK(herald_should_throttle(manager, "mine", 3600, &truth));
    CHECK(!truth);
    OK(herald_is_throttled(manager, "mine", 3600, &truth));
    CHECK(!truth);
    OK(herald_is_throttled(manager, "mine", 3600, &truth));
    CHECK(truth);
    OK(herald_reset(manager, "mine", &truth));
    CHECK(truth);
    OK(herald_reset(manager, "mine", NULL));
    OK(herald_is_throttled(manager, "mine", 3600, &truth));
    CHECK(!truth);

    double now = (double)time(NULL);
    OK(herald_mark_emitted(manager, "an hour ago", now - 3600));
    OK(herald_should_throttle(manager, "an hour ago", 3500, &truth));
    CHECK(!truth);
    OK(herald_should_throttle(manager, "an hour ago", 3700, &truth));
    CHECK(truth);
    OK(herald_last_emitted(manager, "an hour ago", &number));
    CHECK(number > now - 3602 && number < now - 3598);
    OK(herald_mark_emitted(manager, "now", 0));
    OK(herald_last_emitted(manager, "now", &number));
    CHECK(number > now - 2);
    OK(herald_last_emitted(manager, "never", &number));
    CHECK(number == 0);
}

static void config(herald_manager *manager) {
    double seconds;
    char *text;
    OK(herald_get_throttle_window(manager, "Stop", 7, &seconds));
    CHECK(seconds == 42);
    OK(herald_get_throttle_window(manager, "no such event", 7, &seconds));
    CHECK(seconds == 7);
    OK(herald_resolve_file(manager, "Stop", &text));
    CHECK(says(text, "project/.claude/sounds/stop.wav"));
    OK(herald_resolve_file(manager, "no such event", &text));
    CHECK(text == NULL);
    OK(herald_get_config(manager, "audio_settings.volume", &text));
    CHECK(says(text, "0.5"));
    OK(herald_get_config(manager, "no.such.key", &text));
    CHECK(text == NULL);
    FILE *file = fopen(".claude/herald.json", "w");
    CHECK(file != NULL);
    fputs("{\"audio_settings\": {\"volume\": 0.25, \"volum\": 1}}", file);
    CHECK(fclose(file) == 0);
    OK(herald_reload_config(manager));
    OK(herald_get_config(manager, "audio_settings.volume", &text));
    CHECK(says(text, "0.25"));
    OK(herald_get_notes(manager, &text));
    CHECK(says(text, "volum"));
}

static void controls(herald_manager *manager) {
    herald_controls controls;
    OK(herald_get_controls(manager, &controls));
    CHECK(controls.volume == 1 && controls.snoozed_seconds == 0 && !controls.muted);
    OK(herald_mute(manager));
    OK(herald_snooze(manager, 60));
    OK(herald_set_volume(manager, 0.5));
    OK(herald_get_controls(manager, &controls));
    CHECK(controls.volume == 0.5 && controls.snoozed_seconds > 50 && controls.muted);
    FAILS(HERALD_MUTED, herald_play_and_wait(manager, "Stop", 1000));
    bool played = true;
    char *text;
    OK(herald_play_audio(manager, "Stop", true, NULL, &played, &text));
    CHECK(!played);
    CHECK(says(text, "\"reason\":\"muted\""));
    OK(herald_unmute(manager));
    OK(herald_set_volume(manager, 1));
    OK(herald_get_controls(manager, &controls));
    CHECK(controls.volume == 1 && controls.snoozed_seconds == 0 && !controls.muted);
}

static void sounds(herald_manager *manager) {
    bool truth = true;
    char *text;
    char *report;
    OK(herald_play_audio(manager, "Stop", false, "{\"mine\": [7]}", &truth, &text));
    CHECK(!truth);
    CHECK(strstr(text, "\"mine\":[7]") != NULL);
    CHECK(says(text, "\"reason\":\"disabled\""));
    OK(herald_play_audio(manager, "Stop", true, NULL, &truth, &text));
    CHECK(truth);
    CHECK(says(text, "\"status\":\"played\""));
    OK(herald_play_and_wait(manager, "Stop", 60000));
    OK(herald_play_and_wait(manager, ".claude/sounds/stop.wav", UINT64_MAX));

    const char *payload = "{\"hook_event_name\": \"Stop\", \"session_id\": \"1\"}";
    OK(herald_dispatch(manager, NULL, payload, &text, &report));
    CHECK(says(text, "{\"continue\": true}"));
    CHECK(says(report, "\"audio_played\":true"));
    OK(herald_dispatch(manager, "stop", payload, NULL, &report));
    CHECK(says(report, "\"throttled\":true"));
    OK(herald_wait_until_silent(manager, 60000, &truth));
    CHECK(truth);
    OK(herald_wait_until_silent(manager, 60000, NULL));
}

int main(int argc, char **argv) {
    alarm(PATIENCE_SECONDS);
    CHECK(argc == 2);
    CHECK(strcmp(herald_version(), "0.1.0") == 0);
    herald_manager *manager;
    OK(herald_open(".", (uint32_t)atoi(argv[1]), &manager));
    throttle(manager);
    sounds(manager);
    controls(manager);
    config(manager);
    OK(herald_close(manager));
    puts("every function works");
    return 0;
}
