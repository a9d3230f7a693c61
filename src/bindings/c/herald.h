/* Herald for C: the right sound for an agent's event, at once, exactly once.
 *
 * Link with -lherald. Every function that can fail returns a herald_status; herald_last_error()
 * then returns a message. On failure nothing is written through the caller's pointers.
 *
 * Strings are UTF-8 and end with a zero byte. Pointers must not be NULL unless stated otherwise;
 * a NULL pointer elsewhere is an error, not a crash. Strings returned through a char ** belong to
 * the caller, who frees them with herald_string_free().
 *
 * Every function may be called from any number of threads at the same time, and after a fork.
 */


#ifndef HERALD_H
#define HERALD_H

/* Generated from the library's source: do not edit. */

#include <stdbool.h>
#include <stdint.h>

// A flag of herald_open(): sounds are played by this process, and end with it. By default the resident
// player plays them; it outlives this process and serves all others, too.
#define HERALD_IN_PROCESS 1

// The result of a call. All but HERALD_OK are errors, for which herald_last_error() returns a message.
//
// Numbers never change their meaning. New ones may be added.
typedef enum {
  // Success.
  HERALD_OK = 0,
  // A pointer that must not be NULL is NULL.
  HERALD_NULL_ARGUMENT = 1,
  // A string is not valid UTF-8.
  HERALD_INVALID_UTF8 = 2,
  // The manager was closed, or herald_open() did not return it.
  HERALD_INVALID_HANDLE = 3,
  // A number is out of range, or a flag is unknown.
  HERALD_OUT_OF_RANGE = 4,
  // Invalid JSON, or JSON that is not an object.
  HERALD_INVALID_JSON = 5,
  // A config file or an environment variable is invalid.
  HERALD_CONFIG = 6,
  // The state directory or a file in it is unusable.
  HERALD_STATE = 7,
  // The sound does not exist, or the file is not a sound.
  HERALD_NO_SOUND = 8,
  // No way to play: no device, no sound server, no player, or no answer.
  HERALD_NO_PLAYER = 9,
  // A limit was reached: too many sounds play or wait.
  HERALD_BUSY = 10,
  // Sound is off: muted, snoozed, or volume 0.
  HERALD_MUTED = 11,
  // This build of the library does not support it.
  HERALD_UNSUPPORTED = 12,
  // 256 managers are open, which is the limit.
  HERALD_TOO_MANY_OPEN = 13,
  // An internal error. The library continues to work.
  HERALD_INTERNAL = 14,
} herald_status;

// An open manager. It does not point to anything; only pass it to the functions below.
typedef struct herald_manager herald_manager;

// The throttle's answer.
typedef struct {
  // Milliseconds until the window has passed; 0 if admitted.
  uint64_t retry_after_ms;
  // For herald_cancel(): what was written.
  uint64_t mark;
  // For herald_cancel(): where.
  uint32_t slot;
  // 1: it may fire now, and is marked. 0: it fired less than a window ago.
  uint32_t admitted;
} herald_decision;

// The controls in force for all sounds of a user.
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

// Opens a manager: reads the config, and opens the throttle's shared state file.
//
// All other functions take a manager, and any number of threads may use one at the same time. A program
// needs one manager per project. Close it with herald_close().
//
// project_dir: a directory within the project, unless the environment variable CLAUDE_PROJECT_DIR names the
// project. NULL means the working directory.
//
// Errors: HERALD_OUT_OF_RANGE for an unknown flag, HERALD_UNSUPPORTED for HERALD_IN_PROCESS in a library
// built without the feature `playback`, HERALD_TOO_MANY_OPEN. Problems of the config or the state are not
// errors: see herald_get_notes().
herald_status herald_open(const char *project_dir,
                          uint32_t flags,
                          herald_manager **manager);

// Closes a manager. Its sounds continue.
//
// A call in progress in another thread finishes normally. Later calls with it, including herald_close(),
// return HERALD_INVALID_HANDLE.
herald_status herald_close(herald_manager *manager);

// The message of this thread's last failed call: what is wrong, why, and how to fix it.
//
// Never NULL; an empty string if none has failed. Valid until the next call of this thread.
const char *herald_last_error(void);

// The library's version, such as "0.1.0". Valid forever.
const char *herald_version(void);

// Frees a string returned by this library. NULL is ignored.
void herald_string_free(char *string);

// The throttle key of a name, for herald_admit().
//
// The name of an event may be in any spelling: "SubagentStop", "subagent_stop". Any other name is a key of
// your own. A key is the same in every process and every version.
herald_status herald_key_of(const char *name,
                            uint64_t *key);

// Asks whether a key may fire, at most once per window, and marks it if so. Takes nanoseconds, and no lock.
//
// Of any number of calls at the same moment, in all threads and processes, exactly one is admitted. If an
// admitted sound is not played after all, pass the decision to herald_cancel().
//
// window_ms: in milliseconds. 0 always admits, and marks.
herald_status herald_admit(herald_manager *manager,
                           uint64_t key,
                           uint64_t window_ms,
                           herald_decision *decision);

// Cancels an admission, so that the next call is admitted.
//
// decision: as written by herald_admit(). One that was not admitted is ignored.
herald_status herald_cancel(herald_manager *manager,
                            const herald_decision *decision,
                            bool *cancelled);

// Whether a name fired less than a window ago; if not, marks it as fired now. Herald's `is_throttled`.
//
// window_seconds: 0 or less never throttles, and marks nothing.
//
// Errors: HERALD_OUT_OF_RANGE if the window is NaN or infinite.
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

// Marks a name as fired. Herald's `mark_emitted`.
//
// unix_seconds: when, in seconds since 1970; the future, 0, negative numbers and NaN mean now.
herald_status herald_mark_emitted(herald_manager *manager, const char *name, double unix_seconds);

// When a name last fired.
//
// unix_seconds: in seconds since 1970; 0 if it never fired, or was forgotten.
herald_status herald_last_emitted(herald_manager *manager, const char *name, double *unix_seconds);

// Lets a name fire again at once; for an event, also in the project's hooks.
//
// had_fired: whether there was a mark to remove; may be NULL.
herald_status herald_reset(herald_manager *manager, const char *name, bool *had_fired);

// Plays the sound configured for an event or a sound name. Herald's `play_audio`: does not ask the throttle,
// and does not wait.
//
// enabled: with false nothing is played, and the result is as otherwise.
//
// A sound that was not played is not an error.
herald_status herald_play_audio(herald_manager *manager,
                                const char *audio_type,
                                bool enabled,
                                const char *context_json,
                                bool *played,
                                char **result_json);

// Plays a sound and waits until it was played.
//
// sound: an event, a sound name, or a sound file (WAV, MP3, Ogg Vorbis, FLAC).
// limit_ms: the longest it waits, in milliseconds.
//
// Errors: HERALD_NO_SOUND, HERALD_MUTED, HERALD_BUSY if a newer sound replaced it, HERALD_NO_PLAYER if it
// did not end within the limit, or nothing can play.
herald_status herald_play_and_wait(herald_manager *manager,
                                   const char *sound,
                                   uint64_t limit_ms);

// Waits until the sounds of this process have ended, at most limit_ms milliseconds. Without
// HERALD_IN_PROCESS there are none.
//
// silent: whether they have; may be NULL.
herald_status herald_wait_until_silent(herald_manager *manager, uint64_t limit_ms, bool *silent);

// Does the work of a hook: plays the event's sound, unless the throttle suppresses it, and returns the reply
// for the agent. Does not wait for the sound.
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
// default_seconds: the result if none is configured.
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

// Reads the config files again, for this manager. If a file is invalid, its last valid version stays in
// effect.
herald_status herald_reload_config(herald_manager *manager);

// The problems of the config, the state directory and the state file.
//
// notes_json: a JSON array of strings for people. Free it with herald_string_free().
herald_status herald_get_notes(herald_manager *manager, char **notes_json);

// The controls in force now.
herald_status herald_get_controls(herald_manager *manager, herald_controls *controls);

// Mutes everything, at once and in every process of the user, until herald_unmute().
//
// Errors: HERALD_STATE if other processes would not see it.
herald_status herald_mute(herald_manager *manager);

// Ends a mute and a snooze.
//
// Errors: those of herald_mute().
herald_status herald_unmute(herald_manager *manager);

// Mutes everything for a while, replacing an earlier snooze. A mute stays.
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
