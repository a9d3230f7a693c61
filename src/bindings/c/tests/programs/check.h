/* What the test programs have in common. */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "herald.h"

/* How long a program, or a round of it, may take. Not a measure of speed: it only ends one that would
 * hang. */
#define PATIENCE_SECONDS 300

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: not so: %s; last error: %s\n", __FILE__, __LINE__, #condition, \
                    herald_last_error());                                                          \
            _exit(1);                                                                              \
        }                                                                                          \
    } while (0)

/* `call` fails with `status`, and says why. */
#define FAILS(status, call)                                                                        \
    do {                                                                                           \
        CHECK((call) == (status));                                                                 \
        CHECK(strlen(herald_last_error()) > 10);                                                   \
    } while (0)

#define OK(call) CHECK((call) == HERALD_OK)

#endif
