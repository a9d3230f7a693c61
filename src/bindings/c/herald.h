/* Herald for C: the right sound for an agent's event, at once, exactly once.
 *
 * Link with -lherald. Every function that can fail returns a herald_status; herald_last_error()
 * then says what is wrong. On failure nothing is written through a pointer of the caller's.
 *
 * Strings are UTF-8 and end with a zero byte. Pointers must not be NULL unless it is said that they
 * may be; NULL where it must not be is an error and no crash. Strings that are returned through a
 * char ** are the caller's, to be freed with herald_string_free().
 *
 * Every function may be called from any number of threads at the same time, and after a fork.
 */


#ifndef HERALD_H
#define HERALD_H

/* Generated from the library's source: do not edit. */

#include <stdbool.h>
#include <stdint.h>

// A flag of herald_open(): sounds come from this process, and end with it. Without it they come
// from the resident player, which outlives this process and serves every other one, too.
#define HERALD_IN_PROCESS 1

// What became of a call. All but HERALD_OK are errors, and herald_last_error() then has a message.
//
// Numbers never change their meaning. New ones may come.
typedef enum {
  // It was done.
  HERALD_OK = 0,
  // A pointer that must not be NULL is NULL.
  HERALD_NULL_ARGUMENT = 1,
  // A string is not valid UTF-8.
  HERALD_INVALID_UTF8 = 2,
  // The manager was closed, or is none that herald_open() returned.
  HERALD_INVALID_HANDLE = 3,
  // A number is outside of what it may be, or a flag is unknown.
  HERALD_OUT_OF_RANGE = 4,
  // JSON that was given cannot be understood, or is not an object.
  HERALD_INVALID_JSON = 5,
  // A config file or an environment variable cannot be understood.
  HERALD_CONFIG = 6,
  // The state directory or a file in it is unusable.
  HERALD_STATE = 7,
  // There is no such sound, or a file is no sound.
  HERALD_NO_SOUND = 8,
  // No way to play: no device, no sound server, no player, or it does not answer.
  HERALD_NO_PLAYER = 9,
  // A limit was reached: too many sounds at once, or too many that wait.
  HERALD_BUSY = 10,
  // The user wants no sound now: muted, snoozed, or turned down to nothing.
  HERALD_MUTED = 11,
  // This build of the library cannot do it.
  HERALD_UNSUPPORTED = 12,
  // As many managers are open as can be: 256.
  HERALD_TOO_MANY_OPEN = 13,
  // A fault of the library's own. It goes on working.
  HERALD_INTERNAL = 14,
} herald_status;

// An open manager. It is no pointer to anything: only the functions below know what to do with it.
typedef struct herald_manager herald_manager;

// What the throttle answers.
typedef struct {
  // Milliseconds until the window has passed; 0 if admitted.
  uint64_t retry_after_ms;
  // For herald_cancel(): what was written.
  uint64_t mark;
  // For herald_cancel(): where.
  uint32_t slot;
  // 1: it may sound now, and has been marked. 0: it did less than a window ago.
  uint32_t admitted;
} herald_decision;

// What is in force for every sound of a user.
typedef struct {
  // The master volume, from 0 to 1.
  double volume;
  // Seconds until a snooze ends; 0 if there is none.
  double snoozed_seconds;
  // Whether everything is muted, until it is unmuted.
  bool muted;
} herald_controls;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// Opens a manager: reads the config, and opens what the throttle shares with other processes.
//
// Everything else takes a manager, and any number of threads may use one at the same time. A
// program needs one for each project that it works for. Close it with herald_close().
//
// project_dir: the project is the one around this directory, unless the environment variable
// CLAUDE_PROJECT_DIR names another. NULL: around the working directory.
// flags: 0 or HERALD_IN_PROCESS.
//
// Errors: HERALD_OUT_OF_RANGE for a flag that there is not, HERALD_UNSUPPORTED for
// HERALD_IN_PROCESS in a library that was built without the feature `playback`,
// HERALD_TOO_MANY_OPEN. What is wrong with the config or the state is no error:
// herald_get_notes() tells.
herald_status herald_open(const char *project_dir, uint32_t flags, herald_manager **manager);

// Closes a manager. Sounds go on.
//
// A thread that is in the middle of a call with it finishes undisturbed. Any later call with it is
// HERALD_INVALID_HANDLE, a second herald_close(), too.
herald_status herald_close(herald_manager *manager);

// The message of the last call of this thread that failed: what is wrong, why, and how to mend it.
//
// Never NULL; an empty string if none has failed. Valid until the next call of this thread.
const char *herald_last_error(void);

// The library's version, such as "0.1.0". Valid for ever.
const char *herald_version(void);

// Frees a string that a function of this library has returned. Nothing is done for NULL.
void herald_string_free(char *string);

// The throttle key of a name, for herald_admit().
//
// An event's name may be spelled in any way: "SubagentStop", "subagent_stop". Any other name is a
// key of the caller's own. A key is the same in every process and every version.
herald_status herald_key_of(const char *name, uint64_t *key);

// Asks whether a key may fire, at most once in a window, and marks it if so. In nanoseconds, and
// without a lock.
//
// Of any number of calls at the same moment, in all threads and processes, exactly one is
// admitted. If what was admitted does not sound after all, give the decision to herald_cancel().
//
// window_ms: in milliseconds. With 0 it is always admitted, and marked.
herald_status herald_admit(herald_manager *manager,
                           uint64_t key,
                           uint64_t window_ms,
                           herald_decision *decision);

// Takes back an admission that did not sound, so that the next call may.
//
// decision: as herald_admit() has written it. One that was not admitted is nothing to take back.
// cancelled: whether the mark was still there; may be NULL.
herald_status herald_cancel(herald_manager *manager,
                            const herald_decision *decision,
                            bool *cancelled);

// Whether a name fired less than a window ago; if not, it counts as fired now. Herald's
// `is_throttled`.
//
// window_seconds: with 0 or less nothing is ever throttled, nor marked.
//
// Errors: HERALD_OUT_OF_RANGE if the window is no number, or endless.
herald_status herald_is_throttled(herald_manager *manager,
                                  const char *name,
                                  double window_seconds,
                                  bool *throttled);

// The same without marking anything. Herald's `should_throttle`.
//
// Errors: those of herald_is_throttled().
herald_status herald_should_throttle(herald_manager *manager,
                                     const char *name,
                                     double window_seconds,
                                     bool *throttled);

// Records that a name fired. Herald's `mark_emitted`.
//
// unix_seconds: when, in seconds since 1970; the future counts as now, and so do 0, less, and what
// is no number.
herald_status herald_mark_emitted(herald_manager *manager, const char *name, double unix_seconds);

// When a name last fired.
//
// unix_seconds: in seconds since 1970; 0 if it never did, or it is not remembered.
herald_status herald_last_emitted(herald_manager *manager, const char *name, double *unix_seconds);

// Lets a name fire again at once; of an event, also in the project's hooks.
//
// had_fired: whether there was anything to forget; may be NULL.
herald_status herald_reset(herald_manager *manager, const char *name, bool *had_fired);

// Plays the sound configured for an event or a sound name. Herald's `play_audio`: asks no
// throttle, and does not wait.
//
// enabled: with false nothing is played, and all else is told.
// context_json: a JSON object whose members are to stand in the result; may be NULL.
// played: whether it was handed to the player; may be NULL.
// result_json: a JSON object that says what became of it: audioType, enabled, playerCmd, volume,
// filePath, status (played, skipped, failed), reason (disabled, muted, file_not_found, busy,
// no_player), returnCode, error. Free it with herald_string_free(). May be NULL.
//
// That a sound was not played is no error.
herald_status herald_play_audio(herald_manager *manager,
                                const char *audio_type,
                                bool enabled,
                                const char *context_json,
                                bool *played,
                                char **result_json);

// Plays a sound and waits until it was heard.
//
// sound: an event, a sound name, or a sound file (WAV, MP3, Ogg Vorbis, FLAC).
// limit_ms: the longest it waits, in milliseconds.
//
// Errors: HERALD_NO_SOUND, HERALD_MUTED, HERALD_BUSY if it made way for a newer sound,
// HERALD_NO_PLAYER if it was not heard within the limit, or nothing plays.
herald_status herald_play_and_wait(herald_manager *manager, const char *sound, uint64_t limit_ms);

// Waits until the sounds that come from this process have ended, at most limit_ms milliseconds.
// Without HERALD_IN_PROCESS there are none.
//
// silent: whether they have; may be NULL.
herald_status herald_wait_until_silent(herald_manager *manager, uint64_t limit_ms, bool *silent);

// Does what a hook does: makes the event's sound, unless it was heard a moment ago, and says what
// to reply to the agent. Does not wait for the sound.
//
// event: its name; NULL: the payload's member hook_event_name.
// payload_json: the JSON object that an agent writes to a hook's standard input.
// reply_json: what a hook writes to its standard output, one line; may be NULL.
// report_json: what became of the event, a JSON object: event_type, handler_name, handled,
// audio_type, audio_played, audio_path, throttled, response, notes, errors, decision_payload,
// blocked; may be NULL.
// Free both with herald_string_free().
herald_status herald_dispatch(herald_manager *manager,
                              const char *event,
                              const char *payload_json,
                              char **reply_json,
                              char **report_json);

// The throttle window configured for an event or a sound name. Herald's `get_throttle_window`.
//
// default_seconds: what it is where none is configured.
herald_status herald_get_throttle_window(herald_manager *manager,
                                         const char *name,
                                         double default_seconds,
                                         double *seconds);

// The sound file configured for an event or a sound name. Herald's `resolve_file`.
//
// path: the file, NULL if there is none. Free it with herald_string_free().
herald_status herald_resolve_file(herald_manager *manager, const char *name, char **path);

// The value at a dotted config key, such as "audio_settings.volume". Herald's `get_config`.
//
// value_json: the value as JSON, NULL if there is none. Free it with herald_string_free().
herald_status herald_get_config(herald_manager *manager, const char *key, char **value_json);

// Reads the config files again, for this manager. What is wrong with one of them leaves in force
// what it said before.
herald_status herald_reload_config(herald_manager *manager);

// What is wrong with the config, the state directory or the state file, if anything.
//
// notes_json: a JSON array of strings, each for people to read. Free it with
// herald_string_free().
herald_status herald_get_notes(herald_manager *manager, char **notes_json);

// What is in force now.
herald_status herald_get_controls(herald_manager *manager, herald_controls *controls);

// Mutes everything, at once and in every process of the user, until it is unmuted.
//
// Errors: HERALD_STATE if other processes would not see it.
herald_status herald_mute(herald_manager *manager);

// Ends a mute and a snooze.
//
// Errors: those of herald_mute().
herald_status herald_unmute(herald_manager *manager);

// Mutes everything for a while, in place of an earlier snooze. A mute stays.
//
// seconds: more than 0, at most 7 days.
//
// Errors: HERALD_OUT_OF_RANGE, and those of herald_mute().
herald_status herald_snooze(herald_manager *manager, double seconds);

// Sets the master volume, a factor from 0 to 1 on top of every configured volume.
//
// Errors: HERALD_OUT_OF_RANGE, and those of herald_mute().
herald_status herald_set_volume(herald_manager *manager, double volume);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* HERALD_H */
